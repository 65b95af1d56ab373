"""One key, one answer: whoever comes with it again, or at the same time, gets the first one's."""

import threading

import pytest

from store.accounts import idempotency
from store.accounts.idempotency import Answer
from store.db.database import Sessions
from store.db.transaction import transaction
from store.errors import IdempotencyMismatch
from store.ids import DEFAULT_PROJECT

ANSWER = Answer(status=201, headers={"Location": "/v1/jobs/job_1"}, body={"id": "job_1"})


def test_the_first_answer_is_given_again(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        assert idempotency.begin(tx, DEFAULT_PROJECT, "k", "hash") is None
        idempotency.store_answer(tx, DEFAULT_PROJECT, "k", ANSWER)
    with transaction(sessions) as tx:
        assert idempotency.begin(tx, DEFAULT_PROJECT, "k", "hash") == ANSWER


def test_the_same_key_with_another_request_is_refused(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        idempotency.begin(tx, DEFAULT_PROJECT, "k", "hash")
        idempotency.store_answer(tx, DEFAULT_PROJECT, "k", ANSWER)
    with pytest.raises(IdempotencyMismatch), transaction(sessions) as tx:
        idempotency.begin(tx, DEFAULT_PROJECT, "k", "another")


def test_a_failed_first_request_leaves_the_key_free(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        idempotency.begin(tx, DEFAULT_PROJECT, "k", "hash")
        tx.rollback()
    with transaction(sessions) as tx:
        assert idempotency.begin(tx, DEFAULT_PROJECT, "k", "hash") is None


def test_of_many_at_once_one_goes_on_and_the_others_get_its_answer(sessions: Sessions) -> None:
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
