"""Whether a data set has the columns of a base model, and whether their values mean the same."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from engine.errors import PointedProblem
from tabular.errors import InvalidPlan
from tabular.names import NameHints
from tabular.planning.initialization import BaseColumn, ModelDescription
from tabular.planning.report import PlanningReport
from tabular.planning.request import PlanRequest
from tabular.profile import LABELED, Column, Profile

POINTER = "/init_from/model_id"
MAX_LISTED = 10  # names or values in one sentence


def check_base_columns(profile: Profile, request: PlanRequest) -> None:
    """Compare the columns of the job's data set with those of the base model, if the job starts from one.

    Raises:
        InvalidPlan: columns are missing, have another type, or have no value that the model knows. Lists all.
    """
    model = request.initialization.source if request.initialization else None
    if not isinstance(model, ModelDescription):
        return
    hints = NameHints([column.name for column in profile.columns])
    problems = list[PointedProblem]()
    for base in model.columns:
        column = profile.column(base.name)
        if column is None:
            detail = f"The data set lacks {base.name!r}, a {base.type} column that the base model reads."
            problems.append(
                _problem(f"{detail} {hints.hint(base.name)} Upload the data set with this name of the column.")
            )
        elif not profile.fits_type(column, base.type):
            detail = f"{base.name!r} is a {column.type} column, but the base model learned it as a {base.type} column."
            fix = f"Upload the data set again with ?types={base.name}:{base.type}, or train without `init_from`."
            problems.append(_problem(f"{detail} {fix}"))
        elif (unknown := _unknown_labels(base, column)) and len(unknown) == len(column.top or ()):
            problems.append(_problem(_no_common_label(base, unknown)))
    if problems:
        raise InvalidPlan(problems)


def warn_of_base_columns(
    profile: Profile, request: PlanRequest, model: ModelDescription, report: PlanningReport
) -> None:
    """Warn of columns that the base model does not read, and of values that it does not know."""
    read = {column.name for column in model.columns} | set(request.targets) | set(_organizing_columns(request))
    extra = [column.name for column in profile.columns if column.name not in read]
    if extra:
        detail = f"The base model does not read these columns, so the job ignores them: {_list(extra)}."
        report.warn("unread_columns", detail, fix="To learn from them, train without `init_from`.")
    for base in model.columns:
        column = profile.column(base.name)
        if column is None or not (unknown := _unknown_labels(base, column)):
            continue
        rows = sum(entry.count for entry in column.top or () if entry.value in unknown)
        detail = (
            f"{rows:,} rows have values of {base.name!r} that the base model does not know and cannot tell apart: "
            f"{_list(unknown)}.{_spelled_alike(base, unknown)}"
        )
        fix = "Spell values as in the data of the base model, or train without `init_from` to learn new ones."
        report.warn("unknown_labels", detail, column=base.name, fix=fix)


def _organizing_columns(request: PlanRequest) -> Iterator[str]:
    """Yield the columns that the job uses for something else than features and targets."""
    split, ordering = request.training.validation.column, request.sequence.columns if request.sequence else ()
    names = (request.sample_weight, request.exposure, request.censored, split, *ordering)
    yield from (name for name in names if name)


def _unknown_labels(base: BaseColumn, column: Column) -> list[str]:
    """Return those of the most frequent values that the base model does not know."""
    if not base.labels or column.type not in LABELED:
        return []
    known = set(base.labels)
    return [entry.value for entry in column.top or () if entry.value not in known]


def _no_common_label(base: BaseColumn, unknown: Sequence[str]) -> str:
    values, learned = _list(unknown), _list(base.labels)
    detail = f"{base.name!r} has the values {values}, but the base model learned {learned}: it cannot tell yours apart."
    fix = "Upload the data set again with the base model's spelling, or train without `init_from`."
    return f"{detail}{_spelled_alike(base, unknown)} {fix}"


def _spelled_alike(base: BaseColumn, unknown: Sequence[str]) -> str:
    """Return a sentence with the values that differ only a little from known ones."""
    lowered = {label.lower(): label for label in base.labels}
    pairs = [
        f"{value!r} resembles {lowered[close[0]]!r}"
        for value in unknown[:MAX_LISTED]
        if (close := get_close_matches(value.lower(), lowered, n=1, cutoff=0.8))
    ]
    return f" {', '.join(pairs)}." if pairs else ""


def _problem(detail: str) -> PointedProblem:
    return PointedProblem(pointer=POINTER, detail=detail)


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:MAX_LISTED])) + (" …" if len(names) > MAX_LISTED else "")
