"""Data sets and new jobs in a browser."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.browser import PHONE, DashboardPage

OpenPage = Callable[..., DashboardPage]

ATTACK = "<img src=x onerror=alert(1)>"
CITIES, BOUGHT = ("<script>alert(1)</script>", "Rome", "Bari"), ("no", "yes")
SHOP = f"city,{ATTACK},spent,bought\n" + "".join(
    f"{CITIES[i % 3]},{i % 7},{9999 if i % 20 == 5 else i % 50},{BOUGHT[i % 2]}\n" for i in range(120)
)


def test_a_dropped_file_becomes_a_data_set_and_a_job(open_page: OpenPage, tmp_path: Path) -> None:
    opened = open_page()
    opened.expected_errors = ("422",)
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n3\n4,5,6\n")
    (tmp_path / f"{ATTACK}.csv").write_text(SHOP)
    page = opened.go("/datasets", "input[type=file]")
    page.set_input_files("input[type=file]", tmp_path / "bad.csv")
    page.wait_for_selector("text=was not accepted")
    assert page.locator("[aria-label='Problems of the file'] tbody tr").count() == 2
    page.set_input_files("input[type=file]", tmp_path / f"{ATTACK}.csv")
    page.wait_for_selector(f"h1:has-text({ATTACK!r})")
    assert page.locator("article.multiple").count() == 4
    page.click("button:has-text('Apply missing=9999')")
    page.wait_for_selector("text=Read again with missing=9999")
    page.wait_for_selector("dd:has-text('9999')")
    page.click("a:has-text('Train a model')")
    page.wait_for_selector(".big-number")
    page.fill("label:has-text('Epochs') + input", "-1")
    page.wait_for_selector(".field.invalid:has-text('at least 0')")
    page.fill("label:has-text('Epochs') + input", "2")
    page.click("label:has-text('Fast')")
    page.click("button:has-text('Edit layers')")
    page.click("[aria-label='Remove layer 1']")
    page.wait_for_selector("button:has-text('Start training'):not(:disabled)")
    page.click("button:has-text('Start training')")
    page.wait_for_url("**/#/jobs/job_*")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_data_pages_are_accessible_and_fit_a_phone(open_page: OpenPage, dataset_id: str, scheme: str) -> None:
    opened = open_page(color_scheme=scheme, viewport=PHONE)
    for route, ready in [
        ("/datasets", "tbody tr"),
        (f"/datasets/{dataset_id}", "article.multiple"),
        (f"/new?dataset={dataset_id}", ".big-number"),
    ]:
        opened.go(route, ready)
        assert opened.accessibility_problems() == [], route
        assert opened.width_beyond_screen() == 0, route
