"""Failpoints: an armed one acts once, in the process that reaches it first."""

from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from store.db import failpoints


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which failpoints are armed."""
    monkeypatch.setattr(failpoints, "_folder", tmp_path)
    return tmp_path


def test_unarmed_failpoint_does_nothing(folder: Path) -> None:
    failpoints.hit("claim.before_commit")
    assert list(folder.iterdir()) == []


def test_armed_failpoint_raises_once(folder: Path) -> None:
    (folder / "claim.before_commit").write_text("error")
    with pytest.raises(OperationalError):
        failpoints.hit("claim.before_commit")
    failpoints.hit("claim.before_commit")


def test_failpoint_raises_the_given_error(folder: Path) -> None:
    (folder / "notification.before_send").write_text("error")
    with pytest.raises(ConnectionError):
        failpoints.hit("notification.before_send", ConnectionError())


def test_unknown_action_is_refused(folder: Path) -> None:
    (folder / "claim.before_commit").write_text("explode")
    with pytest.raises(ValueError, match="contains 'explode'; use kill, error, memory or pause"):
        failpoints.hit("claim.before_commit")
