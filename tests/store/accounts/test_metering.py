"""Usage: entries of many sources, totals per project and day, peaks."""

from store.accounts import metering
from store.db.database import Sessions
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, JobId, ProjectId
from store.jobs import jobs, leases
from store.jobs.leases import Lease
from tests.support.store import claim_job, make_progress, queue_job

ALL_DAYS = (0, 100_000)


def amounts(sessions: Sessions, project: ProjectId | None = DEFAULT_PROJECT) -> dict[str, float]:
    """Return what was counted, by metric."""
    with snapshot(sessions) as tx:
        return {total.metric: total.amount for total in metering.totals(tx, project, *ALL_DAYS)}


def test_cpu_time_and_outcomes_of_a_job_count_once_and_outlive_it(sessions: Sessions) -> None:
    queue_job(sessions)
    job, lease = claim_job(sessions)
    for cpu_seconds in (2.0, 2.0, 5.5):  # the second record repeats the first, whose commit was reported as failed
        with transaction(sessions) as tx:
            leases.record(tx, lease, 30, make_progress(cpu_seconds=cpu_seconds))
        with transaction(sessions) as tx:
            metering.add_to_totals(tx, 10)
    with transaction(sessions) as tx:
        leases.fail(tx, lease, {"code": "internal"})
    assert amounts(sessions) == {"cpu_seconds": 5.5, "jobs_created": 1, "jobs_failed": 1}
    with transaction(sessions) as tx:
        jobs.remove(tx, DEFAULT_PROJECT, job.id)
        metering.add_to_totals(tx, 10)
        assert not metering.any_entries(tx)
    assert amounts(sessions) == {"cpu_seconds": 5.5, "jobs_created": 1, "jobs_failed": 1}


def test_a_worker_that_lost_its_job_counts_nothing_more(sessions: Sessions) -> None:
    queue_job(sessions)
    job, lease = claim_job(sessions)
    with transaction(sessions) as tx:
        leases.release(tx, lease)
    queue_again, newer = claim_job(sessions)
    assert queue_again.id == job.id
    try:
        with transaction(sessions) as tx:
            leases.record(tx, Lease(job_id=JobId(job.id), fence=lease.fence), 30, make_progress(cpu_seconds=9.0))
    except leases.LeaseLost:
        pass
    with transaction(sessions) as tx:
        leases.record(tx, newer, 30, make_progress(cpu_seconds=1.0))
    assert amounts(sessions)["cpu_seconds"] == 1.0


def test_totals_add_up_sources_and_peaks_only_rise(sessions: Sessions, other_project: ProjectId) -> None:
    with transaction(sessions) as tx:
        for source, amount in (("ds_1", 100), ("ds_2", 50), ("ds_1", 1)):
            metering.count(tx, DEFAULT_PROJECT, source, "uploaded_bytes", amount)
        metering.count(tx, other_project, "ds_3", "uploaded_bytes", 7)
        assert metering.add_to_totals(tx, 2) == 2
        metering.raise_peak(tx, "stored_bytes", {DEFAULT_PROJECT: 10, other_project: 20})
        metering.raise_peak(tx, "stored_bytes", {DEFAULT_PROJECT: 5, other_project: 30})
    assert amounts(sessions) == {"uploaded_bytes": 151, "stored_bytes": 10}
    assert amounts(sessions, other_project) == {"uploaded_bytes": 7, "stored_bytes": 30}
    with snapshot(sessions) as tx:
        assert {total.project for total in metering.totals(tx, None, *ALL_DAYS)} == {DEFAULT_PROJECT, other_project}
        assert metering.totals(tx, DEFAULT_PROJECT, 0, 10) == []
