"""Proof 2: a process crashes, fails, or sees a committed transaction reported as failed, at any point."""

import itertools
import signal
import time
from collections.abc import Sequence

import pytest

from tests.support.proof_summary import Note
from tests.support.service_under_test import LEASE_SECONDS, ServiceUnderTest

MOMENTS = ("before", "after")  # a commit
LONG = 800  # epochs; such a job still trains when a fault arrives
ACTIONS = ("kill", "error")  # an error after a commit: committed, but reported as failed
OF_JOBS = ("claim", "heartbeat", "record", "checkpoint", "succeeded")
Places = Sequence[str]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """In the short form a job meets all failpoints, in the long form one."""
    if "places" in metafunc.fixturenames:
        long = metafunc.config.getoption("--long")
        sets = [(place,) for place in OF_JOBS] if long else [OF_JOBS]
        metafunc.parametrize("places", sets, ids=["+".join(places) for places in sets])


def cases(*always: tuple[str, ...]) -> pytest.MarkDecorator:
    """Combine all moments and actions; those not in `always` run in the long form only."""
    sets = [
        pytest.param(*case, marks=() if case in always else pytest.mark.long)
        for case in itertools.product(MOMENTS, ACTIONS)
    ]
    return pytest.mark.parametrize(("moment", "action"), sets)


def proof(about: str) -> pytest.MarkDecorator:
    return pytest.mark.proof(2, f"failpoints: {about}", "right state, same bits")


@proof("claim, heartbeat, record, checkpoint, finish")
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_job_gives_the_same_bits_despite_faults_of_its_worker(
    service: ServiceUnderTest, note: Note, places: Places, moment: str, action: str
) -> None:
    service.reference_hash(LONG)
    named = [f"{place}.{moment}_commit" for place in places]
    for place in named:
        service.arm("worker", place, action)
    jobs = service.wait_for_all([service.submit_job(LONG) for _ in range(2)])
    assert service.has_fired("worker", named)
    service.assert_same_as_reference(jobs, LONG)
    note(f"{len(named)} x {action} {moment} commit")


@proof("claim, committed but reported as failed")
def test_a_committed_claim_reported_as_failed_costs_no_attempt(service: ServiceUnderTest, note: Note) -> None:
    service.reference_hash()
    service.arm("worker", "claim.after_commit", "error")
    (job,) = service.wait_for_all([service.submit_job()])
    assert service.has_fired("worker", ["claim.after_commit"])
    service.assert_same_as_reference([job])
    assert [entry["state"] for entry in job["transitions"]] == ["queued", "running", "succeeded"]
    assert job["attempt"] == 1
    note("no attempt charged")


@proof("range test")
@cases(("before", "kill"), ("after", "kill"), ("after", "error"))
def test_all_attempts_use_the_result_of_one_range_test(
    service: ServiceUnderTest, note: Note, moment: str, action: str
) -> None:
    place, tested = f"range_test.{moment}_commit", {"training": {"range_test": {}}}
    (undisturbed,) = service.wait_for_all([service.submit_job(20, **tested)])
    service.arm("worker", place, action)
    (job,) = service.wait_for_all([service.submit_job(20, **tested)])
    service.wait(lambda: service.has_fired("worker", [place]))
    assert job["state"] == "succeeded"
    assert job["range_test"] == undisturbed["range_test"]
    assert service.hash_of(job) == service.hash_of(undisturbed)
    events = service.client.get(f"{job['links']['events']}", headers={"Accept": "application/json"}).json()["data"]
    assert [event["type"] for event in events].count("job.range_test") == 1
    note(f"{action} {moment} commit")


@proof("cancel")
@cases(("before", "kill"), ("after", "error"))
def test_a_cancel_survives_faults(service: ServiceUnderTest, note: Note, moment: str, action: str) -> None:
    place = f"canceled.{moment}_commit"
    url = service.submit_job(epochs=10_000)
    service.wait(lambda: service.is_training(url))
    service.arm("worker", place, action)
    service.client.post(f"{url}/cancel").raise_for_status()
    (job,) = service.wait_for_all([url])
    assert (job["state"], job["model_id"]) == ("canceled", None)
    service.wait(lambda: service.has_fired("worker", [place]))
    service.assert_same_as_reference(service.wait_for_all([service.submit_job()]))
    note(f"{action} {moment} commit")


@proof("drain")
@cases(("before", "kill"), ("after", "error"))
def test_the_job_of_a_stopping_worker_gives_the_same_bits(
    service: ServiceUnderTest, note: Note, moment: str, action: str
) -> None:
    place = f"interrupted.{moment}_commit"
    service.reference_hash(LONG)
    url = service.submit_job(LONG)
    service.wait(lambda: service.is_training(url))
    service.arm("worker", place, action)
    seconds = service.stop_part("worker")
    assert service.has_fired("worker", [place])
    service.start_part("worker")
    service.assert_same_as_reference(service.wait_for_all([url]), LONG)
    note(f"{action} {moment} commit, stopped in {seconds:.1f} s")


@proof("expired lease")
@cases(("after", "kill"), ("before", "error"))
def test_the_job_of_a_lost_worker_gives_the_same_bits(
    service: ServiceUnderTest, note: Note, moment: str, action: str
) -> None:
    place = f"expired_leases.{moment}_commit"
    service.reference_hash(LONG)
    service.stop_part("scheduler")
    url = service.submit_job(LONG)
    service.wait(lambda: service.is_training(url))
    service.signal_training_processes(signal.SIGKILL)
    time.sleep(LEASE_SECONDS)
    service.arm("scheduler", place, action)
    service.start_part("scheduler")
    service.assert_same_as_reference(service.wait_for_all([url]), LONG)
    assert service.has_fired("scheduler", [place])
    note(f"{action} {moment} commit")


@proof("notification")
@pytest.mark.parametrize("role", ["api", "scheduler"])
@cases(("before", "kill"), ("after", "error"))
def test_job_with_a_lost_or_repeated_notification_trains_once(
    service: ServiceUnderTest, note: Note, moment: str, action: str, role: str
) -> None:
    place = f"notification.{moment}_send"
    service.reference_hash(LONG)
    service.arm(role, place, action)
    submitted = 3 if role == "scheduler" else 1  # it notifies when more jobs than slots are there
    jobs = service.wait_for_all([service.submit_job(LONG) for _ in range(submitted)])
    service.wait(lambda: service.has_fired(role, [place]))
    service.assert_same_as_reference(jobs, LONG)
    assert {job["attempt"] for job in jobs} == {1}
    note(f"{role}: {action} {moment} sending")


@proof("submission")
@cases(("after", "kill"), ("after", "error"))
def test_a_repeated_request_with_one_idempotency_key_creates_one_job(
    service: ServiceUnderTest, note: Note, moment: str, action: str
) -> None:
    place = f"answer.{moment}_commit"
    service.arm("api", place, action)
    name = f"idempotent {moment} {action}"
    url = service.submit_job(20, name=name)
    service.assert_same_as_reference(service.wait_for_all([url]), 20)
    assert service.has_fired("api", [place])
    newest = service.client.get("/v1/jobs", params={"limit": 20}).json()["data"]
    assert [job["name"] for job in newest].count(name) == 1
    note(f"{action} {moment} commit")
