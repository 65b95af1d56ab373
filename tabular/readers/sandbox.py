"""Read a file in a child process with limits on memory and time, so that no file can harm the caller."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from tabular.errors import IngestTimeout, InvalidDataset, OverLimit, Problem
from tabular.limits import Limits
from tabular.profile import Profile
from tabular.readers.csv.options import CsvOptions

ROOT = Path(__file__).parents[2]
LAST_LINES = 500  # characters of the child's complaint that are kept


class IngestFailed(Exception):
    """The reading process ended in a way that is no fault of the file."""


def ingest(source: Path, parquet: Path, options: CsvOptions, limits: Limits) -> Profile:
    """Do what `tabular.readers.csv.reader.ingest` does, in a process of its own.

    Raises:
        InvalidDataset, OverLimit: as there; also when the table does not fit into the memory allowed.
        IngestTimeout: it took longer than `limits.seconds`; the process is gone.
        IngestFailed: the process died.
    """
    request = {
        "source": str(source.resolve()),
        "parquet": str(parquet.resolve()),
        "options": asdict(options),
        "limits": asdict(limits),
    }
    try:
        child = subprocess.run(
            [sys.executable, "-P", "-m", "tabular.readers.csv.reader"],
            input=json.dumps(request).encode(),
            env=_environment(),
            capture_output=True,
            timeout=limits.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise IngestTimeout(limits.seconds) from error
    if child.returncode:
        raise IngestFailed(f"status {child.returncode}: {child.stderr.decode(errors='replace')[-LAST_LINES:]}")
    return _profile(json.loads(child.stdout))


def _environment() -> dict[str, str]:
    """Return what the child needs to know: no secret of the service is among it."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"}


def _profile(answer: dict[str, object]) -> Profile:
    match answer:
        case {"profile": dict(profile)}:
            return Profile.from_json(profile)
        case {"over_limit": [str(limit), int(allowed), int(value)]}:
            raise OverLimit(limit, allowed, value)
        case {"problems": list(problems)}:
            raise InvalidDataset([Problem(**problem) for problem in problems])
        case _:
            detail = "Reading the file needs more memory than is allowed."
            raise InvalidDataset([Problem(detail=detail, fix="Send fewer or shorter columns.")])
