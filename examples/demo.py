"""Train a model on the shipped census data over HTTP, judge it on rows it has never seen, and stop everything."""

import csv
import gzip
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from examples.progress import Progress

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "examples" / "data" / "adult.csv.gz"
TARGET = "income"
HELD_OUT_EVERY = 5  # each fifth row is kept back
START_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.2
ROWS_PER_REQUEST = 2_000  # keeps a request below the service's limit for JSON, 1 MiB
SERVED = "http://127.0.0.1:8000"
COMMANDS = (
    f"gunzip -c {DATA.relative_to(ROOT)} | curl --data-binary @- -H 'Content-Type: text/csv' {SERVED}/v1/datasets",
    f"""curl --json '{{"dataset_id": "ds_...", "target": "{TARGET}"}}' {SERVED}/v1/jobs""",
    f"curl {SERVED}/v1/jobs/job_...",
    f"curl -o weights.safetensors '{SERVED}/v1/models/mdl_.../weights?format=safetensors'",
)
TERMINAL = frozenset({"succeeded", "failed", "canceled"})

Row = dict[str, str]


class DemoError(Exception):
    """Something the demo needs did not happen."""


def main() -> int:
    """Run the demo; 0 when a model was trained and judged."""
    console = Console(highlight=False, soft_wrap=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="backprop-demo-"))
    try:
        with service(folder, console) as url, httpx.Client(base_url=url, timeout=60.0) as api:
            Client(api, console).tell(folder)
        console.print("Everything is stopped.")
    except KeyboardInterrupt:
        console.print("stopped")
        return 130
    except (DemoError, httpx.HTTPError) as error:
        console.print(f"[red]The demo failed:[/] {error}")
        console.print((folder / "service.log").read_text(errors="replace")[-3000:], markup=False)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


@contextmanager
def service(folder: Path, console: Console) -> Iterator[str]:
    """The whole service on a free port and a temporary data folder; yields its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-P", "-m", "launcher", "serve", "--port", str(port), "--data", str(folder)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BACKPROP_")}
    with (folder / "service.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own launcher
            command, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        began = time.monotonic()
        wait_until_ready(url, process)
        took = time.monotonic() - began
        console.print(f"[bold]1[/] Service started in {took:.1f} s: {url} (API, worker, scheduler, broker, database)")
        yield url
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Poll ``/readyz`` until it says 200."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise DemoError("the service did not start; its output:")


def read_rows() -> tuple[list[Row], list[Row]]:
    """The shipped rows: those to train on, and those to keep back."""
    with gzip.open(DATA, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    unseen = rows[::HELD_OUT_EVERY]
    known = [row for index, row in enumerate(rows) if index % HELD_OUT_EVERY]
    return known, unseen


class Client:
    """What a business app does, one step after the other."""

    def __init__(self, api: httpx.Client, console: Console) -> None:
        self._api = api
        self._say = console.print
        self._console = console
        self._dataset: dict[str, Any] = {}
        self._job: dict[str, Any] = {}

    def tell(self, folder: Path) -> None:
        """All the steps."""
        known, unseen = read_rows()
        self.upload(known)
        self.submit()
        self.follow()
        self.judge(known, unseen)
        self.download_weights(folder / "adult.safetensors")
        self.predict_one(unseen[0])
        self.show_commands()

    def upload(self, rows: list[Row]) -> None:
        """Send the rows as a CSV file."""
        began = time.monotonic()
        self._dataset = answer(
            self._api.post(
                "/v1/datasets",
                params={"name": "adult"},
                content=as_csv(rows),
                headers={"Content-Type": "text/csv"},
            )
        )
        took = time.monotonic() - began
        size = f"{self._dataset['rows']:,} rows, {len(self._dataset['columns'])} columns"
        self._say(f"[bold]2[/] Uploaded {size} in {took:.1f} s: {self._dataset['id']}")

    def submit(self) -> None:
        """Ask for a model with the smallest request there is."""
        body = {"dataset_id": self._dataset["id"], "target": TARGET}
        self._job = answer(self._api.post("/v1/jobs", json=body))
        self._say(f"[bold]3[/] Submitted {json.dumps(body)}: {self._job['id']}")

    def follow(self) -> None:
        """Show progress until the job is over."""
        began = time.monotonic()
        path = f"/v1/jobs/{self._job['id']}"
        over = False
        with Progress(self._console) as progress:
            while not over:
                time.sleep(POLL_SECONDS)
                self._job = answer(self._api.get(path))
                over = self._job["state"] in TERMINAL
                points = answer(self._api.get(f"{path}/metrics"))["data"]
                progress.show(self._job, points, over=over)
        if self._job["state"] != "succeeded":
            raise DemoError(f"the job {self._job['state']}: {self._job['error']}")
        took = time.monotonic() - began
        self._say(f"[bold]4[/] Trained {len(points)} epochs in {took:.1f} s ({self._job['stop_reason']})")

    def judge(self, known: list[Row], unseen: list[Row]) -> None:
        """Predict the rows kept back, and compare with always giving the commonest answer."""
        labels = [prediction["label"] for prediction in self.predict(unseen)]
        commonest = Counter(row[TARGET] for row in known).most_common(1)[0][0]
        accuracy = share([row[TARGET] == label for row, label in zip(unseen, labels, strict=True)])
        naive = share([row[TARGET] == commonest for row in unseen])
        self._say(
            f"[bold]5[/] On {len(unseen):,} rows it has never seen: [bold green]{accuracy:.1%}[/] right; "
            f"always saying {commonest!r}: {naive:.1%}"
        )

    def predict(self, rows: list[Row]) -> list[dict[str, Any]]:
        """The model's answers, one per row."""
        path = f"/v1/models/{self._job['model_id']}/predictions"
        numbers = {column["name"] for column in self._dataset["columns"] if column["type"] == "number"}
        answers: list[dict[str, Any]] = []
        for start in range(0, len(rows), ROWS_PER_REQUEST):
            chunk = [as_json(row, numbers) for row in rows[start : start + ROWS_PER_REQUEST]]
            answers += answer(self._api.post(path, json={"rows": chunk}))["predictions"]
        return answers

    def download_weights(self, path: Path) -> None:
        """Fetch the weights as a file that PyTorch reads."""
        where = f"/v1/models/{self._job['model_id']}/weights"
        with self._api.stream("GET", where, params={"format": "safetensors"}) as response:
            response.raise_for_status()
            with path.open("wb") as file:
                for chunk in response.iter_bytes():
                    file.write(chunk)
        size = path.stat().st_size
        self._say(f"[bold]6[/] Downloaded the weights: {size:,} bytes of safetensors, ready for PyTorch")

    def predict_one(self, row: Row) -> None:
        """Show one row and its prediction."""
        chances = self.predict([row])[0]["probabilities"]
        who = ", ".join(row[name] for name in ("age", "education", "occupation"))
        said = ", ".join(f"{label} {chance:.0%}" for label, chance in chances.items())
        self._say(f"[bold]7[/] One of them ({who}): {said}; in truth {row[TARGET]}")

    def show_commands(self) -> None:
        """What the same steps look like by hand."""
        self._say("\nThe same by hand, once [bold]./dev serve[/] runs:")
        for command in COMMANDS:
            self._say(f"  {command}", markup=False)
        self._say(f"Every call, with examples: {SERVED}/docs")


def as_csv(rows: list[Row]) -> bytes:
    """The rows as a file with a header."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_json(row: Row, numbers: set[str]) -> dict[str, Any]:
    """A row as a business app has it: numbers as numbers, what is missing left out, and no answer in it."""
    return {
        name: float(value) if name in numbers else value
        for name, value in row.items()
        if value != "?" and name != TARGET
    }


def answer(response: httpx.Response) -> Any:
    """The JSON of a good answer; the service's own words about a bad one."""
    if response.is_success:
        return response.json()
    raise DemoError(f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text}")


def share(right: list[bool]) -> float:
    """The part of ``right`` that is true."""
    return sum(right) / len(right)


if __name__ == "__main__":
    sys.exit(main())
