"""The page "How this network learned" in a browser."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.browser import DESKTOP, PHONE, DashboardPage

OpenPage = Callable[..., DashboardPage]


def test_a_reader_steps_through_a_training_step_and_the_epochs(
    open_page: OpenPage, trained_job: dict[str, Any]
) -> None:
    page = open_page().go(f"/jobs/{trained_job['id']}/report", ".network.forward >> visible=true")
    page.focus("#stage-forward")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".network.backward >> visible=true")
    assert not page.is_visible(".network.forward")
    page.click(".tools button:has-text('Play')")
    page.wait_for_selector(".network.update >> visible=true")
    page.click(".tools button:has-text('Stop')")
    page.focus(".scrubber input")
    page.keyboard.press("Home")
    assert page.inner_text(".scrubber output") == "1"
    assert page.locator(".heat .chosen").count() == 2
    assert "layer 1" in page.inner_text(".layer-maps tbody tr >> nth=0")
    with page.expect_download() as saved:
        page.click("button:has-text('Download report')")
    assert saved.value.suggested_filename == f"{trained_job['id']}-report.html"


@pytest.mark.parametrize(("scheme", "viewport"), [("light", PHONE), ("dark", DESKTOP)])
def test_the_report_is_accessible_and_fits(
    open_page: OpenPage, trained_job: dict[str, Any], scheme: str, viewport: dict[str, int]
) -> None:
    opened = open_page(color_scheme=scheme, viewport=viewport)
    opened.go(f"/jobs/{trained_job['id']}/report", ".network.forward >> visible=true")
    assert opened.accessibility_problems() == []
    assert opened.width_beyond_screen() == 0
