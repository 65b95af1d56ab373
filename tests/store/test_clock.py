"""The database's clock: the same time in milliseconds and as text, moving on within a transaction."""

import time

from sqlalchemy import literal_column, select

from store.clock import NOW, RFC3339_NOW, now, rfc3339
from store.db.database import Sessions
from store.db.transaction import snapshot


def test_clock_agrees_with_this_process_and_moves_on(sessions: Sessions) -> None:
    with snapshot(sessions) as tx:
        first = tx.scalar(select(now())) or 0
        time.sleep(0.02)
        second = tx.scalar(select(now())) or 0
    assert abs(first / 1000 - time.time()) < 5
    assert 10 <= second - first < 5000


def test_text_and_milliseconds_are_the_same_time(sessions: Sessions) -> None:
    with snapshot(sessions) as tx:
        dialect = tx.get_bind().dialect.name
        query = select(*(literal_column(sql[dialect]) for sql in (NOW, RFC3339_NOW, NOW)))
        before, text, after = tx.execute(query).one()
    assert rfc3339(before - 2) <= text <= rfc3339(after + 2)


def test_rfc3339_keeps_milliseconds() -> None:
    assert rfc3339(1_769_860_800_007) == "2026-01-31T12:00:00.007Z"
