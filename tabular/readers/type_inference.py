"""Infer the types of a staged table's string columns: number, datetime, boolean, category or text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import duckdb

from tabular.profile import COLUMN_TYPES, ColumnType, DataWarning
from tabular.readers.csv.header import DATE_LIKE, INTEGER, NUMBER
from tabular.readers.dates import ambiguous_dates, date_expression, find_date_format

MOSTLY = 0.9  # a column with this share of numbers is a number column with mistakes in it
GROUP = 16  # columns counted in one query; its planning time grows with their square
LONG_TEXT = 64  # characters on average from which labels are free text
SENTENCE = 24  # the same for a column whose values hardly repeat
MANY_LABELS = 1_000
SOME_LABELS = 50
BOOLEANS = ({"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"})
WORDS = "(?i)" + "|".join(word for pair in BOOLEANS for word in sorted(pair))


@dataclass(frozen=True, slots=True, kw_only=True)
class InferredColumn:
    """A column's type, and the SQL that turns its staged strings into values of the type.

    place: the column is called c{place} in the view `staged`.
    rejected: SQL that is true for a value that does not fit the type.
    """

    place: int
    name: str
    type: ColumnType
    expression: str
    rejected: str | None = None
    warning: DataWarning | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Facts about a column's values, in the order of PER_COLUMN. The missing ones are left out."""

    values: int
    distinct: int  # approximately
    numbers: int
    integers: int
    nans: int
    length: float  # on average
    other: str | None  # an example that is not a number
    number: str | None  # an example that is one
    booleans: int
    first: str | None  # in alphabetical order
    last: str | None

    @property
    def boolean(self) -> bool:
        """Whether all values are the two words of a pair, each with one spelling."""
        ends = {str(self.first).lower(), str(self.last).lower()}
        alike = self.values == self.booleans > 0 and self.distinct <= 2
        return alike and any(ends <= pair for pair in BOOLEANS)

    @property
    def date_like(self) -> bool:
        """Whether the first or the last value in order looks like a date."""
        return any(value and DATE_LIKE.fullmatch(value) for value in (self.first, self.last))

    @property
    def free_text(self) -> bool:
        """Whether the values are sentences rather than labels."""
        mostly_different = self.distinct > 0.5 * self.values
        many = self.distinct > MANY_LABELS or (self.distinct > SOME_LABELS and self.length >= SENTENCE)
        return self.length >= LONG_TEXT or (mostly_different and many)


FACTS = len(fields(Counts))
PER_COLUMN = (  # one per field of Counts: of a value v, whether it is a number n or a NaN m
    "count(v{0})",
    "approx_count_distinct(v{0})",
    "count(*) FILTER (n{0})",
    f"count(*) FILTER (regexp_full_match(v{{0}}, '{INTEGER.pattern.replace('{', '{{').replace('}', '}}')}'))",
    "count(*) FILTER (m{0})",
    "coalesce(avg(length(v{0})), 0)",
    "min(v{0}) FILTER (NOT n{0} AND NOT m{0})",
    "min(v{0}) FILTER (n{0})",
    f"count(*) FILTER (regexp_full_match(v{{0}}, '{WORDS}'))",
    "min(v{0})",
    "max(v{0})",
)


def infer(
    connection: duckdb.DuckDBPyConnection,
    columns: Sequence[tuple[int, str]],
    wanted: dict[str, str],
    *,
    decimal_comma: bool,
) -> Iterator[InferredColumn]:
    """Yield the types of string columns (place, name) of the view `staged`. Types in `wanted` are not inferred."""
    for start in range(0, len(columns), GROUP):
        group = columns[start : start + GROUP]
        counted = _count(connection, [place for place, _ in group], decimal_comma=decimal_comma)
        for (place, name), counts in zip(group, counted, strict=True):
            known = next((kind for kind in COLUMN_TYPES if kind == wanted.get(name)), None)
            if known == "number" or (known is None and _mostly_numbers(counts)):
                yield _number_column(place, name, counts, decimal_comma=decimal_comma)
            else:
                yield _date_column(connection, place, name, counts, known) or _label_column(place, name, counts, known)


def _is_number(text: str) -> str:
    return f"(regexp_full_match({text}, '{NUMBER.pattern}') AND isfinite(TRY_CAST({text} AS DOUBLE)))"


def _number_text(cell: str, *, decimal_comma: bool) -> str:
    return f"replace({cell}, ',', '.')" if decimal_comma else cell


def _count(connection: duckdb.DuckDBPyConnection, places: Sequence[int], *, decimal_comma: bool) -> Iterator[Counts]:
    seen, facts = list[str](), list[str]()
    for place in places:
        cell = f"c{place}"
        number = _is_number(_number_text(cell, decimal_comma=decimal_comma))
        seen += [f"{cell} AS v{place}", f"{number} AS n{place}", f"lower({cell}) = 'nan' AS m{place}"]
        facts += [fact.format(place) for fact in PER_COLUMN]
    query = f"SELECT {', '.join(facts)} FROM (SELECT {', '.join(seen)} FROM staged)"  # noqa: S608 - no names
    row = connection.execute(query).fetchone() or ()
    for start in range(0, len(row), FACTS):
        yield Counts(*row[start : start + FACTS])


def _mostly_numbers(counts: Counts) -> bool:
    given = counts.values - counts.nans
    return given > 0 and counts.numbers >= MOSTLY * given


def _number_column(place: int, name: str, counts: Counts, *, decimal_comma: bool) -> InferredColumn:
    cell = f"c{place}"
    text = _number_text(cell, decimal_comma=decimal_comma)
    whole = counts.integers == counts.numbers > 0
    return InferredColumn(
        place=place,
        name=name,
        type="number",
        expression=f"TRY_CAST({text} AS BIGINT)" if whole else f"CASE WHEN {_is_number(text)} THEN {text}::DOUBLE END",
        rejected=f"NOT {_is_number(text)} AND lower({cell}) <> 'nan'",
    )


def _date_column(
    connection: duckdb.DuckDBPyConnection, place: int, name: str, counts: Counts, known: ColumnType | None
) -> InferredColumn | None:
    """Return how to read the column's dates, if nearly all values are dates or the sender says so."""
    if known not in {None, "datetime"} or (known is None and not counts.date_like):
        return None
    cell = f"c{place}"
    found = find_date_format(connection, cell)
    if known is None and found.fitting < MOSTLY * counts.values:
        return None
    expression = date_expression(cell, found.format)
    return InferredColumn(
        place=place,
        name=name,
        type="datetime",
        expression=expression,
        rejected=f"{expression} IS NULL",
        warning=ambiguous_dates(name) if found.ambiguous else None,
    )


def _label_column(place: int, name: str, counts: Counts, known: ColumnType | None) -> InferredColumn:
    cell = f"c{place}"
    if known is None and counts.boolean:
        return InferredColumn(place=place, name=name, type="boolean", expression=cell)
    kind = known or ("text" if counts.free_text else "category")
    warning = _mixed_types(name, counts) if known is None and counts.numbers else None
    return InferredColumn(place=place, name=name, type=kind, expression=cell, warning=warning)


def _mixed_types(name: str, counts: Counts) -> DataWarning:
    detail = (
        f"{counts.numbers:,} of {counts.values:,} values of {name!r} are numbers, such as {counts.number!r}; others "
        f"are not, such as {counts.other!r}. The column is read as labels."
    )
    return DataWarning(
        code="mixed_types",
        column=name,
        detail=detail,
        fix=f"Correct the values, add those that mean a missing value to ?missing=, or send ?types={name}:number.",
    )
