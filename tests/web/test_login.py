"""Pages of a service with API keys, below a path of a proxy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser
from sqlalchemy import update

from api.app import create_app
from api.settings import ApiSettings
from service.settings import Settings
from store.accounts import keys
from store.accounts.keys import KeyGrant
from store.db.transaction import transaction
from store.ids import DEFAULT_PROJECT
from store.tables import ApiKey
from tests.support.browser import DashboardPage
from tests.support.served_app import served

PREFIX = "/ml"


@pytest.fixture
def app(sqlite_url: str, valkey_url: str, tmp_path: Path) -> FastAPI:
    """An application that proxies serve below a path."""
    settings = Settings(data=tmp_path / "data", database_url=sqlite_url, redis_url=valkey_url)
    return create_app(settings, http_settings=ApiSettings(root_path=PREFIX))


@pytest.fixture
def opened(browser: Browser, app: FastAPI) -> Iterator[DashboardPage]:
    """A page of the application, which does not pass requests on to other paths."""
    with served(app) as url:
        page = DashboardPage(browser, f"{url}{PREFIX}")
        yield page
        page.close()


def new_key(app: FastAPI) -> str:
    """Add a key that reads only. From now on every request needs a key."""
    services, key = app.state.services, keys.new_key()
    with transaction(services.sessions) as tx:
        grant = KeyGrant(name="reader", project=DEFAULT_PROJECT, scopes=("read",))
        keys.add(tx, key, services.settings.secret(), grant)
    return str(key)


def test_a_key_is_requested_kept_and_forgotten(opened: DashboardPage, app: FastAPI) -> None:
    key = new_key(app)
    opened.expected_errors = ("401",)
    page = opened.go("/jobs", "form")
    assert opened.accessibility_problems() == []
    page.fill("input[type=password]", "bp_live_wrong")
    page.click("button:text-is('Sign in')")
    page.wait_for_selector(".problem code:text-is('unauthenticated')")
    page.fill("input[type=password]", key)
    page.click("button:text-is('Sign in')")
    page.wait_for_selector("text=No jobs yet")
    page.reload()
    page.wait_for_selector("text=No jobs yet")
    assert page.evaluate("localStorage.length") == 0
    page.click("button:text-is('Sign out')")
    page.wait_for_selector("input[type=password]")
    page.fill("input[type=password]", key)
    page.check("input[type=checkbox]")
    page.click("button:text-is('Sign in')")
    page.wait_for_selector("text=No jobs yet")
    assert page.evaluate("sessionStorage.length") == 0
    see_what_scopes_forbid_and_lose_the_key(opened, app)
    assert all(request.url.startswith(f"{opened.url}/") for request in opened.requests)


def see_what_scopes_forbid_and_lose_the_key(opened: DashboardPage, app: FastAPI) -> None:
    """A key that only reads sees why the keys are not shown. Once it is revoked, the next request asks for another."""
    opened.expected_errors = ("401", "403")
    page = opened.go("/settings?tab=keys", ".problem:has-text('admin')")
    with transaction(app.state.services.sessions) as tx:
        tx.execute(update(ApiKey).values(revoked_at=1))
    page.click("nav >> text=Jobs")
    page.wait_for_selector("text=The saved API key is not valid any more.")
