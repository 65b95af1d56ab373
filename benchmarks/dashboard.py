"""Measure pages of the dashboard in Chromium: first paint, longest frame, memory, size, requests.

    python benchmarks/dashboard.py [--jobs 10000] [--epochs 10000] [--repeats 5]

An API on SQLite has many jobs, one of them with many epochs and 20 layers. Each page is opened in a new context, then
used: scrolled, paged, its scales and layers switched, its charts read with the pointer. A line shows the medians of
first paint and memory, and the longest frame and task of all repeats. The empty list is the comparison.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, Page
from sqlalchemy import insert, update

from api.dashboard.files import dashboard_files, dashboard_page
from benchmarks.api_process import start_api
from benchmarks.lists import BATCH_JOBS, fill, many, template
from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import transaction
from store.tables import Epoch, Job, table_of
from tests.support.browser import DashboardPage, started_browser

LAYERS, MEASURED = 20, 100  # layers, and epochs with statistics of layers
IDLE_SECONDS = 5.0
WATCH = """
window.frames_ = []; window.tasks_ = [];
let last = performance.now();
const frame = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(frame); };
requestAnimationFrame(frame);
new PerformanceObserver((list) => window.tasks_.push(...list.getEntries().map((each) => each.duration)))
  .observe({ type: "longtask", buffered: true });
"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"

Figures = dict[str, float]


def add_epochs(sessions: Sessions, job_id: str, count: int) -> None:
    """Insert the epochs of a job, some of them with statistics of layers."""
    at = int(time.time() * 1000)
    rows = [
        {"job_id": job_id, "epoch": n, "number": n, "metrics": metrics(n, count), "at": at} for n in range(1, count + 1)
    ]
    with transaction(sessions) as tx:
        tx.execute(insert(table_of(Epoch)), rows)
        tx.execute(update(Job).where(Job.id == job_id).values(name="long", epoch=count, epochs=count))


def metrics(epoch: int, count: int) -> dict[str, Any]:
    """Return the metrics of one epoch of a falling loss."""
    loss = 1 / (1 + epoch * 100 / count) + 0.01 * (epoch * 7919 % 101) / 101
    values: dict[str, Any] = {"train_loss": loss, "val_loss": loss * 1.1, "val_accuracy": 1 - loss / 2}
    values |= {"learning_rate": 0.001, "gradient_norm": loss * 3, "seconds": 0.01}
    if epoch % max(1, count // MEASURED) == 0:
        sizes = {"weight": 0.1, "update": 1e-4, "activation": 0.5, "dead": 0.01, "saturated": None}
        values["layers"] = [
            {"label": f"layers[{n}] (dense)", "gradient": loss / (n + 1), **sizes} for n in range(LAYERS)
        ]
    return values


def use_list(page: Page) -> None:
    """Scroll the list and turn its pages."""
    for _ in range(5):
        page.mouse.wheel(0, 600)
        if page.is_enabled("button:text-is('Older')"):
            page.click("button:text-is('Older')")
            page.wait_for_timeout(200)


def use_job(page: Page) -> None:
    """Switch scales and layers, and read charts with the pointer."""
    page.wait_for_selector(".chart .plot canvas")
    for _ in range(2):
        page.click("text=Log scale")
        for title in ("Updates", "Weights", "Gradients"):
            page.click(f"button:text-is('{title}')")
        for x in range(400, 800, 40):
            page.mouse.move(x, 400)
        page.mouse.wheel(0, 300)


def measure(browser: Browser, url: str, route: str, ready: str, use: Callable[[Page], None] | None) -> Figures:
    """Open one page in a new context, use it, and return what it took."""
    opened = DashboardPage(browser, url)
    opened.context.add_init_script(WATCH)
    page = opened.go(route, ready)
    paint = page.evaluate(PAINT)
    if use:
        use(page)
    page.wait_for_timeout(500)
    session = opened.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
    frame, task = page.evaluate("[Math.max(...window.frames_), Math.max(0, ...window.tasks_)]")
    before = len(opened.requests)
    page.wait_for_timeout(IDLE_SECONDS * 1000)
    requests = (len(opened.requests) - before) / IDLE_SECONDS
    opened.close()
    return {"paint": paint, "frame": frame, "task": task, "heap": heap, "requests": requests}


def show(name: str, runs: list[Figures]) -> None:
    """Print the line of one page."""
    paint, heap = (statistics.median(run[key] for run in runs) for key in ("paint", "heap"))
    frame, task, requests = (max(run[key] for run in runs) for key in ("frame", "task", "requests"))
    print(f"  {name:28}{paint:10.0f} ms{frame:10.0f} ms{task:10.0f} ms{heap:10.1f} MB{requests:8.1f}/s", flush=True)


def run(options: argparse.Namespace) -> None:
    """Fill a service and print one line per page."""
    with ExitStack() as stack:
        service, _, database = start_api(stack, "sqlite", BACKPROP_PROJECT_REQUESTS_PER_SECOND="0")
        engine = open_database(database)
        stack.callback(engine.dispose)
        sessions = open_sessions(engine)
        browser, url = stack.enter_context(started_browser()), f"http://127.0.0.1:{service.port}"
        size = sum(len(file.compressed) for file in (*dashboard_files().files.values(), dashboard_page("")))
        print(f"  all files compressed: {size / 1e3:.1f} KB", flush=True)
        print(f"  {'':28}{'paint':>13}{'frame':>13}{'task':>13}{'heap':>13}{'idle':>10}")

        def show_page(name: str, route: str, ready: str, use: Callable[[Page], None] | None = None) -> None:
            show(name, [measure(browser, url, route, ready, use) for _ in range(options.repeats)])

        show_page("empty list", "/jobs", ".empty")
        like, rows = template(service, sessions), list(many(options.jobs))
        for start in range(0, options.jobs, BATCH_JOBS):
            ids = fill(sessions, like, rows[start : start + BATCH_JOBS], 0)
        show_page(f"list of {options.jobs:,} jobs", "/jobs", "tbody tr", use_list)
        add_epochs(sessions, ids[0], options.epochs)
        show_page(f"job of {options.epochs:,} epochs", f"/jobs/{ids[0]}", ".heat canvas", use_job)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    run(parser.parse_args())


if __name__ == "__main__":
    main()
