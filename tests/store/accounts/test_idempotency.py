"""Idempotency keys: repeated and concurrent requests get the first answer."""

import threading

import pytest

from store.accounts import idempotency
from store.accounts.idempotency import Answer
from store.db.database import Sessions
from store.db.transaction import transaction
from store.errors import IdempotencyMismatch
from store.ids import DEFAULT_PROJECT

ANSWER = Answer(status=201, headers={"Location": "/v1/jobs/job_1"}, body={"id": "job_1"})


def test_first_answer_is_returned_again(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        assert idempotency.begin(tx, DEFAULT_PROJECT, "k", "hash") is None
        idempotency.store_answer(tx, DEFAULT_PROJECT, "k", ANSWER)
    with transaction(sessions) as tx:
        assert idempotency.begin(tx, DEFAULT_PROJECT, "k", "hash") == ANSWER


def test_key_of_another_request_is_refused(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        idempotency.begin(tx, DEFAULT_PROJECT, "k", "hash")
        idempotency.store_answer(tx, DEFAULT_PROJECT, "k", ANSWER)
    with pytest.raises(IdempotencyMismatch), transaction(sessions) as tx:
        idempotency.begin(tx, DEFAULT_PROJECT, "k", "another")


def test_failed_first_request_does_not_use_up_the_key(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        idempotency.begin(tx, DEFAULT_PROJECT, "k", "hash")
        tx.rollback()
    with transaction(sessions) as tx:
        assert idempotency.begin(tx, DEFAULT_PROJECT, "k", "hash") is None


def test_concurrent_requests_get_the_answer_of_the_first(sessions: Sessions) -> None:
    firsts: list[Answer | None] = []

    def ask() -> None:
        with transaction(sessions) as tx:
            first = idempotency.begin(tx, DEFAULT_PROJECT, "k", "hash")
            if first is None:
                idempotency.store_answer(tx, DEFAULT_PROJECT, "k", ANSWER)
        firsts.append(first)

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert firsts.count(None) == 1
    assert firsts.count(ANSWER) == 9
