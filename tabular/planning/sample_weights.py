"""Whether a column can hold sample weights, which say how much each row counts."""

from collections.abc import Iterator

from tabular.names import suggest_name
from tabular.planning.report import PlanningReport
from tabular.planning.request import PlanRequest
from tabular.profile import Column, Profile

POINTER = "/sample_weight"


def check_sample_weight(profile: Profile, request: PlanRequest, report: PlanningReport) -> tuple[str, ...]:
    """Return the columns of sample weights, at most one; report why the requested one cannot be used."""
    name = request.sample_weight
    if name is None:
        return ()
    column = profile.column(name)
    if column is None:
        names = [column.name for column in profile.columns]
        report.reject(POINTER, f"The data set has no column {name!r}. {suggest_name(name, names)}")
        return ()
    if name in request.targets:
        report.reject(POINTER, f"{name!r} is a target. Sample weights need a column of their own.")
    if any(feature.column == name for feature in request.features or ()):
        detail = f"{name!r} is also a feature, but rows to predict have no weight. Remove it from `features`."
        report.reject(POINTER, detail)
    for problem in _value_problems(column):
        report.reject(POINTER, f"{name!r} {problem}")
    if column.min == 0:
        detail = f"Rows with {name!r} = 0 are left out of training and evaluation."
        report.warn("rows_of_weight_0", detail, column=name)
    return (name,)


def _value_problems(column: Column) -> Iterator[str]:
    if column.type != "number":
        yield f"is a {column.type} column. Sample weights are numbers of at least 0."
        return
    if column.missing:
        yield f"has no value in {column.missing:,} rows. Upload the data with a weight in every row; 0 leaves it out."
    if isinstance(column.min, (int, float)) and column.min < 0:
        yield f"has values down to {column.min:g}. Sample weights must be at least 0."
    if isinstance(column.max, (int, float)) and column.max <= 0:
        yield "is 0 in every row, which leaves nothing to train on."
