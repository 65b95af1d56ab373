"""Whether a table's rows make the requested windows of a time series."""

from tabular.names import suggest_name
from tabular.planning.report import PlanningReport
from tabular.planning.request import PlanRequest
from tabular.profile import Profile
from tabular.sequence import SequenceSpec

POINTER = "/sequence"
TIME_TYPES = ("datetime", "number")
GROUP_TYPES = ("category", "boolean", "number", "text")


def check_sequence(profile: Profile, request: PlanRequest, report: PlanningReport) -> None:
    """Report columns that do not order or group the rows, and windows that are longer than the table."""
    sequence = request.sequence
    if sequence is None:
        return
    for field, name in (("order_by", sequence.order_by), ("group_by", sequence.group_by)):
        if name is not None:
            _check_column(f"{POINTER}/{field}", name, profile, report)
    _check_values(sequence, profile, report)
    validation = request.training.validation
    if validation.by == "time" and validation.column != sequence.order_by:
        detail = f"Windows are ordered by {sequence.order_by!r}. Name this column here, or leave `validation` out."
        report.reject("/training/validation/column", detail)
    elif validation.by not in {None, "time", "group"}:
        detail = (
            "Windows overlap, so rows that are held out at random would be predicted from windows with the rows around "
            'them. Use "by": "time" or "group", or leave `by` out.'
        )
        report.reject("/training/validation/by", detail)


def _check_column(pointer: str, name: str, profile: Profile, report: PlanningReport) -> None:
    column = profile.column(name)
    if column is None:
        names = [column.name for column in profile.columns]
        report.reject(pointer, f"The data set has no column {name!r}. {suggest_name(name, names)}")
    elif pointer.endswith("order_by") and column.type not in TIME_TYPES:
        fix = f"Name another column, or upload the file again with ?types={name}:datetime."
        report.reject(pointer, f"{name!r} is a {column.type} column. Times are dates or numbers. {fix}")
    elif pointer.endswith("group_by") and column.type not in GROUP_TYPES:
        report.reject(pointer, f"{name!r} is a {column.type} column. Name a column of labels or numbers.")
    elif column.missing:
        kind = "time" if pointer.endswith("order_by") else "group"
        detail = f"{column.missing:,} rows without a value of {name!r} are left out."
        report.warn(f"rows_without_{kind}", detail, column=name, fix=f"Fill in the {kind}s, or remove these rows.")


def _check_values(sequence: SequenceSpec, profile: Profile, report: PlanningReport) -> None:
    if sequence.group_by == sequence.order_by:
        report.reject(f"{POINTER}/group_by", "This is the column that orders the rows. Name another one or none.")
    if sample_count(sequence, profile, profile.rows) < 2:
        group = profile.column(sequence.group_by) if sequence.group_by else None
        series = f" in {group.distinct:,} series" if group else ""
        detail = (
            f"A sample needs {sequence.span:,} rows of a series ({sequence.window:,} for the window, and the target "
            f"{sequence.horizon:,} later), but the table has {profile.rows:,} rows{series}. Shorten the window."
        )
        report.reject(f"{POINTER}/window", detail)


def sample_count(sequence: SequenceSpec | None, profile: Profile, rows: int) -> int:
    """Return about how many samples `rows` make: the first rows of each series have too few rows before them."""
    if sequence is None:
        return rows
    group = profile.column(sequence.group_by) if sequence.group_by else None
    series = max(1, min(group.distinct, rows // sequence.span) if group else 1)
    return rows - series * (sequence.span - 1)
