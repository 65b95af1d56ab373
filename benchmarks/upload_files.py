"""The files that the benchmark of uploads sends: tables of random values, written to a folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"
NDJSON, NPZ = "application/x-ndjson", "application/x-npz"
MEGABYTE = 1_000_000
SEED = 7
NUMBER_COLUMNS = 20
ROW_BYTES = 190  # of a CSV row of NUMBER_COLUMNS numbers
BLOCK_ROWS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadCase:
    """A file to upload. `read`: the SQL with which DuckDB alone reads it; None if it cannot. `goal`: in MB/s or s."""

    name: str
    media_type: str
    write: Callable[[Path], None]
    read: str | None
    goal: str


def numbers_csv(megabytes: float) -> Callable[[Path], None]:
    """Return what writes a CSV file of numbers: whole ones, prices, and measurements with six digits."""

    def write(path: Path) -> None:
        rng, rows = np.random.default_rng(SEED), int(megabytes * MEGABYTE / ROW_BYTES)
        with path.open("w") as file:
            file.write(",".join(f"x{place}" for place in range(NUMBER_COLUMNS)) + "\n")
            for start in range(0, rows, BLOCK_ROWS):
                np.savetxt(file, _numbers(rng, min(BLOCK_ROWS, rows - start)), fmt=_formats(), delimiter=",")

    return write


def _numbers(rng: np.random.Generator, rows: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    values = rng.normal(size=(rows, NUMBER_COLUMNS)) * 1_000
    values[:, ::4] = rng.integers(0, 1_000_000, values[:, ::4].shape)
    return values


def _formats() -> list[str]:
    return [("%d", "%.2f", "%.6f", "%.6g")[place % 4] for place in range(NUMBER_COLUMNS)]


def wide_csv(path: Path) -> None:
    """Write 100 rows of 3,000 columns: numbers, with labels in each tenth column."""
    rng = np.random.default_rng(SEED)
    columns = [
        rng.choice(["red", "green", "blue"], 100) if place % 10 == 9 else np.round(rng.normal(size=100), 4).astype(str)
        for place in range(3_000)
    ]
    lines = [f"c{place}" for place in range(3_000)], *zip(*columns, strict=True)
    path.write_text("\n".join(",".join(line) for line in lines) + "\n")


LONG_COLUMNS = """
    SELECT range AS id, round(random() * 1000, 2) AS price, (random() * 90)::INT AS age, round(random(), 6) AS score,
        DATE '2015-01-01' + (random() * 4000)::INT AS day, ['north', 'south', 'east', 'west'][1 + range % 4] AS region,
        CASE WHEN random() < 0.3 THEN 'yes' ELSE 'no' END AS member, 'Z' || (random() * 5000)::INT AS shop,
        CASE WHEN random() < 0.9 THEN (random() * 100000)::INT END AS income, round(random() * 50 - 25, 1) AS degrees
    FROM range(500000)
"""


def long_csv(path: Path) -> None:
    """Write 500,000 rows of 10 columns: numbers, dates, labels, a boolean and an identifier."""
    _copy(LONG_COLUMNS, path, "FORMAT csv")


def numbers_parquet(path: Path) -> None:
    """Write about 95 MB of random numbers as Parquet."""
    cells = ", ".join(f"random() AS x{place}" for place in range(NUMBER_COLUMNS))
    _copy(f"SELECT {cells} FROM range(600000)", path, "FORMAT parquet, COMPRESSION zstd")


def mixed_ndjson(path: Path) -> None:
    """Write about 95 MB of JSON objects with numbers, labels, a date and null."""
    _copy(LONG_COLUMNS.replace("500000", "680000"), path, "FORMAT json")


def numbers_npz(path: Path) -> None:
    """Write about 95 MB of float32 pixels with labels as NPZ."""
    rng = np.random.default_rng(SEED)
    np.savez(path, x=rng.normal(size=(30_000, 784)).astype(np.float32), y=rng.integers(0, 10, 30_000))


def _copy(query: str, path: Path, form: str) -> None:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SELECT setseed(0.5)")
        connection.execute(f"COPY ({query}) TO '{path}' ({form})")


CASES = {
    case.name: case
    for case in (
        UploadCase(name="csv", media_type=CSV, write=numbers_csv(95), read="read_csv('{}')", goal="80 MB/s"),
        UploadCase(name="wide", media_type=CSV, write=wide_csv, read="read_csv('{}')", goal="2 s"),
        UploadCase(name="long", media_type=CSV, write=long_csv, read="read_csv('{}')", goal="4 s"),
        UploadCase(
            name="parquet", media_type=PARQUET, write=numbers_parquet, read="read_parquet('{}')", goal="80 MB/s"
        ),
        UploadCase(name="ndjson", media_type=NDJSON, write=mixed_ndjson, read="read_json('{}')", goal="40 MB/s"),
        UploadCase(name="npz", media_type=NPZ, write=numbers_npz, read=None, goal="40 MB/s"),
        UploadCase(name="gigabyte", media_type=CSV, write=numbers_csv(1_000), read="read_csv('{}')", goal="80 MB/s"),
    )
}
