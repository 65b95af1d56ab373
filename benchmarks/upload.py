"""Upload large files to one API process, beside DuckDB alone in the same run.

    ./dev bench upload [CASE ...] [--files FOLDER] [--save FOLDER]

From the first byte of the body to the answer, the service reads, checks, describes and stores the table. DuckDB alone
reads the file, summarizes it and writes it as Parquet, with the same number of threads. `cpu` is the processor time of
the API process and of the child process that reads the file, in seconds; `MB` is how much the API process grew, and
the most memory that the child had. Compare ratios: machines differ, and other programs slow both.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx

from benchmarks.api_process import start_api
from benchmarks.upload_files import CASES, MEGABYTE, UploadCase
from tests.support.http_load import cpu_seconds
from tests.support.processes import Processes

USUAL = ("csv", "wide", "long", "parquet", "ndjson", "npz")
BLOCK = 1 << 20
SAMPLE_SECONDS = 0.005
HIGHER_LIMITS = {"BACKPROP_MAX_UPLOAD_BYTES": str(4 << 30)}
HEADINGS = (
    f"{'file':10}{'MB':>7}{'s':>7}{'MB/s':>7}{'cpu':>14}{'MB':>10}{'alone s':>9}{'cpu':>6}{'MB/s':>7}{'ratio':>7}"
)
ALONE = """
    import sys, time, duckdb
    source, parquet = sys.argv[1:]
    started = time.perf_counter()
    connection = duckdb.connect(config={"threads": 2})
    connection.execute(f"COPY (FROM {source}) TO '{parquet}' (FORMAT parquet, COMPRESSION zstd)")
    connection.execute(f"SUMMARIZE FROM '{parquet}'").fetchall()
    print(time.perf_counter() - started)
"""


@dataclass(slots=True)
class Memory:
    """Peaks of resident memory, in bytes: how much the API process grew, and the child that reads the file.

    child_cpu: processor seconds of the child, as last seen.
    """

    api: int = 0
    child: int = 0
    child_cpu: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Seconds by the clock, processor seconds, and memory of one upload; the seconds of DuckDB alone."""

    bytes: int
    seconds: float
    api_cpu: float
    memory: Memory
    alone: float | None
    alone_cpu: float


def main() -> None:
    """Print one line per file."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "cases", nargs="*", metavar="CASE", help=f"any of {', '.join(CASES)}; default: all but the last"
    )
    parser.add_argument("--files", type=Path, help="keep the files in this folder for the next run")
    parser.add_argument("--save", type=Path, help="write each data set's description to this folder")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        files = options.files or folder
        files.mkdir(exist_ok=True)
        service, api, _ = start_api(stack, "sqlite", **HIGHER_LIMITS)
        service.upload("x,y\n1,2\n3,4\n")
        print(HEADINGS)
        for name in options.cases or USUAL:
            case = CASES[name]
            path = written(case, files)
            measured, answer = measure(service, api.pid, case, path, folder)
            print_line(case, measured)
            if options.save:
                options.save.mkdir(exist_ok=True)
                (options.save / f"{name}.json").write_text(json.dumps(answer, indent=1))


def written(case: UploadCase, folder: Path) -> Path:
    """Return the file of a case, and write it if it does not exist."""
    path = folder / f"{case.name}{'.npz' if case.name == 'npz' else ''}"
    if not path.exists():
        case.write(path)
    return path


def measure(
    service: Processes, pid: int, case: UploadCase, path: Path, folder: Path
) -> tuple[Measured, dict[str, Any]]:
    """Upload the file and let DuckDB read it."""
    alone, alone_cpu = read_alone(case, path, folder)
    api = cpu_seconds(pid)
    with memory_of(pid) as memory:
        started = time.perf_counter()
        answer = httpx.post(
            f"http://127.0.0.1:{service.port}/v1/datasets",
            content=blocks(path),
            headers={"Content-Type": case.media_type, "Content-Length": str(path.stat().st_size)},
            timeout=900,
        )
        seconds = time.perf_counter() - started
    shown: dict[str, Any] = answer.raise_for_status().json()
    return Measured(
        bytes=path.stat().st_size,
        seconds=seconds,
        api_cpu=cpu_seconds(pid) - api,
        memory=memory,
        alone=alone,
        alone_cpu=alone_cpu,
    ), shown


def blocks(path: Path) -> Iterator[bytes]:
    """Yield the file in blocks."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def read_alone(case: UploadCase, path: Path, folder: Path) -> tuple[float | None, float]:
    """Return seconds and processor seconds of DuckDB alone, the start of Python included in the latter."""
    if case.read is None:
        return None, 0.0
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", textwrap.dedent(ALONE), case.read.format(path), str(folder / "alone.parquet")]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds = float(output.split()[-1])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def memory_of(pid: int) -> Iterator[Memory]:
    """Watch the memory of a process and of its children."""
    memory, done, before = Memory(), threading.Event(), resident(pid)

    def watch() -> None:
        while not done.wait(SAMPLE_SECONDS):
            memory.api = max(memory.api, resident(pid) - before)
            readers = [child for server in children_of_threads(pid) for child in children_of_threads(server)]
            memory.child = max([memory.child, *map(resident, readers)])
            with suppress(OSError, IndexError):
                memory.child_cpu = max([memory.child_cpu, *map(cpu_seconds, readers)])

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield memory
    finally:
        done.set()
        thread.join()


def children_of_threads(pid: int) -> list[int]:
    """Return the children that any thread of a process started."""
    found = list[int]()
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    return found


def resident(pid: int) -> int:
    """Return the resident memory of a process, 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def print_line(case: UploadCase, found: Measured) -> None:
    """Print the figures of one file."""
    size = found.bytes / MEGABYTE
    cpu = f"{found.api_cpu:.1f}+{found.memory.child_cpu:.1f}"
    memory = f"{found.memory.api >> 20}+{found.memory.child >> 20}"
    line = f"{case.name:10}{size:7.1f}{found.seconds:7.2f}{size / found.seconds:7.0f}{cpu:>14}{memory:>10}"
    if found.alone:
        line += f"{found.alone:9.2f}{found.alone_cpu:6.1f}{size / found.alone:7.0f}{found.alone / found.seconds:7.2f}"
    print(f"{line}   (goal {case.goal})", flush=True)


if __name__ == "__main__":
    main()
