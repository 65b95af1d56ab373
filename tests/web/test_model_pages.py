"""Models and settings in a browser."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.browser import PHONE, DashboardPage

OpenPage = Callable[..., DashboardPage]

ATTACK = "<img src=x onerror=alert(1)>"


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
    open_page: OpenPage, trained_job: dict[str, Any], scheme: str
) -> None:
    opened = open_page(color_scheme=scheme, viewport=PHONE)
    model = f"/models/{trained_job['model_id']}"
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
