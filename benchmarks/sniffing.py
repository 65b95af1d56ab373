"""Compare DuckDB's own detection of CSV files with that of the service, on the ugly files of the tests.

    ./dev bench sniffing

Prints how many files each reads with the right number of rows, the right names and the right types of columns.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import duckdb

from tabular.errors import InvalidDataset
from tabular.limits import Limits
from tabular.readers.csv.reader import read_csv
from tabular.readers.options import ReadOptions
from tests.support.ugly_files import UGLY

KINDS = {"BOOLEAN": "boolean", "VARCHAR": "label", "DATE": "datetime"}
LABELS = {"category": "label", "text": "label"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found in a file: names, kinds of columns, number of rows."""

    names: list[str]
    kinds: list[str]
    rows: int


def duckdb_answer(path: Path) -> Answer | None:
    """Return what DuckDB finds; None if it cannot read the file."""
    try:
        with duckdb.connect() as connection:
            table = connection.sql(f"FROM read_csv('{path}')")
            kinds = [KINDS.get(str(kind), "datetime" if "TIME" in str(kind) else "number") for kind in table.types]
            return Answer(table.columns, kinds, len(table.fetchall()))
    except duckdb.Error:
        return None


def service_answer(path: Path) -> Answer | None:
    """Return what the service finds; None if it rejects the file."""
    try:
        found = read_csv(path, path.with_suffix(".parquet"), ReadOptions(), Limits())
    except InvalidDataset:
        return None
    return Answer(
        [column.name for column in found.columns],
        [LABELS.get(column.type, column.type) for column in found.columns],
        found.rows,
    )


def main() -> None:
    """Print one line for each reader."""
    files = {name: file for name, file in UGLY.items() if not file.options}
    print(f"{len(files)} files{'read':>10}{'rows':>8}{'types':>8}{'all right':>11}")
    with tempfile.TemporaryDirectory() as folder:
        for reader, answer_of in (("DuckDB", duckdb_answer), ("service", service_answer)):
            right = [0, 0, 0, 0]
            for name, file in files.items():
                path = Path(folder) / f"{name}.csv"
                path.write_bytes(file.content if isinstance(file.content, bytes) else file.content.encode())
                if answer := answer_of(path):
                    rows = answer.rows == file.rows
                    types = answer.kinds == [LABELS.get(kind, kind) for kind in file.types.split()]
                    names = file.names is None or answer.names == list(file.names)
                    right = [a + b for a, b in zip(right, (True, rows, types, rows and types and names), strict=True)]
            print(f"{reader:8}{right[0]:>10}{right[1]:>8}{right[2]:>8}{right[3]:>11}")


if __name__ == "__main__":
    main()
