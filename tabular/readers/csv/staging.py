"""Stage a CSV file as Parquet with DuckDB: cells are stripped, missing values are null.

Queries call the columns c0, c1, ...: the names of the file occur only as names of the result, where no name collides.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from tabular.limits import Limits
from tabular.readers.csv.dialect import Dialect
from tabular.readers.database import write_parquet
from tabular.readers.options import ReadOptions
from tabular.readers.values import cleaning
from tabular.readers.values.numbers import NUMBER
from tabular.sql import literal, quoted

Storage = Literal["integer", "double", "string"]
PLAIN = re.compile(NUMBER)
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})")  # exact in float64, and the same text when written again
CODE = re.compile(r"[+-]?(0[0-9]+|[0-9]{16,})")  # a number would lose digits
FAILED = re.compile(r'(?:onverting column "|source column |^Invalid Input Error: )c([0-9]+)\b')
ONE_GROUP = re.compile(r"[+-]?[1-9][0-9]{0,2}[.][0-9]{3}")  # 1.234 may be 1234


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """A readable CSV file: its path, its dialect, and what limits reading it. `unicode`: not only ASCII."""

    path: Path
    dialect: Dialect
    options: ReadOptions
    limits: Limits
    unicode: bool


def storage_of_sample(dialect: Dialect, options: ReadOptions) -> list[Storage]:
    """Return how each column can be stored, judged by the first rows."""
    missing = frozenset(options.missing) | {""}
    return [
        "string"
        if name in options.date_formats or options.types.get(name, "number") != "number"
        else _storage({row[place] for row in dialect.rows if place < len(row)} - missing, options.decimal)
        for place, name in enumerate(dialect.names)
    ]


def _storage(cells: set[str], decimal: str) -> Storage:
    """Return how cells can be stored without a look at the rest of the file."""
    if not cells or not all(map(PLAIN.fullmatch, cells)) or any(map(CODE.fullmatch, cells)):
        return "string"
    if all(map(INTEGER.fullmatch, cells)):
        return "integer"
    pointed = [cell for cell in cells if "." in cell]
    doubtful = decimal == "," or (pointed and all(map(ONE_GROUP.fullmatch, pointed)))
    return "string" if doubtful else "double"


def stage(connection: duckdb.DuckDBPyConnection, file: CsvFile, storage: Sequence[Storage], parquet: Path) -> None:
    """Write the file's rows, in order, to Parquet.

    Raises:
        duckdb.Error: a row has too many or too few cells, a quote is not closed, or a cell does not fit its storage.
    """
    missing = sorted({*file.options.missing, ""})
    pattern = "|".join(map(re.escape, missing))  # one match needs less memory than many comparisons
    stripped = ", ".join(
        f"{_stripped(f'c{place}', file)} AS c{place}" if kind == "string" else f"c{place}"
        for place, kind in enumerate(storage)
    )
    cells = [_cell(f"c{place}", kind, pattern) for place, kind in enumerate(storage)]
    rows = read_csv_call(file, ["DOUBLE" if kind == "double" else "VARCHAR" for kind in storage], missing)
    source = f"(SELECT {stripped} FROM {rows})"  # noqa: S608 - no names of the file
    write_parquet(connection, named(cells, source, file.dialect.names), parquet)


def column_that_failed(error: duckdb.Error) -> int | None:
    """Return the place of the column whose storage does not fit a cell, from the error of `stage`."""
    found = FAILED.search(str(error))
    return int(found[1]) if found else None


def named(cells: Sequence[str], source: str, names: Sequence[str]) -> str:
    """Return the query that selects `cells` (SQL) from `source` (SQL) and gives the results names."""
    return f"FROM (SELECT {', '.join(cells)} FROM {source}) AS result({', '.join(map(quoted, names))})"  # noqa: S608 - quoted


def show_as(connection: duckdb.DuckDBPyConnection, view: str, parquet: Path, columns: int) -> None:
    """Create a view of a Parquet file whose columns are called c0, c1, ..."""
    places = ", ".join(f"c{place}" for place in range(columns))
    connection.execute(f"CREATE OR REPLACE VIEW {view}({places}) AS FROM read_parquet({literal(str(parquet))})")


def read_csv_call(file: CsvFile, types: Sequence[str], missing: Sequence[str] = (), extra: str = "") -> str:
    """Return the SQL table function that reads the file into columns c0, c1, ... of the given types."""
    dialect = file.dialect
    columns = ", ".join(f"c{place}: '{kind}'" for place, kind in enumerate(types))
    plain = [text for text in missing if not set(text) & {dialect.delimiter, '"', "\r", "\n"}]  # DuckDB takes no others
    spellings = f", nullstr = [{', '.join(map(literal, plain))}]" if plain else ""
    return (
        f"read_csv({literal(str(file.path))}, auto_detect = false, columns = {{{columns}}}, "
        f"delim = {literal(dialect.delimiter)}, quote = '\"', escape = '\"', header = false, "
        f"skip = {dialect.rows_before_data}, max_line_size = {file.limits.line_bytes}{spellings}{extra})"
    )


def _stripped(column: str, file: CsvFile) -> str:
    return cleaning.expression(column, unicode=file.unicode, formulas=file.dialect.formulas)


def _cell(column: str, kind: Storage, missing: str) -> str:
    """Return the SQL for one cell. It fails if the cell does not fit the storage that the sample suggested."""
    match kind:
        case "double":
            return column  # the profile finds infinite numbers
        case "integer":  # the comparison finds 1.5 and 007, of which a cast alone would change the text
            whole = f"{column}::BIGINT"
            return f"CASE WHEN {whole}::VARCHAR <> {column} THEN error('{column} is not plain') ELSE {whole} END"
        case "string":
            return f"CASE WHEN NOT regexp_full_match({column}, {literal(missing)}) THEN {column} END"
