"""Read an NDJSON file with DuckDB if the values of each key have one JSON type.

DuckDB parses many times faster than Python, but it also accepts NaN and commas before a closing brace, and it converts
types without a word. So everything that is not certain here raises `NotUniform`; `objects.py` reads such a file, and
explains what is wrong with it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import duckdb

from tabular.limits import Limits
from tabular.readers.typed.conversion import EXACT
from tabular.readers.typed.source import SourceColumn
from tabular.sql import literal, quoted

Kind = Literal["text", "boolean", "integer", "long", "double"]
MAX_KEYS = 500  # the planning time of a query grows with their number
MAX_KEY_LISTS = 1_000  # different lists of keys
SAMPLE_CELLS = 200_000
MAX_DIGITS = 308  # of a whole number; a float64 cannot hold more
TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "boolean": "BOOLEAN",
    "integer": "INTEGER",  # whole numbers that float64 keeps: no search for longer ones
    "long": "VARCHAR",
    "double": "DOUBLE",
}


class NotUniform(Exception):
    """The file needs the reader that looks at each object."""


def find_keys(connection: duckdb.DuckDBPyConnection, source: Path, limits: Limits) -> tuple[list[str], int]:
    """Return the keys in the order in which they appear first, and the number of objects.

    Raises:
        NotUniform: a line is not a JSON object, has a key twice, or may have a comma too many; or there are many keys.
    """
    objects = f"read_ndjson_objects({_file(source, limits)})"
    wrong = f"NOT starts_with(json, '{{') OR regexp_matches(json, ',\\s*}}') OR strlen(json) > {limits.line_bytes}"
    query = f"SELECT json_keys(json) AS keys, count(*), bool_or({wrong}) FROM {objects} GROUP BY keys"  # noqa: S608
    found = _rows(connection, f"{query} LIMIT {MAX_KEY_LISTS + 1}")
    if len(found) > MAX_KEY_LISTS or any(is_wrong for _, _, is_wrong in found):
        raise NotUniform
    lists = [keys for keys, *_ in found]
    if len(lists) > 1:
        numbered = f"SELECT json_keys(json) AS keys, row_number() OVER () AS row FROM {objects}"  # noqa: S608 - a path
        query = f"SELECT keys FROM ({numbered}) GROUP BY keys ORDER BY min(row)"  # noqa: S608 - a path
        lists = [keys for (keys,) in _rows(connection, query)]
    keys = list(dict.fromkeys(key for each in lists for key in each))
    if not _are_plain(keys) or any(len(set(each)) < len(each) for each in lists):
        raise NotUniform
    return keys, sum(count for _, count, *_ in found)


def _are_plain(keys: Sequence[str]) -> bool:
    """Return whether the keys can be names of columns in DuckDB, which ignores case."""
    return (
        0 < len(keys) <= MAX_KEYS
        and len({key.casefold() for key in keys}) == len(keys)
        and all(key and key.isprintable() and key.isascii() and not set(key) & {'"', "\\"} for key in keys)
    )


def find_kinds(
    connection: duckdb.DuckDBPyConnection, source: Path, keys: Sequence[str], limits: Limits, *, sample: bool
) -> list[Kind]:
    """Return what the values of each key are, in the first rows or in all of them. Raises `NotUniform`."""
    rows = f" LIMIT {SAMPLE_CELLS // len(keys)}" if sample else ""
    facts = ", ".join(
        f"count({cell}), count_if(starts_with({cell}, '\"')), count_if({cell} IN ('true', 'false')), "
        f"count_if(regexp_full_match({cell}, '-?[0-9]+')), "
        f"count_if(regexp_full_match({cell}, '-?[0-9]{{{len(str(EXACT))},}}'))"
        for cell in (f"j{place}" for place in range(len(keys)))
    )
    ((*found,),) = _rows(connection, f"SELECT {facts} FROM (FROM {_cells(source, keys, limits)}{rows})")  # noqa: S608
    return [_kind(*found[start : start + 5]) for start in range(0, len(found), 5)]


def _kind(known: int, texts: int, booleans: int, whole: int, long: int) -> Kind:
    if known in {0, texts}:
        return "text"
    if known == booleans:
        return "boolean"
    if texts or booleans:
        raise NotUniform
    if whole < known:
        return "double"
    return "long" if long else "integer"


def show_raw(
    connection: duckdb.DuckDBPyConnection, source: Path, keys: Sequence[str], kinds: Sequence[Kind], limits: Limits
) -> tuple[SourceColumn, ...]:
    """Create the view `raw` and return its columns. A query of it fails if a value is not what `kinds` says."""
    cells = ", ".join(f"{_value(f'j{place}', kind)} AS c{place}" for place, kind in enumerate(kinds))
    connection.execute(f"CREATE OR REPLACE VIEW raw AS SELECT {cells} FROM {_cells(source, keys, limits)}")  # noqa: S608
    return tuple(
        SourceColumn(place=place, name=key, type=TYPES[kind])
        for place, (key, kind) in enumerate(zip(keys, kinds, strict=True))
    )


def _value(cell: str, kind: Kind) -> str:
    """Return the SQL of a value. A cell is the JSON text of the value, with numbers as short as possible."""
    match kind:
        case "text":
            text = f"CASE WHEN contains({cell}, '\\') THEN {cell}::JSON ->> '$' ELSE {cell}[2:-2] END"
            return f"CASE WHEN starts_with({cell}, '\"') THEN {text} WHEN {cell} IS NOT NULL THEN error('text') END"
        case "boolean":
            return f"CASE {cell} WHEN 'true' THEN true WHEN 'false' THEN false ELSE {_unless_null(cell)} END"
        case "integer":
            wrong = f"contains({cell}, '.') OR contains({cell}, 'e') OR abs({cell}::BIGINT) >= {EXACT}"
            return f"CASE WHEN {wrong} THEN error('integer') ELSE {cell}::BIGINT END"
        case "long":
            whole = f"regexp_full_match({cell}, '-?[0-9]+') AND strlen(ltrim({cell}, '-')) <= {MAX_DIGITS}"
            return f"CASE WHEN {whole} THEN {cell} ELSE {_unless_null(cell)} END"
        case "double":
            number = f"{cell}::DOUBLE"
            return f"CASE WHEN isfinite({number}) THEN {number} ELSE {_unless_null(cell)} END"


def _unless_null(cell: str) -> str:
    return f"CASE WHEN {cell} IS NOT NULL THEN error('other') END"


def _cells(source: Path, keys: Sequence[str], limits: Limits) -> str:
    """Return a subquery with the JSON text of each value in columns j0, j1, ..."""
    types = ", ".join(f"{quoted(key)}: 'JSON'" for key in keys)
    texts = ", ".join(f"{quoted(key)}::VARCHAR AS j{place}" for place, key in enumerate(keys))
    return f"(SELECT {texts} FROM read_ndjson({_file(source, limits)}, columns = {{{types}}}))"  # noqa: S608 - quoted


def _file(source: Path, limits: Limits) -> str:
    return (
        f"{literal(str(source))}, maximum_object_size = {limits.line_bytes}, compression = 'uncompressed', "
        "hive_partitioning = false"
    )


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    try:
        return connection.execute(query).fetchall()
    except duckdb.InvalidInputException as error:
        raise NotUniform from error
