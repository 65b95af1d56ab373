"""The page of a job in a browser: actions, texts and accessibility."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.browser import PHONE, DashboardPage
from tests.support.tables import flowers

OpenPage = Callable[..., DashboardPage]
LONG = {"epochs": 10_000, "early_stopping": None, "batch_size": 8}


def submit(service: httpx.Client, dataset_id: str, **body: Any) -> str:
    """Submit a job with one small network; return its path."""
    model = {"layers": [{"type": "dense", "units": 8}]}
    one = {"dataset_id": dataset_id, "target": "kind", "ensemble": None, "model": model}
    return str(service.post("/v1/jobs", json={**one, **body}).raise_for_status().json()["links"]["self"])


def test_a_job_is_paused_resumed_canceled_and_deleted(
    open_page: OpenPage, service: httpx.Client, dataset_id: str
) -> None:
    job = submit(service, dataset_id, training=LONG)
    page = open_page().go(job.removeprefix("/v1"), "button:text-is('Pause')")
    page.click("button:text-is('Pause')")
    page.wait_for_selector("[role=status] :text-is('paused')")
    page.click("button:text-is('Resume')")
    page.wait_for_selector("button:text-is('Pause')")
    page.click("button:text-is('Cancel')")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.click("button:text-is('Cancel')")
    page.click("button:text-is('Cancel the job')")
    page.wait_for_selector("[role=status] :text-is('canceled')")
    page.click("button:text-is('Delete')")
    page.click("dialog button:text-is('Delete')")
    page.wait_for_selector("h1:text-is('Jobs')")
    assert service.get(job).status_code == 404


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}, {"viewport": PHONE}], ids=["light", "dark", "phone"])
def test_the_page_is_accessible_and_not_cut(
    open_page: OpenPage, trained_job: dict[str, Any], options: dict[str, Any]
) -> None:
    opened = open_page(**options)
    page = opened.go(f"/jobs/{trained_job['id']}", ".heat canvas")
    page.wait_for_selector(".chart .plot canvas")
    assert opened.accessibility_problems() == []
    assert opened.width_beyond_screen() == 0
    page.focus(".heat canvas")
    page.keyboard.press("ArrowLeft")
    assert page.inner_text(".heat-scale span").startswith("layers[0]")


def test_hostile_texts_are_shown_as_text(open_page: OpenPage, service: httpx.Client) -> None:
    payload = "<img src=x onerror=window.ran=1><script>window.ran=1</script>"
    rows = "".join(f"{number},{'ab'[number % 2]}{payload}\n" for number in range(40))
    table = f'"{payload}",kind\n{rows}'
    answer = service.post("/v1/datasets", content=table, headers={"Content-Type": "text/csv"}).raise_for_status()
    job = submit(service, answer.json()["id"], name=payload, metadata={"a": payload}, training={"epochs": 2})
    opened = open_page()
    page = opened.go(job.removeprefix("/v1"), "h1")
    assert page.inner_text("h1") == payload
    page.click("summary:has-text('Every decision')")
    assert payload in page.inner_text("details[open] pre")
    page.click(".back")
    page.wait_for_selector("tbody tr")
    assert f"a: {payload}" in page.inner_text("tbody")
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None


def test_the_learning_curve_is_drawn_and_read_out(open_page: OpenPage, service: httpx.Client) -> None:
    table = service.post("/v1/datasets", content=flowers(200), headers={"Content-Type": "text/csv"}).raise_for_status()
    job = submit(service, table.json()["id"], training={"epochs": 2})
    service.get(job, params={"until": "ended"}, headers={"Prefer": "wait=60"})
    service.post(f"{job}/learning-curve", json={"samples": 1}).raise_for_status()
    page = open_page().go(job.removeprefix("/v1"), "text=Would more data help?")
    page.click("summary:has-text('growing parts of the rows')")
    page.wait_for_selector("text=A job with twice the rows would have")
    page.wait_for_selector("figure[aria-label^='accuracy by training rows'] canvas")
