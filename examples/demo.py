"""Train a model on census data over HTTP, measure it on held-out rows, and stop everything: `./dev demo`."""

import argparse
import csv
import gzip
import io
import json
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from examples.screen import Screen, share_bar
from examples.service import DemoError, running_service

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "examples" / "data" / "adult.csv.gz"
TARGET = "income"
HELD_OUT_EVERY = 5  # every fifth row is held out
POLL_SECONDS = 0.2
ROWS_PER_REQUEST = 2_000  # keeps a request below the service's limit for JSON, 1 MiB
SERVED = "http://127.0.0.1:8000"
COMMANDS = (
    f"curl --data-binary @{DATA.relative_to(ROOT)} -H 'Content-Type: text/csv' -H 'Content-Encoding: gzip' \\",
    f"    {SERVED}/v1/datasets",
    f"""curl --json '{{"dataset_id": "ds_...", "target": "{TARGET}", "preset": "fast"}}' {SERVED}/v1/jobs""",
    f"curl {SERVED}/v1/jobs/job_...",
    f"curl -o weights.safetensors '{SERVED}/v1/models/mdl_.../weights?format=safetensors'",
)
TERMINAL = frozenset({"succeeded", "failed", "canceled"})

Row = dict[str, str]


def main() -> int:
    """Run the demo; return 0 if a model was trained and measured."""
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--svg", type=Path, help="also save the terminal output as a picture")
    options = parser.parse_args()
    screen = Screen()
    code = run(screen)
    if options.svg and code == 0:
        screen.save_picture(options.svg)
    return code


def run(screen: Screen) -> int:
    """Run all steps in a temporary folder; return the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="backprop-demo-"))
    screen.print("[bold]Backprop demo:[/] predict who earns more than $50,000 a year, from census data\n")
    try:
        run_steps(screen, folder)
    except KeyboardInterrupt:
        screen.print("Stopped.")
        return 130
    except (DemoError, httpx.HTTPError) as error:
        screen.print(f"[red]The demo failed:[/] {error}. The last output of the service:")
        screen.console.print((folder / "service.log").read_text(errors="replace")[-3000:], markup=False)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def run_steps(screen: Screen, folder: Path) -> None:
    """Start the service, do what a business application does, and stop the service."""
    started = time.monotonic()
    with running_service(folder) as url, httpx.Client(base_url=url, timeout=60.0) as api:
        parts = f"API, workers, scheduler, broker and database on {url}"
        screen.step(1, "Start", parts, time.monotonic() - started)
        known, held_out = read_rows()
        client = Client(api, screen)
        client.upload(known)
        client.submit()
        client.train()
        client.evaluate(known, held_out)
        client.download_weights(folder / "adult.safetensors")
        client.predict_one(held_out[0])
    screen.step(8, "Stop", "every process has ended, and the temporary data is deleted")
    show_commands(screen)


def read_rows() -> tuple[list[Row], list[Row]]:
    """Return the rows to train on and the rows to hold out."""
    with gzip.open(DATA, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    held_out = rows[::HELD_OUT_EVERY]
    known = [row for index, row in enumerate(rows) if index % HELD_OUT_EVERY]
    return known, held_out


class Client:
    """The steps of a business application, each with one or a few requests."""

    def __init__(self, api: httpx.Client, screen: Screen) -> None:
        self._api = api
        self._screen = screen
        self._dataset: dict[str, Any] = {}
        self._job: dict[str, Any] = {}

    def upload(self, rows: list[Row]) -> None:
        """Send the rows as a CSV file."""
        started = time.monotonic()
        headers = {"Content-Type": "text/csv"}
        response = self._api.post("/v1/datasets", params={"name": "adult"}, content=as_csv(rows), headers=headers)
        self._dataset = json_of(response)
        size = f"{self._dataset['rows']:,} rows, {len(self._dataset['columns'])} columns"
        self._screen.step(2, "Upload", size, time.monotonic() - started)

    def submit(self) -> None:
        """Request one small network; without `preset`, an ensemble takes several times as long."""
        body = {"dataset_id": self._dataset["id"], "target": TARGET, "preset": "fast"}
        self._job = json_of(self._api.post("/v1/jobs", json=body))
        self._screen.step(3, "Submit", f"POST /v1/jobs {json.dumps({**body, 'dataset_id': 'ds_...'})}")

    def train(self) -> None:
        """Show the progress until the job has ended."""
        started = time.monotonic()
        path = f"/v1/jobs/{self._job['id']}"
        ended = False
        self._screen.step(4, "Train", "network, loss and training settings are chosen from the data")
        with self._screen.training() as display:
            while not ended:
                time.sleep(POLL_SECONDS)
                self._job = json_of(self._api.get(path))
                ended = self._job["state"] in TERMINAL
                epochs = json_of(self._api.get(f"{path}/metrics"))["data"]
                display.show(self._job, epochs, ended=ended)
        if self._job["state"] != "succeeded":
            raise DemoError(f"the job {self._job['state']}: {self._job['error']}")
        seconds = time.monotonic() - started
        self._screen.detail(f"{len(epochs)} epochs [dim]in {seconds:.1f} s[/] ({self._job['stop_reason']})")

    def evaluate(self, known: list[Row], held_out: list[Row]) -> None:
        """Predict the held-out rows, and compare with always predicting the most frequent label."""
        labels = [prediction["label"] for prediction in self.predict(held_out)]
        frequent = Counter(row[TARGET] for row in known).most_common(1)[0][0]
        accuracy = share([row[TARGET] == label for row, label in zip(held_out, labels, strict=True)])
        baseline = share([row[TARGET] == frequent for row in held_out])
        self._screen.step(5, "Evaluate", f"share of correct labels for {len(held_out):,} held-out rows")
        self._screen.detail(share_bar("this model", accuracy, "green"))
        self._screen.detail(share_bar(f"always {frequent}", baseline, "bright_black"))

    def predict(self, rows: list[Row]) -> list[dict[str, Any]]:
        """Return one prediction per row."""
        path = f"/v1/models/{self._job['model_id']}/predictions"
        numbers = {column["name"] for column in self._dataset["columns"] if column["type"] == "number"}
        predictions: list[dict[str, Any]] = []
        for start in range(0, len(rows), ROWS_PER_REQUEST):
            chunk = [as_json(row, numbers) for row in rows[start : start + ROWS_PER_REQUEST]]
            predictions += json_of(self._api.post(path, json={"rows": chunk}))["predictions"]
        return predictions

    def download_weights(self, path: Path) -> None:
        """Stream the weights to a file that PyTorch can load."""
        url = f"/v1/models/{self._job['model_id']}/weights"
        with self._api.stream("GET", url, params={"format": "safetensors"}) as response:
            response.raise_for_status()
            with path.open("wb") as file:
                for chunk in response.iter_bytes():
                    file.write(chunk)
        self._screen.step(6, "Download", f"{path.stat().st_size:,} bytes of safetensors, ready for PyTorch")

    def predict_one(self, row: Row) -> None:
        """Show one row and its prediction."""
        probabilities = self.predict([row])[0]["probabilities"]
        person = ", ".join(row[name] for name in ("age", "education", "occupation"))
        predicted = ", ".join(f"{label} {probability:.0%}" for label, probability in probabilities.items())
        self._screen.step(7, "Predict", f"{person}: {predicted} (true label: {row[TARGET]})")


def show_commands(screen: Screen) -> None:
    """Print the same steps as commands."""
    screen.print("\nThe same by hand, while [bold]./dev serve[/] runs:")
    for command in COMMANDS:
        screen.print(f"  {command}".replace("[", r"\["))
    screen.print(f"All calls, with examples: {SERVED}/docs")


def as_csv(rows: list[Row]) -> bytes:
    """Return the rows as a CSV file with a header."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_json(row: Row, numbers: set[str]) -> dict[str, Any]:
    """Return a row as an application has it: numbers as numbers, without missing values and without the target."""
    return {
        name: float(value) if name in numbers else value
        for name, value in row.items()
        if value != "?" and name != TARGET
    }


def json_of(response: httpx.Response) -> Any:
    """Return the JSON of a successful response; raise the service's message otherwise."""
    if response.is_success:
        return response.json()
    raise DemoError(f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text}")


def share(correct: list[bool]) -> float:
    """Return the share of true values."""
    return sum(correct) / len(correct)


if __name__ == "__main__":
    sys.exit(main())
