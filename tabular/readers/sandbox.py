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
from tabular.readers.options import ReadOptions

ROOT = Path(__file__).parents[2]
MAX_ERROR_TEXT = 500  # last characters of the child's error output that are kept


class IngestFailed(Exception):
    """The reading process ended unexpectedly. The file is not to blame."""


def read_file(file_format: str, source: Path, parquet: Path, options: ReadOptions, limits: Limits) -> Profile:
    """Read `source` with the reader of a format (see `formats.py`) in a child process.

    Raises:
        InvalidDataset, OverLimit: from the reader; also if the table does not fit into the allowed memory.
        IngestTimeout: reading took longer than `limits.seconds`; the process was killed.
        IngestFailed: the process died.
    """
    request = {
        "format": file_format,
        "source": str(source.resolve()),
        "parquet": str(parquet.resolve()),
        "options": asdict(options),
        "limits": asdict(limits),
    }
    try:
        child = subprocess.run(
            [sys.executable, "-P", "-m", "tabular.readers.child"],
            input=json.dumps(request).encode(),
            env=_environment(),
            capture_output=True,
            timeout=limits.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise IngestTimeout(limits.seconds) from error
    if child.returncode:
        raise IngestFailed(f"status {child.returncode}: {child.stderr.decode(errors='replace')[-MAX_ERROR_TEXT:]}")
    return _profile(json.loads(child.stdout))


def _environment() -> dict[str, str]:
    """Return the environment variables that the child needs, without any secret of the service."""
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
