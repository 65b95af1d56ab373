"""Transactions: hooks run after the commit, and never after a rollback."""

import contextlib

from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import after_commit, transaction
from store.jobs import queue_position


def test_hooks_run_in_order_after_the_commit(sessions: Sessions) -> None:
    seen: list[str] = []
    with transaction(sessions) as tx:
        after_commit(tx, lambda: seen.append("first"))
        after_commit(tx, lambda: seen.append("second"))
        seen.append("block")
    assert seen == ["block", "first", "second"]


def test_hooks_of_a_rolled_back_transaction_never_run(sessions: Sessions) -> None:
    seen: list[str] = []
    with contextlib.suppress(ZeroDivisionError), transaction(sessions) as tx:
        after_commit(tx, lambda: seen.append("hook"))
        raise ZeroDivisionError
    with transaction(sessions) as tx:
        queue_position.count_queued(tx, at_most=1)
    assert seen == []


def test_transactions_carry_the_info_of_their_factory(database_url: str) -> None:
    engine = open_database(database_url)
    with transaction(open_sessions(engine, {"owner": "test"})) as tx:
        assert tx.info["owner"] == "test"
    engine.dispose()
