"""Check a typed table before its values are read: options that cannot apply, and types of columns."""

from tabular.errors import InvalidDataset, Problem
from tabular.readers.options import ReadOptions
from tabular.readers.typed.source import SourceColumn, SourceTable

NESTED = ("STRUCT(", "MAP(", "UNION(")
LISTS = 20  # characters of a nested type that are shown


def check_options(options: ReadOptions, file_format: str) -> None:
    """Raise InvalidDataset if an option is about the layout of text, which the format does not have."""
    given = {
        "delimiter": options.delimiter is not None,
        "header": options.header != "auto",
        "encoding": options.encoding is not None
        and options.encoding.lower().replace("_", "-") not in {"utf-8", "utf8"},
    }
    problems = [
        Problem(detail=f"?{name}= does not apply to {file_format}.", fix=f"Leave out ?{name}=.")
        for name, is_given in given.items()
        if is_given
    ]
    if problems:
        raise InvalidDataset(problems)


def check_types(table: SourceTable) -> None:
    """Raise InvalidDataset with each column whose type is not supported."""
    problems = [unsupported(column) for column in table.columns if column.storage is None]
    if problems:
        raise InvalidDataset(problems)


def unsupported(column: SourceColumn) -> Problem:
    """Return what is wrong with the type of a column, and how to fix it."""
    shown = column.type if len(column.type) <= LISTS else column.type[: LISTS - 1] + "…"
    if column.type.startswith(NESTED):
        fix = f"Write each field of {column.name!r} as a column of its own."
    elif column.type.endswith("]"):
        fix = f"Write each element of {column.name!r} as a column of its own, or send arrays as NPZ."
    elif column.type == "BLOB":
        fix = "Write the values as strings (UTF-8), or leave the column out."
    elif column.type == "INTERVAL":
        fix = "Write the durations as numbers, such as seconds."
    else:
        fix = "Write the values as numbers, strings or timestamps, or leave the column out."
    detail = f"The column {column.name!r} has the type {shown}, which is not supported."
    return Problem(detail=detail, column=column.name, fix=fix)
