"""Take pictures of the dashboard's pages: `./dev docs --pictures DIR`. New pages are added to `SHOTS`.

The pictures are of the running product: a service is started, trains two small models and one that is still running,
and each page is opened in Chromium, light, dark and as wide as a phone. Needs a program `chromium` on PATH, or the one
in BACKPROP_CHROMIUM.
"""

import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "client")]

from playwright.sync_api import Browser, sync_playwright  # noqa: E402 - after the path is set

from backprop_client import Client  # noqa: E402 - the same
from examples.service import running_service  # noqa: E402 - the same
from examples.use_cases import churn, write  # noqa: E402 - the same

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": DESKTOP, "color_scheme": "light"},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light", "device_scale_factor": 2},
}
SETTLE_MILLISECONDS = 800  # until numbers and curves have arrived


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A page to picture: its address with the ids of the demonstration, and what must be visible."""

    name: str
    path: str
    ready: str = "main h1"


SHOTS = (
    Shot(name="jobs", path="/#/jobs"),
    Shot(name="job", path="/#/jobs/{job}"),
    Shot(name="running-job", path="/#/jobs/{running}"),
    Shot(name="data-sets", path="/#/datasets"),
    Shot(name="data-set", path="/#/datasets/{dataset}"),
    Shot(name="new-job", path="/#/new?dataset={dataset}"),
    Shot(name="models", path="/#/models"),
    Shot(name="model", path="/#/models/{model}"),
    Shot(name="report", path="/v1/jobs/{job}/report", ready="h1"),
)


def take_pictures(target: Path, names: list[str]) -> list[Path]:
    """Write the pictures of these pages (all without names) into a folder, and return the files.

    Raises:
        FileNotFoundError: there is no Chromium.
    """
    target.mkdir(parents=True, exist_ok=True)
    shots = [shot for shot in SHOTS if not names or shot.name in names]
    with temporary_folder() as folder, running_service(folder) as url, Client(url) as client, browser() as opened:
        ids = demonstration(client, folder)
        written = [
            picture(opened, url + shot.path.format(**ids), shot.ready, look, target / f"{shot.name}-{look}.png")
            for shot in shots
            for look in LOOKS
        ]
        client.jobs.get(ids["running"]).cancel()
    return written


def demonstration(client: Client, folder: Path) -> dict[str, str]:
    """Train models for the pictures, and return the ids that addresses of pages have."""
    table = folder / "customers.csv"
    write(table, churn(2000, random.Random(0)))  # noqa: S311 - a table, no secret
    dataset = client.datasets.upload(table)
    job = client.jobs.create(dataset_id=dataset.id, target="churned", name="Who will leave?").wait()
    client.jobs.create(dataset_id=dataset.id, target="months", name="Months until now", preset="fast").wait()
    long: Any = {"epochs": 2000, "early_stopping": None}
    running = client.jobs.create(dataset_id=dataset.id, target="plan", name="Which plan fits?", training=long)
    for event in running.events():
        if event.type == "job.epoch" and event.data.get("epoch", 0) >= 20:  # enough for a curve
            break
    return {"dataset": dataset.id, "job": job.id, "model": job.model().id, "running": running.id}


def picture(opened: Browser, address: str, ready: str, look: str, path: Path) -> Path:
    """Open a page, wait until what `ready` selects is visible and complete, and write its picture."""
    context = opened.new_context(**LOOKS[look])
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(ready)
    page.wait_for_timeout(SETTLE_MILLISECONDS)
    page.screenshot(path=path)
    context.close()
    return path


@contextmanager
def browser() -> Iterator[Browser]:
    """Yield a running Chromium without a window."""
    program = os.environ.get("BACKPROP_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        raise FileNotFoundError("Pictures need Chromium: install it, or set BACKPROP_CHROMIUM.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        opened.close()


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="backprop-pictures-") as name:
        yield Path(name)
