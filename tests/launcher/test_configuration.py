"""Settings that are not valid are named with the reason, without a traceback."""

import pytest

from launcher.__main__ import main
from launcher.configuration import configured_settings
from launcher.errors import EX_CONFIG, RefusedSettingsError


@pytest.fixture
def invalid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKPROP_LEASE_SECONDS", "soon")
    monkeypatch.setenv("BACKPROP_HEARTBEAT_SECONDS", "-1")


def test_valid_settings_are_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKPROP_LEASE_SECONDS", "12")
    assert configured_settings().lease_seconds == 12


@pytest.mark.usefixtures("invalid")
def test_every_invalid_setting_is_named_with_the_reason() -> None:
    with pytest.raises(RefusedSettingsError) as refused:
        configured_settings()
    message = str(refused.value)
    assert "BACKPROP_LEASE_SECONDS: Input should be a valid number" in message
    assert "BACKPROP_HEARTBEAT_SECONDS: Input should be greater than 0" in message


def test_an_invalid_limit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKPROP_MAX_QUEUED", "0")
    with pytest.raises(RefusedSettingsError, match="BACKPROP_MAX_QUEUED"):
        configured_settings()


@pytest.mark.usefixtures("invalid")
def test_commands_end_with_an_error_instead_of_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve"]) == EX_CONFIG
    assert main(["key", "list"]) == 1
    assert main(["migrate"]) == EX_CONFIG
    assert capsys.readouterr().err.count("BACKPROP_LEASE_SECONDS") == 3
