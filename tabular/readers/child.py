"""The child process that reads one file: the request is JSON on standard input, the answer JSON on standard output."""

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from tabular.errors import InvalidDataset, OverLimit
from tabular.limits import Limits
from tabular.readers.formats import format_named
from tabular.readers.options import ReadOptions


def main() -> None:
    """Serve one request: limit this process, read the file, print the answer."""
    request = json.load(sys.stdin)
    limits = Limits(**request["limits"])
    resource.setrlimit(resource.RLIMIT_DATA, (limits.process_bytes, limits.process_bytes))
    json.dump(_answer(request, limits), sys.stdout, allow_nan=False)


def _answer(request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    options = ReadOptions(**request["options"] | {"missing": tuple(request["options"]["missing"])})
    read = format_named(request["format"]).read
    try:
        profile = read(Path(request["source"]), Path(request["parquet"]), options, limits)
    except OverLimit as error:
        return {"over_limit": [error.limit, error.allowed, error.value]}
    except InvalidDataset as error:
        return {"problems": [asdict(problem) for problem in error.problems]}
    except (MemoryError, duckdb.OutOfMemoryException):
        return {"out_of_memory": True}
    return {"profile": profile.to_json()}


if __name__ == "__main__":
    main()
