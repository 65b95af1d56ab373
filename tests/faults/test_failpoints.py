"""Proof 2: wherever a process dies, fails, or is told that a commit failed which did not, the job ends as it should."""

import itertools
import signal
import time
from collections.abc import Sequence

import pytest

from tests.support.proof_summary import Note
from tests.support.service_under_test import LEASE_SECONDS, ServiceUnderTest

MOMENTS = ("before", "after")
LONG = 2000  # epochs: enough for a job to be met while it trains
ACTIONS = ("kill", "error")  # an error after a commit: done, but reported as an error
OF_JOBS = ("claim", "heartbeat", "record", "checkpoint", "succeeded")
Places = Sequence[str]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """In the short form a job meets all places, in the long form one."""
    if "places" in metafunc.fixturenames:
        long = metafunc.config.getoption("--long")
        sets = [(place,) for place in OF_JOBS] if long else [OF_JOBS]
        metafunc.parametrize("places", sets, ids=["+".join(places) for places in sets])


def cases(*always: tuple[str, ...]) -> pytest.MarkDecorator:
    """All moments and actions, and those that are no part of the short form so marked."""
    sets = [
        pytest.param(*case, marks=() if case in always else pytest.mark.long)
        for case in itertools.product(MOMENTS, ACTIONS)
    ]
    return pytest.mark.parametrize(("moment", "action"), sets)


def proof(about: str) -> pytest.MarkDecorator:
    return pytest.mark.proof(2, f"failpoints: {about}", "right state, right hash")


@proof("claim, heartbeat, record, checkpoint, finish")
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_job_ends_with_the_same_bits_through(
    service: ServiceUnderTest, note: Note, places: Places, moment: str, action: str
) -> None:
    service.undisturbed(LONG)
    named = [f"{place}.{moment}_commit" for place in places]
    for place in named:
        service.arm("worker", place, action)
    jobs = service.all_end([service.queue(LONG) for _ in range(3)])
    assert service.happened("worker", named)
    service.expect_undisturbed(jobs, LONG)
    note(f"{len(named)} x {action} {moment} commit")


@proof("claim, done but reported as failed")
def test_a_claim_that_was_reported_as_failed_costs_neither_time_nor_an_attempt(
    service: ServiceUnderTest, note: Note
) -> None:
    service.undisturbed()
    service.arm("worker", "claim.after_commit", "error")
    (job,) = service.all_end([service.queue()])
    assert service.happened("worker", ["claim.after_commit"])
    service.expect_undisturbed([job])
    assert [entry["state"] for entry in job["transitions"]] == ["queued", "running", "succeeded"]
    assert job["attempt"] == 1
    note("no attempt charged")


@proof("range test")
@cases(("before", "kill"), ("after", "kill"), ("after", "error"))
def test_a_job_is_trained_at_one_learning_rate_through(
    service: ServiceUnderTest, note: Note, moment: str, action: str
) -> None:
    place, tested = f"range_test.{moment}_commit", {"training": {"range_test": {}}}
    (undisturbed,) = service.all_end([service.queue(20, **tested)])
    service.arm("worker", place, action)
    (job,) = service.all_end([service.queue(20, **tested)])
    service.wait(lambda: service.happened("worker", [place]))
    assert job["state"] == "succeeded"
    assert job["range_test"] == undisturbed["range_test"]
    assert service.hash_of(job) == service.hash_of(undisturbed)
    events = service.client.get(f"{job['links']['events']}", headers={"Accept": "application/json"}).json()["data"]
    assert [event["type"] for event in events].count("job.range_test") == 1
    note(f"{action} {moment} commit")


@proof("cancel")
@cases(("before", "kill"), ("after", "error"))
def test_a_canceled_job_stays_canceled_through(service: ServiceUnderTest, note: Note, moment: str, action: str) -> None:
    place = f"canceled.{moment}_commit"
    url = service.queue(epochs=10_000)
    service.wait(lambda: service.is_running(url))
    service.arm("worker", place, action)
    service.client.post(f"{url}/cancel").raise_for_status()
    (job,) = service.all_end([url])
    assert (job["state"], job["model_id"]) == ("canceled", None)
    service.wait(lambda: service.happened("worker", [place]))
    service.expect_undisturbed(service.all_end([service.queue()]))
    note(f"{action} {moment} commit")


@proof("drain")
@cases(("before", "kill"), ("after", "error"))
def test_a_stopping_workers_job_ends_with_the_same_bits_through(
    service: ServiceUnderTest, note: Note, moment: str, action: str
) -> None:
    place = f"interrupted.{moment}_commit"
    service.undisturbed(LONG)
    url = service.queue(LONG)
    service.wait(lambda: service.is_running(url))
    service.arm("worker", place, action)
    seconds = service.stop("worker")
    assert service.happened("worker", [place])
    service.begin("worker")
    service.expect_undisturbed(service.all_end([url]), LONG)
    note(f"{action} {moment} commit, stopped in {seconds:.1f} s")


@proof("reconcile")
@cases(("after", "kill"), ("before", "error"))
def test_a_lost_workers_job_ends_with_the_same_bits_through(
    service: ServiceUnderTest, note: Note, moment: str, action: str
) -> None:
    place = f"lapsed_leases.{moment}_commit"
    service.undisturbed(LONG)
    service.stop("scheduler")
    url = service.queue(LONG)
    service.wait(lambda: service.is_running(url))
    service.signal_trainers(signal.SIGKILL)
    time.sleep(LEASE_SECONDS)
    service.arm("scheduler", place, action)
    service.begin("scheduler")
    service.expect_undisturbed(service.all_end([url]), LONG)
    assert service.happened("scheduler", [place])
    note(f"{action} {moment} commit")


@proof("notification")
@pytest.mark.parametrize("role", ["api", "scheduler"])
@cases(("before", "kill"), ("after", "error"))
def test_job_with_a_lost_or_repeated_notification_trains_once(
    service: ServiceUnderTest, note: Note, moment: str, action: str, role: str
) -> None:
    place = f"notification.{moment}_send"
    service.undisturbed(LONG)
    service.arm(role, place, action)
    jobs = service.all_end(
        [service.queue(LONG) for _ in range(3)]
    )  # one more than slots, for which the scheduler rings
    service.wait(lambda: service.happened(role, [place]))
    service.expect_undisturbed(jobs, LONG)
    assert {job["attempt"] for job in jobs} == {1}
    note(f"{role}: {action} {moment} sending")


@proof("submit")
@cases(("after", "kill"), ("after", "error"))
def test_a_job_that_is_asked_for_again_under_one_key_is_made_once(
    service: ServiceUnderTest, note: Note, moment: str, action: str
) -> None:
    place = f"answer.{moment}_commit"
    service.arm("api", place, action)
    name = f"once {moment} {action}"
    url = service.queue(20, name=name)
    service.expect_undisturbed(service.all_end([url]), 20)
    assert service.happened("api", [place])
    newest = service.client.get("/v1/jobs", params={"limit": 20}).json()["data"]
    assert [job["name"] for job in newest].count(name) == 1
    note(f"{action} {moment} commit")
