"""Read mutated files and rows with each reader, and report every crash, hang, and error without content.

    ./dev bench fuzz [--readers csv parquet ndjson npz rows] [--seconds 600] [--seed 0]

Each reader runs in a process of its own for the given time. Cases that fail are kept in `fuzz-failures/`.
"""

import argparse
import json
import multiprocessing
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import duckdb
import numpy as np

from tabular.errors import InvalidDataset, InvalidRows
from tabular.limits import Limits
from tabular.readers.formats import format_named
from tabular.readers.options import ReadOptions
from tabular.readers.rows import RowReader
from tabular.reading import InputColumn, RowReading
from tests.support.messy_files import MESSY
from tests.support.ugly_files import UGLY

CASE_SECONDS = 20.0  # of processor time; a case that takes longer is a hang
LIMITS = Limits(rows=100_000, columns=512, cells=2_000_000, line_bytes=1 << 18)
CELLS = (
    b"", b"NA", b"1,5", b"1.234,5", b'"', b"'", b"\xff", b"\0", b"1e999", b"9" * 40, b"0000-01-01", b"31.02.2024",
    b'="1"', b"\xef\xbb\xbf", b"-", b"2024Q5", b"24:61", b"5 CR", b"$1M", b"\\", b"\xe2\x80\x8b", b"Total", b"(1",
    b"1-", b"\r",
)  # fmt: skip
FAILURES = Path("fuzz-failures")
Read = Callable[[bytes, Path], None]


class Hang(BaseException):
    """A case took too long."""


def mutated(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Return a file with up to eight changes."""
    text = bytearray(data)
    for _ in range(rng.randrange(9)):
        place = rng.randrange(len(text) + 1)
        match rng.randrange(6):
            case 0:
                text[place : place + rng.randrange(1, 9)] = b""
            case 1:
                text[place:place] = rng.randbytes(rng.randrange(1, 5))
            case 2:
                text[place : place + 1] = rng.choice(CELLS)
            case 3:
                other = rng.choice(others)
                start = rng.randrange(len(other) + 1)
                text[place:place] = other[start : start + rng.randrange(1, 200)]
            case 4:
                text[place:] = b"" if rng.random() < 0.2 else text[place:]
            case _:
                text[place:place] = text[place : place + rng.randrange(1, 400)] * rng.randrange(1, 4)
    return bytes(text[: 1 << 20])


def csv_seeds() -> list[bytes]:
    """Return CSV files."""
    texts = [*MESSY.values(), *(file.content for file in UGLY.values())]
    return [text.encode() if isinstance(text, str) else text for text in texts]


def typed_seeds(file_format: str) -> list[bytes]:
    """Return files of a typed format."""
    if file_format == "ndjson":
        rows = [{"a": n, "b": n + 0.5, "c": "xy"[n % 2], "d": f"2024-01-{n + 1:02}", "e": None} for n in range(20)]
        return ["\n".join(map(json.dumps, rows)).encode(), b'{"a": "1,5"}\n' * 20, b'{"a": true, "b": [1]}\n' * 9]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "seed.npz" if file_format == "npz" else "seed.parquet")
        if file_format == "npz":
            np.savez(path, x=np.arange(40.0).reshape(20, 2), y=np.arange(20) % 3)
        else:
            query = "SELECT i, i / 3 AS x, 'l' || (i % 3) AS k, DATE '2024-01-01' + i::INTEGER AS d FROM range(50) t(i)"
            duckdb.sql(query).write_parquet(str(path))
        return [path.read_bytes()]


def read_file(file_format: str) -> Read:
    """Return a function that reads a file of a format as an upload is read."""

    def read(data: bytes, folder: Path) -> None:
        source = folder / "source"
        source.write_bytes(data)
        try:
            format_named(file_format).read(source, folder / "table.parquet", ReadOptions(), LIMITS)
        except InvalidDataset as error:
            check_content(error)

    return read


def check_content(error: InvalidDataset | InvalidRows) -> None:
    """Raise ValueError if an error does not say what is wrong."""
    if not error.problems or not all(problem.detail for problem in error.problems):
        raise ValueError("the error has no content") from error


def read_rows(data: bytes, folder: Path) -> None:
    """Read the first half of some bytes as a data set, and all lines as rows for prediction."""
    source = folder / "source"
    source.write_bytes(data[: len(data) // 2])
    try:
        profile = format_named("csv").read(source, folder / "table.parquet", ReadOptions(), LIMITS).to_json()
    except InvalidDataset:
        return
    columns = [InputColumn(name=column["name"], type=column["type"]) for column in profile["columns"]]
    reading = RowReading.of_dataset(profile["columns"], profile["reading"])
    cells = data.decode("utf-8", "replace").replace("\n", ",").split(",")
    names = [column.name for column in columns]
    rows: list[dict[str, Any]] = [
        dict(zip(names, cells[start : start + len(names)], strict=False)) for start in range(0, len(cells), len(names))
    ]
    try:
        RowReader(columns, reading).table([row for row in rows if row])
    except InvalidRows as error:
        check_content(error)


READERS: dict[str, tuple[Callable[[], list[bytes]], Read]] = {
    "csv": (csv_seeds, read_file("csv")),
    "parquet": (lambda: typed_seeds("parquet"), read_file("parquet")),
    "ndjson": (lambda: typed_seeds("ndjson"), read_file("ndjson")),
    "npz": (lambda: typed_seeds("npz"), read_file("npz")),
    "rows": (csv_seeds, read_rows),
}


def stop(*_: object) -> None:
    """Interrupt a case that hangs."""
    raise Hang


def run(name: str, seconds: float, seed: int, folder: Path) -> None:
    """Read mutated files until the time is over; write each case down before it is read."""
    resource.setrlimit(resource.RLIMIT_DATA, (LIMITS.process_bytes, LIMITS.process_bytes))
    signal.signal(signal.SIGPROF, stop)
    seeds, read = READERS[name]
    files, rng, end = seeds(), random.Random(seed), time.monotonic() + seconds
    cases = failures = 0
    while time.monotonic() < end:
        data = mutated(rng.choice(files), files, rng)
        (folder / "case").write_bytes(data)
        signal.setitimer(signal.ITIMER_PROF, CASE_SECONDS)  # of processor time
        try:
            read(data, folder)
        except (MemoryError, duckdb.OutOfMemoryException):
            pass  # the service answers that the table does not fit into memory
        except (Exception, Hang) as error:  # noqa: BLE001 - every kind is a finding
            failures += 1
            keep(name, data, f"{type(error).__name__}: {str(error)[:200]}")
        signal.setitimer(signal.ITIMER_PROF, 0)
        cases += 1
    (folder / "result").write_text(f"{cases:,} cases, {failures} failures")


def keep(name: str, data: bytes, reason: str) -> None:
    """Save a case that failed."""
    FAILURES.mkdir(exist_ok=True)
    path = FAILURES / f"{name}-{abs(hash(data)) % 10**8}"
    path.write_bytes(data)
    print(f"{name}: {reason}; see {path}", flush=True)


def main() -> None:
    """Run each reader for the time that is asked for, all at once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", nargs="+", choices=READERS, default=list(READERS))
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as root:
        folders = {name: Path(root, name) for name in options.readers}
        processes = {}
        for name, folder in folders.items():
            folder.mkdir()
            processes[name] = context.Process(target=run, args=(name, options.seconds, options.seed, folder))
            processes[name].start()
        for name, process in processes.items():
            process.join()
            if process.exitcode:
                keep(name, (folders[name] / "case").read_bytes(), f"the process ended with {process.exitcode}")
            result = folders[name] / "result"
            print(f"{name:8} {result.read_text() if result.exists() else 'not finished'}", flush=True)
    sys.exit(FAILURES.exists() and any(FAILURES.iterdir()))


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
