"""Which columns a network learns from, and how each becomes numbers."""

import re
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tabular.dataset import Column, ColumnType, Profile
from tabular.encoders import CYCLES, MOST_CATEGORIES
from tabular.findings import Findings
from tabular.spec import FeatureSpec
from tabular.tasks import closest

PlannedEncoding = Literal["standardize", "none", "one_hot", "datetime"]
FITTING: dict[ColumnType, tuple[PlannedEncoding, ...]] = {  # the first is the default
    "number": ("standardize", "none", "one_hot"),
    "category": ("one_hot",),
    "boolean": ("one_hot",),
    "datetime": ("datetime",),
    "text": ("one_hot",),
}
IDENTIFIER = re.compile(r"(^|[\W_])(?i:id|index|key|row|rownum)$|[a-z]I[dD]$")
FEWEST_ID_ROWS = 20  # in fewer rows, values all different are no sign of an identifier


class FeaturePlan(BaseModel):
    """A column the network learns from; `inputs_at_most` of them are its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    type: ColumnType
    encoding: PlannedEncoding
    inputs_at_most: int


def plan_features(
    profile: Profile, target: str, features: Sequence[FeatureSpec] | None, findings: Findings
) -> tuple[FeaturePlan, ...]:
    """Return the features asked for, or all columns that carry information; note what does not fit."""
    if features is not None:
        return _asked_for(profile, target, features, findings)
    chosen = [column for column in profile.columns if column.name != target and _usable(column, profile, findings)]
    if not chosen:
        findings.refuse("/features", "No column carries information: all are constant, empty, text or identifiers.")
    return tuple(_feature(column, FITTING[column.type][0]) for column in chosen)


def _usable(column: Column, profile: Profile, findings: Findings) -> bool:
    reason = useless(column, profile.rows)
    if reason:
        findings.warn(
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
        return "it has the same value in every row"
    if column.type == "text":
        return "it is free text"
    return "it looks like an identifier" if identifier(column, rows) else None


def identifier(column: Column, rows: int) -> bool:
    """Tell whether every row has a value of its own: labels, or whole numbers without a gap that are called so."""
    if column.distinct != rows - column.missing or column.distinct < FEWEST_ID_ROWS:
        return False
    if column.type == "number" and column.integer and IDENTIFIER.search(column.name):
        return _number(column.max) - _number(column.min) + 1 == column.distinct
    return column.type in {"category", "text"}


def _number(value: float | str | None) -> float:
    return value if isinstance(value, (int, float)) else 0.0


def _asked_for(
    profile: Profile, target: str, features: Sequence[FeatureSpec], findings: Findings
) -> tuple[FeaturePlan, ...]:
    columns = {column.name: column for column in profile.columns}
    first: dict[str, int] = {}
    planned = []
    for place, feature in enumerate(features):
        pointer, name = f"/features/{place}", feature.column
        if name not in columns:
            detail = f"The data set has no column {name!r}. {closest(name, list(columns))}"
            findings.refuse(f"{pointer}/column", detail)
        elif name == target:
            findings.refuse(f"{pointer}/column", f"{name!r} is the target; a network cannot learn from its answer.")
        elif name in first:
            findings.refuse(f"{pointer}/column", f"{name!r} is named twice, first at /features/{first[name]}.")
        else:
            first[name] = place
            if fitted := _with_encoding(columns[name], feature, pointer, profile.rows, findings):
                planned.append(fitted)
    return tuple(planned)


def _with_encoding(
    column: Column, feature: FeatureSpec, pointer: str, rows: int, findings: Findings
) -> FeaturePlan | None:
    fitting = FITTING[column.type]
    encoding = feature.encoding or fitting[0]
    if encoding not in fitting:
        allowed = " or ".join(name for name in fitting if name != "datetime") or "null"
        detail = f"{encoding} does not fit {column.name!r}, a {column.type} column; use {allowed}."
        findings.refuse(f"{pointer}/encoding", detail)
        return None
    if column.missing == rows:
        findings.refuse(f"{pointer}/column", f"{column.name!r} has no values.")
        return None
    return _feature(column, encoding)


def _feature(column: Column, encoding: PlannedEncoding) -> FeaturePlan:
    missing = int(column.missing > 0)
    match encoding:
        case "one_hot":
            repeated = column.distinct - (column.singletons or 0)  # only these can get an input of their own
            width = min(repeated, MOST_CATEGORIES) + 1
        case "datetime":
            width = 1 + 2 * len(CYCLES)
        case _:
            width = 1
    return FeaturePlan(column=column.name, type=column.type, encoding=encoding, inputs_at_most=width + missing)
