"""Proof 11: a job that takes too much memory, or all of its workers with it, harms nobody else."""

import time

import pytest

from tests.support.proof_summary import Note
from tests.support.service_under_test import ServiceUnderTest

PLACE = "checkpoint.before_commit"  # where only the hungry job comes by: the others write no checkpoints
NEVER = {"checkpoint_every_seconds": 3600}


@pytest.mark.proof(11, "MemoryError", "the worker lives, neighbours' hashes equal")
def test_a_job_that_runs_out_of_memory_fails_alone(service: ServiceUnderTest, note: Note) -> None:
    service.undisturbed(800)
    neighbour = service.queue(800, training=NEVER)
    service.wait(lambda: service.is_running(neighbour))
    alive = (service.parts["worker"].pid, service.trainers())
    service.arm("worker", PLACE, "memory")
    hungry, neighbour_job = service.all_end([service.queue(800), neighbour])
    assert (hungry["state"], hungry["error"]["code"]) == ("failed", "out_of_memory")
    service.expect_undisturbed([neighbour_job], 800)
    assert (service.parts["worker"].pid, service.trainers()) == alive
    note("1 job failed, same processes, neighbour's hash equal")


@pytest.mark.proof(11, "job that kills its workers, as OOM killers do", "worker_lost; neighbours' hashes equal")
def test_a_job_that_kills_its_workers_ends_and_its_neighbours_go_on(service: ServiceUnderTest, note: Note) -> None:
    service.undisturbed(800)
    service.stop("scheduler")
    service.begin("scheduler", BACKPROP_MAX_ATTEMPTS="3")
    parent, kills = service.parts["worker"].pid, 0
    deadly = service.queue(800)
    neighbours = [service.queue(800, training=NEVER) for _ in range(2)]
    while service.job(deadly)["finished_at"] is None:
        service.arm("worker", PLACE, "kill")
        service.wait(lambda: service.happened("worker", [PLACE]) or service.job(deadly)["finished_at"] is not None)
        kills += service.happened("worker", [PLACE])
        service.release("worker", PLACE)
        time.sleep(0.02)
    (job,) = service.all_end([deadly])
    assert (job["state"], job["error"]["code"], kills) == ("failed", "worker_lost", 3)
    service.expect_undisturbed(service.all_end(neighbours), 800)
    assert service.parts["worker"].pid == parent
    service.stop("scheduler")
    service.begin("scheduler")
    note(f"{kills} workers lost, {len(neighbours)} neighbours' hashes equal")
