"""Proof 27: batches of predictions whose workers are killed, stopped, or get errors around commits."""

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.proof_summary import Note, Size
from tests.support.service_under_test import ServiceUnderTest
from tests.support.tables import flowers

ROWS = 70_000  # two blocks
RECORD = "record.before_commit"
Fault = Callable[[ServiceUnderTest, str], None]


def hit(place: str, action: str) -> Fault:
    """Return the fault of a worker that is killed or gets an error at a place."""

    def act(service: ServiceUnderTest, _: str) -> None:
        service.wait(lambda: service.has_fired("worker", [place]))

    act.__name__ = f"{action} {place}"
    act.armed = (place, action)  # type: ignore[attr-defined]
    return act


def stop_worker(service: ServiceUnderTest, _: str) -> None:
    """Stop the worker with SIGTERM while it predicts; it may take three seconds."""
    service.wait(lambda: service.has_fired("worker", [RECORD]))
    part = service.parts.pop("worker")
    part.send_signal(signal.SIGTERM)
    time.sleep(0.2)  # the signal arrives while the worker is paused
    service.release("worker", RECORD)
    part.wait(timeout=20)
    service.start_part("worker")


def lose_broker(service: ServiceUnderTest, _: str) -> None:
    """Take the broker away for a second while the worker predicts."""
    service.wait(lambda: service.has_fired("worker", [RECORD]))
    service.broker.stop()
    service.release("worker", RECORD)
    time.sleep(1)
    service.broker.start()


stop_worker.armed = lose_broker.armed = (RECORD, "pause")  # type: ignore[attr-defined]
SHORT: list[Fault] = [hit(RECORD, "kill"), stop_worker]
LONG: list[Fault] = [
    hit("answered.before_commit", "kill"),
    hit("answered.after_commit", "kill"),
    hit("answered.before_commit", "error"),
    hit("answered.after_commit", "error"),
    hit("claim.after_commit", "kill"),
    lose_broker,
]


@pytest.mark.proof(27, "batches whose workers are killed, stopped, or get errors", "the same bytes, once")
def test_a_batch_ends_with_the_same_bytes_whatever_happens_to_workers(
    service: ServiceUnderTest, note: Note, size: Size
) -> None:
    url = service.submit_job(30, target="width")
    (job,) = service.wait_for_all([url])
    dataset_id = service.upload(flowers(ROWS))
    path = f"/v1/models/{job['model_id']}/batches"

    def create() -> str:
        answer = service.client.post(path, json={"dataset_id": dataset_id}).raise_for_status()
        return str(answer.json()["links"]["self"])

    reference = wait(service, create())
    assert (reference["state"], reference["rows"]) == ("succeeded", ROWS)
    faults = SHORT + (LONG if size(0, 1) else [])
    for fault in faults:
        place, action = fault.armed  # type: ignore[attr-defined]
        service.release("worker", place)  # the mark that it was reached before
        service.arm("worker", place, action)
        batch = create()
        fault(service, batch)
        service.revive(within_test=True)
        ended = wait(service, batch)
        assert ended["state"] == "succeeded", (fault.__name__, ended["error"])
        assert ended["result"] == reference["result"], fault.__name__
        if fault is stop_worker:
            assert ended["attempt"] == 1, [line for line in service.log().splitlines() if ended["id"] in line][-12:]
    cancel(service, create)
    note(f"{len(faults)} faults, 1 hash; a canceled batch has no result")


def cancel(service: ServiceUnderTest, create: Callable[[], str]) -> None:
    """Cancel a batch while its first block is recorded: it ends without a result after the block that has begun."""
    service.release("worker", RECORD)
    service.arm("worker", RECORD, "pause")
    batch = create()
    service.wait(lambda: service.has_fired("worker", [RECORD]))
    asked = threading.Thread(target=lambda: service.client.post(f"{batch}/cancel").raise_for_status())
    asked.start()
    time.sleep(0.2)  # on PostgreSQL, the paused transaction does not hold the row yet
    service.release("worker", RECORD)
    asked.join()
    ended = wait(service, batch)
    assert (ended["state"], ended["result"]) == ("canceled", None)


def wait(service: ServiceUnderTest, batch: str) -> dict[str, Any]:
    """Return the batch once it has ended."""

    def has_ended() -> bool:
        return bool(service.client.get(batch).json()["finished_at"])

    service.wait(has_ended, 60)
    ended: dict[str, Any] = service.client.get(batch).json()
    return ended
