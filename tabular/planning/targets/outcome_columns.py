"""Columns that belong to the target: the exposure of a count or amount, and whether a time is censored."""

from collections.abc import Iterator
from dataclasses import replace

from engine.spec import LossName
from engine.spec.losses import BY_NAME, RegressionLoss
from tabular.column_format import TRUE
from tabular.names import suggest_name
from tabular.planning.report import PlanningReport
from tabular.planning.request import PlanRequest
from tabular.profile import Column, Profile

EXPOSURE_LOSSES: tuple[LossName, ...] = tuple(
    name for name, loss in BY_NAME.items() if issubclass(loss, RegressionLoss) and loss.takes_exposure
)
MIN_BATCH_ROWS = 256  # of rows that are compared with each other; small batches have few rows at risk


def with_implied_loss(request: PlanRequest, rows: int) -> PlanRequest:
    """Return the request with the loss that `exposure` or `censored` implies, if it leaves the loss to planning.

    Batches of `cox` have MIN_BATCH_ROWS rows by default, or half of the table's `rows`.
    """
    loss, changes = request.training.loss, dict[str, object]()
    if loss == "auto" and (request.exposure or request.censored):
        changes["loss"] = loss = "cox" if request.censored else "poisson"
    is_cox = (loss if isinstance(loss, str) else loss.type) == "cox"
    if is_cox and "batch_size" not in request.training.model_fields_set:
        changes["batch_size"] = max(1, min(MIN_BATCH_ROWS, rows // 2))
    return replace(request, training=request.training.model_copy(update=changes)) if changes else request


def check_outcome_columns(profile: Profile, request: PlanRequest, report: PlanningReport) -> tuple[str, ...]:
    """Return the columns of exposure and censoring, which are not features; report why one cannot be used."""
    loss = request.training.loss if isinstance(request.training.loss, str) else request.training.loss.type
    if request.censored and loss != "cox":
        report.reject("/censored", f"`censored` is for times with the loss cox, not {loss}. Remove it, or use cox.")
    if request.exposure and loss not in EXPOSURE_LOSSES:
        names = " or ".join(EXPOSURE_LOSSES)
        report.reject("/exposure", f"`exposure` is for the losses {names}, not {loss}. Use one of them or remove it.")
    if loss in {"cox", *EXPOSURE_LOSSES} and request.sequence and (request.censored or request.exposure):
        report.reject("/sequence", "Windows have no exposure and no censoring. Remove `sequence`, or these columns.")
    return tuple(_checked(profile, request, report))


def _checked(profile: Profile, request: PlanRequest, report: PlanningReport) -> Iterator[str]:
    for pointer, name in (("/exposure", request.exposure), ("/censored", request.censored)):
        if name is None:
            continue
        column = profile.column(name)
        if column is None:
            names = [column.name for column in profile.columns]
            report.reject(pointer, f"The data set has no column {name!r}. {suggest_name(name, names)}")
            continue
        for problem in _problems(column, request, pointer):
            report.reject(pointer, f"{name!r} {problem}")
        yield name


def _problems(column: Column, request: PlanRequest, pointer: str) -> Iterator[str]:
    if len(request.targets) > 1:
        yield "belongs to one target, but the job has several. Predict one column."
    if column.name in {*request.targets, request.sample_weight}:
        yield "is also the target or the sample weight. Name a column of its own."
    if any(feature.column == column.name for feature in request.features or ()):
        yield "is also a feature. Remove it from `features`."
    if pointer == "/exposure":
        yield from _exposure_problems(column)
    elif not _is_yes_or_no(column):
        yield "must be a boolean column, or a column of 0 and 1, with 1 for times whose event was not seen."
    elif column.missing:
        yield f"has no value in {column.missing:,} rows. Upload the data with a value in every row."
    elif _is_always_yes(column):
        yield (
            "says in every row that the event was not seen, so no row tells when events happen. Upload data with "
            "events. If the column marks the events instead, swap its values: 1 means that the event was not seen."
        )


def _exposure_problems(column: Column) -> Iterator[str]:
    if column.type != "number":
        yield f"is a {column.type} column. Exposures are numbers above 0, such as years or visitors."
    elif column.missing:
        yield f"has no value in {column.missing:,} rows. Upload the data with an exposure in every row."
    elif isinstance(column.min, (int, float)) and column.min <= 0:
        yield f"has values down to {column.min:g}. Exposures must be above 0: leave out rows without exposure."


def _is_yes_or_no(column: Column) -> bool:
    return column.type == "boolean" or (
        column.type == "number" and bool(column.integer) and column.min in {0, 1} and column.max in {0, 1}
    )


def _is_always_yes(column: Column) -> bool:
    if column.type == "number":
        return column.min == 1
    labels = [str(each.value).lower() for each in column.top or ()]
    return bool(labels) and all(label in TRUE for label in labels)
