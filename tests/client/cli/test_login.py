"""The stored login is private, is checked before it is stored, and its key goes to its own service only."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backprop_client.cli.login_file import login_path
from tests.support.client_commands import KEY, Done, Service

Run = Callable[..., Done]


def test_a_login_serves_the_next_commands(backprop: Run, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    assert backprop("login").code == 0
    monkeypatch.delenv("BACKPROP_URL")
    monkeypatch.delenv("BACKPROP_API_KEY")
    assert login_path().stat().st_mode & 0o777 == 0o600
    assert json.loads(login_path().read_text()) == {"url": service.url, "api_key": KEY}
    assert backprop("jobs").code == 0
    assert backprop("logout").code == 0
    assert backprop("jobs", "--server", service.url).code == 4


def test_a_wrong_key_is_not_stored(backprop: Run) -> None:
    done = backprop("login", "--api-key", "bp_live_wrong")
    assert done.code == 4
    assert not login_path().exists()


def test_the_stored_key_is_not_sent_to_another_service(
    backprop: Run, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    backprop("login")
    monkeypatch.delenv("BACKPROP_API_KEY")
    other = service.url.replace("127.0.0.1", "localhost")
    assert backprop("jobs", "--server", other).code == 4
    assert backprop("jobs", "--server", service.url).code == 0


def test_a_damaged_login_is_explained(backprop: Run, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.delenv("BACKPROP_URL")
    (folder / "config" / "backprop").mkdir(parents=True)
    login_path().write_text("{")
    done = backprop("jobs")
    assert (done.code, "Run `backprop login`" in done.err) == (2, True)
