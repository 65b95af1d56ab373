"""Models and settings in a browser."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.browser import PHONE, DashboardPage

OpenPage = Callable[..., DashboardPage]

ATTACK = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="session")
def challenger(service: httpx.Client, trained_job: dict[str, Any]) -> dict[str, Any]:
    """A second model on the same data set, with markup in its name. The newest model reads other columns."""
    job = {"dataset_id": trained_job["dataset_id"], "target": "kind", "name": ATTACK, "training": {"epochs": 2}}
    answer = service.post("/v1/jobs", json=job, headers={"Prefer": "wait=60"}).raise_for_status()
    model: dict[str, Any] = service.get(f"/v1/models/{answer.json()['model_id']}").raise_for_status().json()
    rows = "kind,age\n" + "".join(f"{('iris', 'rose')[row % 2]},{row}\n" for row in range(40))
    other = service.post("/v1/datasets", content=rows, headers={"Content-Type": "text/csv"}).raise_for_status().json()
    job = {"dataset_id": other["id"], "target": "kind", "ensemble": None, "training": {"epochs": 1}}
    service.post("/v1/jobs", json=job, headers={"Prefer": "wait=60"}).raise_for_status()
    return model


def test_a_model_is_evaluated_predicts_and_is_compared(open_page: OpenPage, challenger: dict[str, Any]) -> None:
    page = open_page().go("/models", f"a[href='#/models/{challenger['id']}']")
    page.click(f"a[href='#/models/{challenger['id']}']")
    page.wait_for_selector("text=Contributions of layers")
    page.fill("label:has-text('Name') + input", "shop")
    page.click("button:has-text('Set the name')")
    page.click("dialog button.primary")
    page.wait_for_selector(".badge:has-text('shop')")
    page.click(".tabs >> text=Evaluation")
    page.wait_for_selector(".confusion td.right")
    assert page.locator(".curve-plot").count() >= 3
    page.click(".tabs >> text=Predict")
    page.click("text=Fill in an example")
    page.click("button:text-is('Predict')")
    page.wait_for_selector("h3:has-text('Why')")
    assert page.locator(".big-number").inner_text() in challenger["architecture"]["classes"]
    page.click(".tabs >> text=Batches")
    page.click("button:text-is('Start')")
    page.wait_for_selector("button:has-text('Download')")
    page.click(".tabs >> text=Compare")
    page.click("button:text-is('Compare')")
    page.wait_for_selector("h2:has-text('Rows that differ most')")
    page.click(".tabs >> text=Download")
    page.wait_for_selector("td:has-text('KB') >> nth=0")
    with page.expect_download() as download:
        page.click("[aria-label='Download safetensors']")
    assert download.value.suggested_filename == f"{challenger['id']}.safetensors"
    assert challenger["id"] in page.inner_text("pre >> nth=0")
    page.click("a:has-text('Fine-tune')")
    page.wait_for_selector(".big-number")
    assert page.is_visible("text=Start from a model")


def test_webhooks_usage_and_the_audit_log_are_shown(open_page: OpenPage, trained_job: dict[str, Any]) -> None:  # noqa: ARG001 - its usage
    opened = open_page()
    page = opened.go("/settings", "article:has-text('Jobs created')")
    page.click(".tabs >> text=Webhooks")
    page.fill("label:has-text('Description') + input", ATTACK)
    page.fill("input[type=url]", "https://example.com/hooks")
    page.click("button:has-text('Create webhook')")
    page.wait_for_selector("dialog:has-text('whsec_')")
    page.click("text=I have copied it")
    page.click("button:text-is('Disable')")
    page.wait_for_selector(".badge:has-text('disabled: owner')")
    page.click(".tabs >> text=Workers")
    page.wait_for_selector("td:has-text('of 1')")
    page.click(".tabs >> text=Audit")
    page.wait_for_selector("td:has-text('create webhook')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_model_and_settings_pages_are_accessible_and_fit_a_phone(
    open_page: OpenPage, challenger: dict[str, Any], scheme: str
) -> None:
    opened = open_page(color_scheme=scheme, viewport=PHONE)
    model = f"/models/{challenger['id']}"
    for route, ready in [
        ("/models", "tbody tr"),
        (model, "text=Contributions of layers"),
        (f"{model}?tab=evaluation", ".confusion"),
        (f"{model}?tab=predict", "text=Fill in an example"),
        (f"{model}?tab=use", "td:has-text('KB') >> nth=0"),
        ("/settings", "article"),
        ("/settings?tab=webhooks", "text=New webhook"),
        ("/settings?tab=keys", "text=No keys yet"),
        ("/settings?tab=projects", "tbody tr"),
        ("/settings?tab=audit", "tbody tr"),
    ]:
        opened.go(route, ready)
        assert opened.accessibility_problems() == [], route
        assert opened.width_beyond_screen() == 0, route
