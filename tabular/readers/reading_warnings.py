"""Warnings about how a column was read: what was seen, what was assumed, and how to change it."""

from collections.abc import Sequence

from tabular.column_format import ColumnFormat
from tabular.profile import DataWarning
from tabular.readers.options import for_columns, listed

MAX_SHOWN = 5


def shown_list(values: Sequence[str]) -> str:
    """Return some values for a sentence."""
    return ", ".join(map(repr, values[:MAX_SHOWN])) + (", …" if len(values) > MAX_SHOWN else "")


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, such as "1 value" or "2 values"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def number_format(name: str, example: str, value: float, form: ColumnFormat) -> DataWarning:
    """Numbers are not written as in a program."""
    unit = f" The unit {form.unit!r} is left out." if form.unit else ""
    if form.negative and form.negative.isalpha():
        unit += f" Numbers with {form.negative!r} are negative."
    return DataWarning(
        code="number_format",
        column=name,
        detail=f"The values of {name!r} are read as numbers: {example!r} is {value:.15g}.{unit}",
        fix=f"If they are labels, send {for_columns('types', [name], 'category')}.",
    )


def ambiguous_numbers(name: str, example: str, value: float, decimal: str) -> DataWarning:
    """Groups of three digits can be thousands or decimals."""
    other = "," if decimal == "." else "."
    return DataWarning(
        code="ambiguous_numbers",
        column=name,
        detail=f"The numbers of {name!r} can be read in two ways; {example!r} is read as {value:.15g}.",
        fix=f"If {other!r} is the decimal separator, send ?decimal={other}.",
    )


def codes(name: str, example: str) -> DataWarning:
    """Whole numbers are codes."""
    return DataWarning(
        code="codes",
        column=name,
        detail=f"Values of {name!r} such as {example!r} are read as labels: a number would not keep all digits.",
        fix=f"If they are numbers, send {for_columns('types', [name], 'number')}.",
    )


def ambiguous_dates(name: str, order: str) -> DataWarning:
    """Month and day may be swapped."""
    taken, other = ("month/day", "%d/%m/%Y") if order == "month_first" else ("day/month", "%m/%d/%Y")
    return DataWarning(
        code="ambiguous_dates",
        column=name,
        detail=f"The dates of {name!r} can be read as month/day or day/month; they are read as {taken}.",
        fix=f"Write dates as YYYY-MM-DD, or send their pattern, such as {for_columns('date_format', [name], other)}.",
    )


def year_first(name: str, example: str, pattern: str) -> DataWarning:
    """The first two digits could be the year. `pattern`: of the other reading."""
    taken, other = ("last", "first") if pattern.startswith("%y") else ("first", "last")
    return DataWarning(
        code="ambiguous_dates",
        column=name,
        detail=f"The year of dates of {name!r} such as {example!r} could be first or last; it is read as {taken}.",
        fix=f"If it is {other}, send {for_columns('date_format', [name], pattern)}.",
    )


def times_of_day(name: str, example: str) -> DataWarning:
    """Times could be durations."""
    return DataWarning(
        code="times_of_day",
        column=name,
        detail=f"The values of {name!r}, such as {example!r}, are read as times of day.",
        fix=f"If they are durations, send {for_columns('types', [name], 'number')}.",
    )


def mixed_units(name: str, units: Sequence[str]) -> DataWarning:
    """Numbers have several units, so that they cannot be compared."""
    return DataWarning(
        code="mixed_units",
        column=name,
        detail=f"The numbers of {name!r} have several units: {shown_list(units)}. The column is read as labels.",
        fix="Convert them to one unit, or write the unit in a column of its own.",
    )


def number_like_labels(name: str, example: str) -> DataWarning:
    """Labels begin with numbers in a form that is not read."""
    return DataWarning(
        code="number_like_labels",
        column=name,
        detail=f"The values of {name!r}, such as {example!r}, contain numbers in a form that is not read as a number. "
        "The column is read as labels.",
        fix="If they are amounts, write them as plain numbers.",
    )


def two_digit_years(name: str, example: str, first: int, last: int) -> DataWarning:
    """Years have two digits."""
    return DataWarning(
        code="two_digit_years",
        column=name,
        detail=f"The years of {name!r} have two digits, such as {example!r}; they are read as {first} to {last}.",
        fix="Write years with four digits if this is wrong.",
    )


def missing_in_column(name: str, spellings: Sequence[str], count: int) -> DataWarning:
    """Some words in a column of numbers, dates or booleans mean "no value"."""
    return DataWarning(
        code="missing_spellings",
        column=name,
        detail=f"{counted(count, 'value')} of {name!r} read as missing: {shown_list(spellings)}.",
        fix=f"If they mean something, send {for_columns('types', [name], 'category')}.",
    )


def possibly_missing(name: str, spellings: Sequence[str], count: int) -> DataWarning:
    """Some labels often mean "no value"."""
    return DataWarning(
        code="possibly_missing",
        column=name,
        detail=f"{counted(count, 'value')} of {name!r} may mean that there is no value: {shown_list(spellings)}.",
        fix=f"If so, send ?missing={','.join(map(listed, spellings))}.",
    )


def boolean_spellings(name: str, true: str | None, false: str | None) -> DataWarning:
    """Several spellings of a boolean are joined."""
    labels = " and ".join(repr(label) for label in (true, false) if label is not None)
    return DataWarning(
        code="boolean_spellings",
        column=name,
        detail=f"The spellings of {name!r} are joined to {labels}.",
        fix=f"If they differ in meaning, send {for_columns('types', [name], 'category')}.",
    )


def mixed_types(name: str, noun: str, fitting: int, values: int, examples: tuple[str, str]) -> DataWarning:
    """Many values of a column are numbers or dates, and many are not."""
    kind = "number" if noun == "numbers" else "datetime"
    return DataWarning(
        code="mixed_types",
        column=name,
        detail=f"{fitting:,} of {values:,} values of {name!r} are {noun}, such as {examples[0]!r}; others are not, "
        f"such as {examples[1]!r}. The column is read as labels.",
        fix=f"Correct the values, or send {for_columns('types', [name], kind)} to see the line of each other value.",
    )


def empty_columns(count: int) -> DataWarning:
    """Columns have neither a name nor values."""
    return DataWarning(
        code="empty_columns",
        detail=f"{counted(count, 'column')} without a name and without values left out.",
        fix="Give a column a name if it is missing.",
    )


def repeated_header(count: int) -> DataWarning:
    """The header occurs again among the rows, as in files that were joined."""
    return DataWarning(
        code="repeated_header",
        detail=f"{counted(count, 'row')} that repeat the header left out.",
        fix="Join files without their headers.",
    )


def looks_like_dates(name: str, example: str, pattern: str, kind: str) -> DataWarning:
    """Digits without separators may be dates. `kind`: what they are read as."""
    return DataWarning(
        code="looks_like_dates",
        column=name,
        detail=f"The values of {name!r} look like dates, such as {example}; they are read as {kind}.",
        fix=f"If they are dates, send {for_columns('date_format', [name], pattern)}.",
    )
