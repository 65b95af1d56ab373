"""Budgets of processor time: jobs stop before they exceed them, whichever attempt used the time."""

from sqlalchemy import update

from engine.training.events import BatchEnd
from store.db.transaction import transaction
from store.tables import Job
from tests.support.worker_fixture import WorkerFixture
from worker.job.cpu_budget import CpuBudget

BATCH = BatchEnd(epoch=1, batch=1, batches=4, loss=1.0)


def test_training_stops_when_the_next_batch_would_exceed_the_budget() -> None:
    used = 0.0
    budget = CpuBudget(10.0, lambda: used)
    for _ in range(4):
        used += 2.0
        budget.count_batch(BATCH)
        assert not budget.is_used_up()
    used += 0.5
    assert budget.is_used_up()  # 1.5 s are left, and a batch takes 2 s


def test_without_a_budget_nothing_is_due() -> None:
    budget = CpuBudget(None, lambda: 1e9)
    assert not budget.is_limited
    assert not budget.is_due()
    assert not budget.is_used_up()


def test_a_job_counts_what_earlier_attempts_used_and_keeps_its_best_epoch(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(
        worker_fixture.upload(), training={"epochs": 10_000, "batch_size": 8}, budget={"cpu_seconds": 600}
    )
    checks = iter(range(10_000))
    worker_fixture.run_all(draining=lambda: next(checks) > 200)
    paused = worker_fixture.job(job_id)
    assert paused.state == "queued"
    assert paused.epoch > 0
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(update(Job).values(cpu_seconds=Job.cpu_seconds + 600))
    worker_fixture.run_all()
    job = worker_fixture.job(job_id)
    assert (job.state, job.stop_reason, job.epoch) == ("succeeded", "budget", paused.epoch)
    assert job.best is not None
    assert job.peak_bytes is None or job.peak_bytes > 0
