"""Pages of data sets and new jobs on a phone."""

from collections.abc import Callable

import pytest

from tests.support.browser import PHONE, DashboardPage

OpenPage = Callable[..., DashboardPage]


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
