"""Notifications of a transaction: sent after its commit, and never after a rollback."""

import contextlib
from collections.abc import Iterator

import pytest

from messaging.channels import ACTION_REQUESTED, JOB_CHANGED
from messaging.notifications import NOTIFIER, notify_workers, publish_change, publish_request
from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import transaction


class RecordingNotifier:
    """Remembers what it would send."""

    def __init__(self) -> None:
        self.sent: list[object] = []

    def notify_workers(self, count: int = 1) -> None:
        """Remember a notification."""
        self.sent.append(count)

    def publish_change(self, job_id: str, what: bytes = JOB_CHANGED) -> None:
        """Remember a change."""
        self.sent.append((job_id, what))


@pytest.fixture
def notifier() -> RecordingNotifier:
    """The notifier of the process."""
    return RecordingNotifier()


@pytest.fixture
def sessions(sqlite_url: str, notifier: RecordingNotifier) -> Iterator[Sessions]:
    """Transactions that carry the notifier."""
    engine = open_database(sqlite_url)
    yield open_sessions(engine, {NOTIFIER: notifier})
    engine.dispose()


def test_notifications_are_sent_after_the_commit(sessions: Sessions, notifier: RecordingNotifier) -> None:
    with transaction(sessions) as tx:
        notify_workers(tx, 2)
        publish_change(tx, "job_1")
        publish_request(tx, "job_2")
        assert notifier.sent == []
    assert notifier.sent == [2, ("job_1", JOB_CHANGED), ("job_2", ACTION_REQUESTED)]


def test_a_rolled_back_transaction_sends_nothing(sessions: Sessions, notifier: RecordingNotifier) -> None:
    with contextlib.suppress(ZeroDivisionError), transaction(sessions) as tx:
        notify_workers(tx)
        raise ZeroDivisionError
    assert notifier.sent == []


def test_without_a_notifier_nothing_is_sent(sqlite_url: str) -> None:
    engine = open_database(sqlite_url)
    with transaction(open_sessions(engine)) as tx:
        notify_workers(tx)
    engine.dispose()
