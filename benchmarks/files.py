"""Upload every file of a folder to a service, and print how each was read or why it was rejected.

    ./dev bench files FOLDER [--url http://127.0.0.1:8000]

Without `--url`, a service is started in a temporary folder. For each file, the table shows the status, the rows, the
columns by type, and the codes of the warnings, or the first problem. Exits with 1 if the service failed at a file.
"""

import argparse
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx

from tabular.readers.formats import FORMATS
from tests.support.launched import Launched

TIMEOUT_SECONDS = 300.0
MAX_SHOWN = 160


def main() -> None:
    """Upload the files and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--url")
    options = parser.parse_args()
    with ExitStack() as stack:
        client = httpx.Client(base_url=options.url or started(stack), timeout=TIMEOUT_SECONDS)
        outcomes = Counter[int]()
        group = None
        for path in sorted(path for path in options.folder.rglob("*") if path.is_file()):
            folder = path.parent.relative_to(options.folder)
            if folder != group:
                group = folder
                print(f"\n{group}")
            status, text = upload(client, path)
            outcomes[status] += 1
            print(f"  {status} {path.name}: {text}", flush=True)
    print(
        f"\n{outcomes.total()} files: " + ", ".join(f"{count} x {status}" for status, count in sorted(outcomes.items()))
    )
    sys.exit(any(status >= 500 for status in outcomes))


def started(stack: ExitStack) -> str:
    """Start a service that ends with the stack; return its URL."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    service = Launched(folder / "data", "--port", "0")
    stack.callback(service.process.wait)
    stack.callback(service.process.terminate)
    return f"http://127.0.0.1:{service.wait_until_ready()}"


def upload(client: httpx.Client, path: Path) -> tuple[int, str]:
    """Upload a file and return the status and a summary of the answer."""
    name = path.name.lower().removesuffix(".gz")
    media = next((each.media_types[0] for each in FORMATS if name.endswith(each.extensions)), "text/csv")
    headers = {"Content-Type": media} | ({"Content-Encoding": "gzip"} if path.name.endswith(".gz") else {})
    answer = client.post("/v1/datasets", content=path.read_bytes(), headers=headers)
    if answer.status_code != 201:
        return answer.status_code, problem_of(answer)
    return answer.status_code, summary_of(answer.json())


def summary_of(dataset: dict[str, Any]) -> str:
    """Return rows, columns by type, and warnings."""
    types = Counter(column["type"] for column in dataset["columns"])
    columns = ", ".join(f"{count} {kind}" for kind, count in types.items())
    header = "" if dataset["reading"].get("header", True) else ", no header"
    warnings = Counter(warning["code"] for warning in dataset["warnings"])
    noted = " ".join(f"{code}({count})" if count > 1 else code for code, count in warnings.items())
    return f"{dataset['rows']:,} rows, {columns}{header}. {noted}"


def problem_of(answer: httpx.Response) -> str:
    """Return the first problem, and how many there are."""
    try:
        problems = answer.json()["errors"]
    except (ValueError, KeyError):
        return answer.text[:MAX_SHOWN]
    first = problems[0]
    line = f"line {first['line']}: " if first.get("line") else ""
    return f"{len(problems)} problem(s); {line}{first['detail']}"[:MAX_SHOWN]


if __name__ == "__main__":
    main()
