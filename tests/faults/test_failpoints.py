"""Proof 2: wherever a process dies, fails, or is told that a commit failed which did not, the job ends as it should."""

import itertools
import signal
import time
from collections.abc import Sequence

import pytest

from tests.faults.conftest import Note
from tests.faults.house import LEASE_SECONDS, House

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
    house: House, note: Note, places: Places, moment: str, action: str
) -> None:
    house.undisturbed(LONG)
    named = [f"{place}.{moment}_commit" for place in places]
    for place in named:
        house.arm("worker", place, action)
    jobs = house.all_end([house.queue(LONG) for _ in range(3)])
    assert house.happened("worker", named)
    house.expect_undisturbed(jobs, LONG)
    note(f"{len(named)} x {action} {moment} commit")


@proof("claim, done but reported as failed")
def test_a_claim_that_was_reported_as_failed_costs_neither_time_nor_an_attempt(house: House, note: Note) -> None:
    house.undisturbed()
    house.arm("worker", "claim.after_commit", "error")
    (job,) = house.all_end([house.queue()])
    assert house.happened("worker", ["claim.after_commit"])
    house.expect_undisturbed([job])
    assert [entry["state"] for entry in job["transitions"]] == ["queued", "running", "succeeded"]
    assert job["attempt"] == 1
    note("no attempt charged")


@proof("range test")
@cases(("before", "kill"), ("after", "kill"), ("after", "error"))
def test_a_job_is_trained_at_one_learning_rate_through(house: House, note: Note, moment: str, action: str) -> None:
    place, tested = f"range_test.{moment}_commit", {"training": {"range_test": {}}}
    (undisturbed,) = house.all_end([house.queue(20, **tested)])
    house.arm("worker", place, action)
    (job,) = house.all_end([house.queue(20, **tested)])
    house.wait(lambda: house.happened("worker", [place]))
    assert job["state"] == "succeeded"
    assert job["range_test"] == undisturbed["range_test"]
    assert house.hash_of(job) == house.hash_of(undisturbed)
    events = house.client.get(f"{job['links']['events']}", headers={"Accept": "application/json"}).json()["data"]
    assert [event["type"] for event in events].count("job.range_test") == 1
    note(f"{action} {moment} commit")


@proof("cancel")
@cases(("before", "kill"), ("after", "error"))
def test_a_canceled_job_stays_canceled_through(house: House, note: Note, moment: str, action: str) -> None:
    place = f"canceled.{moment}_commit"
    url = house.queue(epochs=10_000)
    house.wait(lambda: house.is_running(url))
    house.arm("worker", place, action)
    house.client.post(f"{url}/cancel").raise_for_status()
    (job,) = house.all_end([url])
    assert (job["state"], job["model_id"]) == ("canceled", None)
    house.wait(lambda: house.happened("worker", [place]))
    house.expect_undisturbed(house.all_end([house.queue()]))
    note(f"{action} {moment} commit")


@proof("drain")
@cases(("before", "kill"), ("after", "error"))
def test_a_stopping_workers_job_ends_with_the_same_bits_through(
    house: House, note: Note, moment: str, action: str
) -> None:
    place = f"interrupted.{moment}_commit"
    house.undisturbed(LONG)
    url = house.queue(LONG)
    house.wait(lambda: house.is_running(url))
    house.arm("worker", place, action)
    seconds = house.stop("worker")
    assert house.happened("worker", [place])
    house.begin("worker")
    house.expect_undisturbed(house.all_end([url]), LONG)
    note(f"{action} {moment} commit, stopped in {seconds:.1f} s")


@proof("reconcile")
@cases(("after", "kill"), ("before", "error"))
def test_a_lost_workers_job_ends_with_the_same_bits_through(house: House, note: Note, moment: str, action: str) -> None:
    place = f"reconcile.{moment}_commit"
    house.undisturbed(LONG)
    house.stop("scheduler")
    url = house.queue(LONG)
    house.wait(lambda: house.is_running(url))
    house.signal_trainers(signal.SIGKILL)
    time.sleep(LEASE_SECONDS)
    house.arm("scheduler", place, action)
    house.begin("scheduler")
    house.expect_undisturbed(house.all_end([url]), LONG)
    assert house.happened("scheduler", [place])
    note(f"{action} {moment} commit")


@proof("ring")
@pytest.mark.parametrize("role", ["api", "scheduler"])
@cases(("before", "kill"), ("after", "error"))
def test_a_job_whose_bell_is_not_rung_or_rung_twice_is_trained_once(
    house: House, note: Note, moment: str, action: str, role: str
) -> None:
    place = f"ring.{moment}_send"
    house.undisturbed(LONG)
    house.arm(role, place, action)
    jobs = house.all_end([house.queue(LONG) for _ in range(3)])  # one more than slots, for which the scheduler rings
    house.wait(lambda: house.happened(role, [place]))
    house.expect_undisturbed(jobs, LONG)
    assert {job["attempt"] for job in jobs} == {1}
    note(f"{role}: {action} {moment} sending")


@proof("submit")
@cases(("after", "kill"), ("after", "error"))
def test_a_job_that_is_asked_for_again_under_one_key_is_made_once(
    house: House, note: Note, moment: str, action: str
) -> None:
    place = f"answer.{moment}_commit"
    house.arm("api", place, action)
    name = f"once {moment} {action}"
    url = house.queue(20, name=name)
    house.expect_undisturbed(house.all_end([url]), 20)
    assert house.happened("api", [place])
    newest = house.client.get("/v1/jobs", params={"limit": 20}).json()["data"]
    assert [job["name"] for job in newest].count(name) == 1
    note(f"{action} {moment} commit")
