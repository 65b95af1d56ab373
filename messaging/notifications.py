"""Notifications that leave when a transaction commits. The database is the truth: a lost one only delays."""

from functools import partial

from messaging.channels import ACTION_REQUESTED, JOB_CHANGED
from messaging.notifier import Notifier
from store.db.transaction import Tx, after_commit

NOTIFIER = "notifier"  # the key in `Sessions.info` under which a process keeps its `Notifier`


def notify_workers(tx: Tx, count: int = 1) -> None:
    """Tell up to `count` workers, after the commit of `tx`, that there may be jobs to run."""
    if notifier := _notifier(tx):
        after_commit(tx, partial(notifier.notify_workers, count))


def publish_change(tx: Tx, job_id: str) -> None:
    """Tell whoever watches the job, after the commit of `tx`, that it has changed."""
    if notifier := _notifier(tx):
        after_commit(tx, partial(notifier.publish_change, job_id, JOB_CHANGED))


def publish_request(tx: Tx, job_id: str) -> None:
    """Tell the worker that runs the job, and whoever watches it, that its owner requested something of it."""
    if notifier := _notifier(tx):
        after_commit(tx, partial(notifier.publish_change, job_id, ACTION_REQUESTED))


def _notifier(tx: Tx) -> Notifier | None:
    """Return the notifier of the process; None in processes that send no notifications, such as migrations."""
    notifier: Notifier | None = tx.info.get(NOTIFIER)
    return notifier
