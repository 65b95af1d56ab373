"""Proof 11: a job that runs out of memory or crashes its workers does not affect other jobs."""

import time

import pytest

from tests.support.proof_summary import Note
from tests.support.service_under_test import ServiceUnderTest

PLACE = "checkpoint.before_commit"  # only the job under test writes checkpoints
NEVER = {"checkpoint_every_seconds": 3600}


@pytest.mark.proof(11, "a job runs out of memory", "out_of_memory; other jobs continue")
def test_a_job_that_runs_out_of_memory_fails_alone(service: ServiceUnderTest, note: Note) -> None:
    service.reference_hash(800)
    other = service.submit_job(800, training=NEVER)
    service.wait(lambda: service.is_training(other))
    processes = (service.parts["worker"].pid, service.training_processes())
    service.arm("worker", PLACE, "memory")
    failing, other_job = service.wait_for_all([service.submit_job(800), other])
    assert (failing["state"], failing["error"]["code"]) == ("failed", "out_of_memory")
    service.assert_same_as_reference([other_job], 800)
    assert (service.parts["worker"].pid, service.training_processes()) == processes
    note("1 job failed; same processes; same bits for the other job")


@pytest.mark.proof(11, "a job crashes all its workers, like an OOM killer", "worker_lost; other jobs continue")
def test_a_job_that_crashes_its_workers_fails_alone(service: ServiceUnderTest, note: Note) -> None:
    service.reference_hash(800)
    service.stop_part("scheduler")
    service.start_part("scheduler", BACKPROP_MAX_ATTEMPTS="3")
    parent, kills = service.parts["worker"].pid, 0
    crashing = service.submit_job(800)
    others = [service.submit_job(800, training=NEVER) for _ in range(2)]
    while service.job(crashing)["finished_at"] is None:
        service.arm("worker", PLACE, "kill")
        service.wait(lambda: service.has_fired("worker", [PLACE]) or service.job(crashing)["finished_at"] is not None)
        kills += service.has_fired("worker", [PLACE])
        service.release("worker", PLACE)
        time.sleep(0.02)
    (job,) = service.wait_for_all([crashing])
    assert (job["state"], job["error"]["code"], kills) == ("failed", "worker_lost", 3)
    service.assert_same_as_reference(service.wait_for_all(others), 800)
    assert service.parts["worker"].pid == parent
    service.stop_part("scheduler")
    service.start_part("scheduler")
    note(f"{kills} workers lost, same bits for {len(others)} other jobs")
