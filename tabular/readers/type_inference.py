"""What the strings of a staged table really are: numbers, dates, booleans, categories or text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import duckdb

from tabular.profile import COLUMN_TYPES, ColumnType, DataWarning
from tabular.readers.csv.dialect import DATE_LIKE, INTEGER, NUMBER
from tabular.sql import literal, quoted

MOSTLY = 0.9  # a column of so many numbers is a number column with mistakes in it
GROUP = 16  # columns looked at in one query; its planning time grows with their square
LONG_TEXT = 64  # characters on average from which labels are free text
SENTENCE = 24  # the same for a column that hardly repeats itself
MANY_LABELS = 1_000
SOME_LABELS = 50
BOOLEANS = ({"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"})
WORDS = "(?i)" + "|".join(word for pair in BOOLEANS for word in sorted(pair))
ISO = "iso"
DATE_FORMATS = (
    ISO, "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%m/%d/%y", "%d/%m/%y",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A column's type and the SQL that makes its canonical values from its strings.

    `rejected`: SQL that is true where a value is given and does not fit the type.
    """

    name: str
    type: ColumnType
    expression: str
    rejected: str | None = None
    warning: DataWarning | None = None


@dataclass(frozen=True, slots=True)
class _Counts:
    """What one pass tells of a column, in the order of `_count`'s query."""

    values: int
    distinct: int  # about
    numbers: int
    integers: int
    nans: int
    length: float
    other: str | None
    number: str | None
    booleans: int
    first: str | None
    last: str | None

    @property
    def boolean(self) -> bool:
        """Only the two words of a pair, each in one way of writing."""
        ends = {str(self.first).lower(), str(self.last).lower()}
        alike = self.values == self.booleans > 0 and self.distinct <= 2
        return alike and any(ends <= pair for pair in BOOLEANS)

    @property
    def date_like(self) -> bool:
        """The first or the last value in order looks like a date."""
        return any(value and DATE_LIKE.fullmatch(value) for value in (self.first, self.last))


FACTS = len(fields(_Counts))
PER_COLUMN = (  # one per field of _Counts: of a value v, whether it is a number n or a NaN m
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
    names: Sequence[str],
    wanted: dict[str, str],
    *,
    decimal_comma: bool,
) -> Iterator[Kind]:
    """Yield a Kind for each of the string columns `names` of the view `staged`; `wanted` types are not inferred."""
    for start in range(0, len(names), GROUP):
        group = names[start : start + GROUP]
        for name, counts in zip(group, _count(connection, group, decimal_comma=decimal_comma), strict=True):
            known = next((kind for kind in COLUMN_TYPES if kind == wanted.get(name)), None)
            yield _kind(connection, name, counts, known, decimal_comma=decimal_comma)


def _number(column: str, *, decimal_comma: bool) -> str:
    return f"replace({column}, ',', '.')" if decimal_comma else column


def _is_number(text: str) -> str:
    return f"(regexp_full_match({text}, '{NUMBER.pattern}') AND isfinite(TRY_CAST({text} AS DOUBLE)))"


def _count(connection: duckdb.DuckDBPyConnection, names: Sequence[str], *, decimal_comma: bool) -> Iterator[_Counts]:
    seen, facts = list[str](), list[str]()
    for place, name in enumerate(names):
        column = quoted(name)
        number = _is_number(_number(column, decimal_comma=decimal_comma))
        seen += [f"{column} AS v{place}", f"{number} AS n{place}", f"lower({column}) = 'nan' AS m{place}"]
        facts += [fact.format(place) for fact in PER_COLUMN]
    query = f"SELECT {', '.join(facts)} FROM (SELECT {', '.join(seen)} FROM staged)"  # noqa: S608 - quoted
    row = connection.execute(query).fetchone() or ()
    for place in range(0, len(row), FACTS):
        yield _Counts(*row[place : place + FACTS])


def _kind(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    counts: _Counts,
    wanted: ColumnType | None,
    *,
    decimal_comma: bool,
) -> Kind:
    given = counts.values - counts.nans
    if wanted == "number" or (wanted is None and given and counts.numbers >= MOSTLY * given):
        return _number_kind(name, counts, decimal_comma=decimal_comma)
    if wanted in {None, "datetime"} and (dates := _dates(connection, name, counts, forced=wanted is not None)):
        return dates
    if wanted is None and counts.boolean:
        return Kind(name=name, type="boolean", expression=quoted(name))
    kind = wanted or ("text" if _free_text(counts) else "category")
    warning = _mixed(name, counts, "numbers", counts.numbers, counts.number) if wanted is None else None
    return Kind(name=name, type=kind, expression=quoted(name), warning=warning)


def _number_kind(name: str, counts: _Counts, *, decimal_comma: bool) -> Kind:
    column = quoted(name)
    text = _number(column, decimal_comma=decimal_comma)
    whole = counts.integers == counts.numbers > 0
    return Kind(
        name=name,
        type="number",
        expression=f"TRY_CAST({text} AS BIGINT)" if whole else f"CASE WHEN {_is_number(text)} THEN {text}::DOUBLE END",
        rejected=f"NOT {_is_number(text)} AND lower({column}) <> 'nan'",
    )


def _free_text(counts: _Counts) -> bool:
    seldom = counts.distinct > 0.5 * counts.values
    return counts.length >= LONG_TEXT or (
        seldom and (counts.distinct > MANY_LABELS or (counts.distinct > SOME_LABELS and counts.length >= SENTENCE))
    )


def _mixed(name: str, counts: _Counts, noun: str, fitting: int, example: str | None) -> DataWarning | None:
    if not fitting:
        return None
    detail = f"{fitting:,} of {counts.values:,} values of {name!r} are {noun}, such as {example!r}; others are not, "
    return DataWarning(
        code="mixed_types",
        column=name,
        detail=f"{detail}such as {counts.other!r}. The column is read as labels.",
        fix=f"Correct the values, or add those that stand for no value to ?missing=, or say ?types={name}:number.",
    )


def _dates(connection: duckdb.DuckDBPyConnection, name: str, counts: _Counts, *, forced: bool) -> Kind | None:
    """Return how the column's dates are written, if nearly all values are dates."""
    if not forced and not counts.date_like:
        return None
    column = quoted(name)
    tests = ", ".join(f"count({_date(column, written)})" for written in DATE_FORMATS)
    hits = connection.execute(f"SELECT {tests} FROM staged").fetchone() or (0,)  # noqa: S608 - quoted
    best = max(hits)
    if not forced and best < MOSTLY * counts.values:
        return None
    written = DATE_FORMATS[hits.index(best)]
    warning = _ambiguous(name) if hits.count(best) > 1 and best and written.startswith("%m") else None
    expression = _date(column, written)
    return Kind(name=name, type="datetime", expression=expression, rejected=f"{expression} IS NULL", warning=warning)


def _date(column: str, written: str) -> str:
    utc = f"make_timestamp(epoch_us(TRY_CAST({column} AS TIMESTAMPTZ)))"  # a cast to TIMESTAMP drops offsets
    if written == ISO:  # the guard keeps out words that DuckDB takes for times, such as epoch
        return f"CASE WHEN regexp_matches({column}, '^[0-9]{{4}}[-/]') THEN {utc} END"
    return f"try_strptime({column}, {literal(written)})"


def _ambiguous(name: str) -> DataWarning:
    return DataWarning(
        code="ambiguous_dates",
        column=name,
        detail=f"The dates of {name!r} can be read as month/day or day/month; month/day is taken.",
        fix="Write dates as YYYY-MM-DD.",
    )
