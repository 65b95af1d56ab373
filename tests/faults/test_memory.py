"""Proof 11: a job that takes too much memory, or all of its workers with it, harms nobody else."""

import time

import pytest

from tests.faults.conftest import Note
from tests.faults.house import House

PLACE = "checkpoint.before_commit"  # where only the hungry job comes by: the others write no checkpoints
NEVER = {"checkpoint_every_seconds": 3600}


@pytest.mark.proof(11, "MemoryError", "the worker lives, neighbours' hashes equal")
def test_a_job_that_runs_out_of_memory_fails_alone(house: House, note: Note) -> None:
    house.undisturbed(800)
    neighbour = house.queue(800, training=NEVER)
    house.wait(lambda: house.is_running(neighbour))
    alive = (house.parts["worker"].pid, house.trainers())
    house.arm("worker", PLACE, "memory")
    hungry, neighbour_job = house.all_end([house.queue(800), neighbour])
    assert (hungry["state"], hungry["error"]["code"]) == ("failed", "out_of_memory")
    house.expect_undisturbed([neighbour_job], 800)
    assert (house.parts["worker"].pid, house.trainers()) == alive
    note("1 job failed, same processes, neighbour's hash equal")


@pytest.mark.proof(11, "job that kills its workers, as OOM killers do", "worker_lost; neighbours' hashes equal")
def test_a_job_that_kills_its_workers_ends_and_its_neighbours_go_on(house: House, note: Note) -> None:
    house.undisturbed(800)
    house.stop("scheduler")
    house.begin("scheduler", BACKPROP_MAX_ATTEMPTS="3")
    parent, kills = house.parts["worker"].pid, 0
    deadly = house.queue(800)
    neighbours = [house.queue(800, training=NEVER) for _ in range(2)]
    while house.job(deadly)["finished_at"] is None:
        house.arm("worker", PLACE, "kill")
        house.wait(lambda: house.happened("worker", [PLACE]) or house.job(deadly)["finished_at"] is not None)
        kills += house.happened("worker", [PLACE])
        house.release("worker", PLACE)
        time.sleep(0.02)
    (job,) = house.all_end([deadly])
    assert (job["state"], job["error"]["code"], kills) == ("failed", "worker_lost", 3)
    house.expect_undisturbed(house.all_end(neighbours), 800)
    assert house.parts["worker"].pid == parent
    house.stop("scheduler")
    house.begin("scheduler")
    note(f"{kills} workers lost, {len(neighbours)} neighbours' hashes equal")
