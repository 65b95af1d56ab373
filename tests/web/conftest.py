"""One Chromium and one service with trained jobs for all tests of pages."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from tests.support.browser import DashboardPage, chromium, started_browser
from tests.support.launched import Launched
from tests.support.tables import flowers


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running Chromium. Not for the session: until it ends, Playwright's event loop keeps others from running."""
    with started_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a running service with one worker. Tests add what they need and do not count what is there."""
    chromium()  # without it, tests are skipped before anything starts
    launched = Launched(tmp_path_factory.mktemp("web") / "data", "--port", "0")
    try:
        port = launched.wait_until_ready()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
    finally:
        launched.process.terminate()
        launched.process.wait(timeout=30)


@pytest.fixture(scope="session")
def dataset_id(service: httpx.Client) -> str:
    """The id of a data set of flowers."""
    answer = service.post("/v1/datasets?name=flowers", content=flowers(), headers={"Content-Type": "text/csv"})
    return str(answer.raise_for_status().json()["id"])


@pytest.fixture(scope="session")
def trained_job(service: httpx.Client, dataset_id: str) -> dict[str, Any]:
    """A job that has trained a model on the flowers."""
    body = {"dataset_id": dataset_id, "target": "kind", "name": "flowers", "metadata": {"team": "garden"}}
    answer = service.post("/v1/jobs", json=body, headers={"Prefer": "wait=60"}).raise_for_status()
    job: dict[str, Any] = answer.json()
    assert job["state"] == "succeeded", job
    return job


@pytest.fixture
def open_page(browser: Browser, service: httpx.Client) -> Iterator[Callable[..., DashboardPage]]:
    """Opens pages, which are closed and checked at the end of the test."""
    opened: list[DashboardPage] = []

    def open_one(**options: Any) -> DashboardPage:
        opened.append(DashboardPage(browser, str(service.base_url).rstrip("/"), **options))
        return opened[-1]

    yield open_one
    for page in opened:
        page.close()
