"""The list of jobs in a browser."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.browser import PHONE, DashboardPage

OpenPage = Callable[..., DashboardPage]


def test_jobs_are_listed_and_filtered(open_page: OpenPage, trained_job: dict[str, Any]) -> None:
    opened = open_page()
    page = opened.go("/jobs", "tbody tr")
    page.fill("input[type=search]", "team=garden")
    page.press("input[type=search]", "Enter")
    page.wait_for_url("**/*metadata.team=garden")
    page.click("text=succeeded >> nth=0")
    row = page.wait_for_selector(f"tr:has(a[href='#/jobs/{trained_job['id']}'])")
    assert "predicts kind · team: garden" in row.inner_text()
    row.click()
    page.wait_for_selector("h1:has-text('flowers')")
    page.go_back()
    page.click("button:has-text('failed')")
    page.wait_for_selector("text=No job matches these filters")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_is_accessible_and_fits_a_phone(open_page: OpenPage, trained_job: dict[str, Any], scheme: str) -> None:
    opened = open_page(color_scheme=scheme, viewport=PHONE)
    opened.go("/jobs", f"a[href='#/jobs/{trained_job['id']}']")
    assert opened.accessibility_problems() == []
    assert opened.width_beyond_screen() == 0
