"""Which columns a network learns from, and how each becomes numbers."""

import re
from collections.abc import Collection, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tabular.planning.report import PlanningReport
from tabular.planning.tasks import closest
from tabular.preprocessing.categorical import MAX_CATEGORIES, MAX_VECTORS
from tabular.preprocessing.numeric import CYCLES
from tabular.profile import Column, ColumnType, Profile
from tabular.spec import FeatureSpec

PlannedEncoding = Literal["standardize", "none", "one_hot", "embedding", "datetime"]
Reading = Literal["anything", "positions", "whole_numbers"]  # what the first layers make of their inputs
FITTING: dict[ColumnType, tuple[PlannedEncoding, ...]] = {  # the first is the default
    "number": ("standardize", "none", "one_hot", "embedding"),
    "category": ("one_hot", "embedding"),
    "boolean": ("one_hot", "embedding"),
    "datetime": ("datetime",),
    "text": ("one_hot", "embedding"),
}
IDENTIFIER = re.compile(r"(^|[\W_])(?i:id|index|key|row|rownum)$|[a-z]I[dD]$")
CONSTANT = "it has the same value in every row"
MAX_BY_RULE = 50  # numbers in a vector whose size nobody chose
MIN_ID_ROWS = 20  # in fewer rows, values all different are no sign of an identifier


class FeaturePlan(BaseModel):
    """A column the network learns from; at most `inputs_at_most` of the numbers in a row are its own.

    `size` and `vectors`, of an embedding only: how long its vectors are, and how many there are to learn.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    type: ColumnType
    encoding: PlannedEncoding
    size: int | None = None
    vectors: int | None = None
    inputs_at_most: int

    @property
    def width_at_most(self) -> int:
        """How many numbers it makes for the layers that the request names."""
        return self.size or self.inputs_at_most


def plan_features(  # noqa: PLR0913 - two of the six have defaults
    profile: Profile,
    targets: Collection[str],
    features: Sequence[FeatureSpec] | None,
    report: PlanningReport,
    reading: Reading = "anything",
    *,
    besides: Collection[str] = (),
) -> tuple[FeaturePlan, ...]:
    """Return the features asked for, or all columns that carry information; note what does not fit.

    `besides`: columns that are there for something else, and no feature unless asked for.

    Where the layers read inputs by their places, columns that never change are inputs all the same.
    """
    if features is not None:
        planned = _asked_for(profile, targets, features, report, reading)
    else:
        planned = _useful(profile, {*targets, *besides}, report, reading)
    for feature in planned:
        _warn_of_rare(profile, feature, report)
    return planned


def _useful(
    profile: Profile, besides: Collection[str], report: PlanningReport, reading: Reading
) -> tuple[FeaturePlan, ...]:
    others = [column for column in profile.columns if column.name not in besides]
    chosen = [column for column in others if _usable(column, profile, report, reading)]
    if not chosen:
        report.reject("/features", "No column carries information: all are constant, empty, text or identifiers.")
    return tuple(_feature(column, default_encoding(column.type, reading)) for column in chosen)


def _warn_of_rare(profile: Profile, feature: FeaturePlan, report: PlanningReport) -> None:
    """Note that values which repeat are not told apart, because there are more of them than the encoding takes."""
    most = {"one_hot": MAX_CATEGORIES, "embedding": MAX_VECTORS}.get(feature.encoding)
    column = profile.column(feature.column)
    if most is None or column is None or repeated(column) <= most:
        return
    report.warn(
        "rare_values_joined",
        f"{column.name!r} has {repeated(column):,} values in more than one row; {feature.encoding} tells the "
        f"{most:,} most frequent apart, and takes the others for one.",
        column=column.name,
        fix=f'Ask for {{"column": "{column.name}", "encoding": "embedding"}}.'
        if feature.encoding == "one_hot"
        else "Join values that mean alike before you upload.",
    )


def default_encoding(kind: ColumnType, reading: Reading) -> PlannedEncoding:
    """Return how a column becomes numbers if nothing was said: as they are, where an embedding looks them up."""
    return "none" if kind == "number" and reading == "whole_numbers" else FITTING[kind][0]


def _usable(column: Column, profile: Profile, report: PlanningReport, reading: Reading) -> bool:
    reason = useless(column, profile.rows)
    if reason == CONSTANT and reading != "anything":
        return True
    if reason:
        report.warn(
            "column_skipped",
            f"{column.name!r} is not learned from: {reason}.",
            column=column.name,
            fix=f'Name it in "features" to use it all the same: {{"column": "{column.name}"}}.',
        )
    return reason is None


def useless(column: Column, rows: int) -> str | None:
    """Return why a column teaches nothing about unseen rows, or None."""
    if column.missing == rows:
        return "it has no values"
    if column.distinct == 1 and not column.missing:
        return CONSTANT
    if column.type == "text":
        return "it is free text"
    return "it looks like an identifier" if identifier(column, rows) else None


def identifier(column: Column, rows: int) -> bool:
    """Tell whether every row has a value of its own: labels, or whole numbers without a gap that are called so."""
    if column.distinct != rows - column.missing or column.distinct < MIN_ID_ROWS:
        return False
    if column.type == "number" and column.integer and IDENTIFIER.search(column.name):
        return _number(column.max) - _number(column.min) + 1 == column.distinct
    return column.type in {"category", "text"}


def _number(value: float | str | None) -> float:
    return value if isinstance(value, (int, float)) else 0.0


def _asked_for(
    profile: Profile,
    targets: Collection[str],
    features: Sequence[FeatureSpec],
    report: PlanningReport,
    reading: Reading,
) -> tuple[FeaturePlan, ...]:
    columns = {column.name: column for column in profile.columns}
    first: dict[str, int] = {}
    planned = []
    for place, feature in enumerate(features):
        pointer, name = f"/features/{place}", feature.column
        if name not in columns:
            detail = f"The data set has no column {name!r}. {closest(name, list(columns))}"
            report.reject(f"{pointer}/column", detail)
        elif name in targets:
            report.reject(
                f"{pointer}/column",
                f"{name!r} is {'the' if len(targets) == 1 else 'a'} target; a network cannot learn from its answer.",
            )
        elif name in first:
            report.reject(f"{pointer}/column", f"{name!r} is named twice, first at /features/{first[name]}.")
        else:
            first[name] = place
            encoding = feature.encoding or default_encoding(columns[name].type, reading)
            _check_size(feature, encoding, pointer, report)
            if fitted := _with_encoding(columns[name], encoding, pointer, profile.rows, report):
                planned.append(fitted.model_copy(update={"size": feature.size or fitted.size}))
    return tuple(planned)


def _check_size(feature: FeatureSpec, encoding: PlannedEncoding, pointer: str, report: PlanningReport) -> None:
    if feature.size is not None and encoding != "embedding":
        detail = f"{encoding} has no vectors whose size could be chosen; leave size out, or ask for embedding."
        report.reject(f"{pointer}/size", detail)


def _with_encoding(
    column: Column, encoding: PlannedEncoding, pointer: str, rows: int, report: PlanningReport
) -> FeaturePlan | None:
    fitting = FITTING[column.type]
    if encoding not in fitting:
        allowed = " or ".join(name for name in fitting if name != "datetime") or "null"
        detail = f"{encoding} does not fit {column.name!r}, a {column.type} column; use {allowed}."
        report.reject(f"{pointer}/encoding", detail)
        return None
    if column.missing == rows:
        report.reject(f"{pointer}/column", f"{column.name!r} has no values.")
        return None
    return _feature(column, encoding)


def _feature(column: Column, encoding: PlannedEncoding) -> FeaturePlan:
    missing = int(column.missing > 0)
    plan = FeaturePlan(column=column.name, type=column.type, encoding=encoding, inputs_at_most=1 + missing)
    match encoding:
        case "one_hot":
            width = min(repeated(column), MAX_CATEGORIES) + 1 + missing
            return plan.model_copy(update={"inputs_at_most": width})
        case "embedding":
            vectors = min(repeated(column), MAX_VECTORS) + 1 + missing
            size = min(MAX_BY_RULE, round(1.6 * vectors**0.56))
            return plan.model_copy(update={"inputs_at_most": 1, "vectors": vectors, "size": size})
        case "datetime":
            return plan.model_copy(update={"inputs_at_most": 1 + 2 * len(CYCLES) + missing})
        case _:
            return plan


def repeated(column: Column) -> int:
    """Return how many values stand in more than one row: only these can be learned from one by one."""
    return column.distinct - (column.singletons or 0)
