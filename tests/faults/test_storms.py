"""Proofs 1, 9 and 10: storms of kills, of bells and of stops."""

import random
import time

import pytest

from messaging.celery_app import celery_app, send_notifications
from tests.support.processes import children, kill
from tests.support.proof_summary import Note, Size
from tests.support.service_under_test import ServiceUnderTest

SLOW_STOP_SECONDS = 3.0
LONG = 3000  # epochs: long enough to be killed in


@pytest.mark.proof(1, "kill storm", "all succeed, none twice, hashes equal")
def test_in_a_storm_of_kills_every_job_succeeds_once_with_the_same_bits(
    service: ServiceUnderTest, note: Note, size: Size
) -> None:
    service.undisturbed(LONG)
    service.begin("second worker")
    urls = [service.queue(LONG) for _ in range(size(5, 200))]
    rng, kills, pause = random.Random(1), 0, (0.7, 1.4) if size(0, 1) == 0 else (0.5, 3.0)
    waiting = set(urls)
    while waiting and kills < size(8, 10_000):
        time.sleep(rng.uniform(*pause))
        role = rng.choice(["worker", "second worker"])
        whole = rng.random() < 0.2
        victims = [service.parts[role].pid] if whole else children(service.parts[role].pid)[:1]
        for victim in victims:
            kill(victim)
            kills += 1
        waiting -= {url for url in waiting if service.job(url)["finished_at"]}
        service.restart_dead()
    jobs = service.all_end(urls)
    service.expect_undisturbed(jobs, LONG)
    most = max(sum(entry["state"] == "running" for entry in job["transitions"]) for job in jobs)
    note(f"{len(jobs)} jobs, {kills} kills, up to {most} attempts a job")


@pytest.mark.proof(9, "each bell five times", "one claim per job")
def test_a_bell_rung_five_times_claims_a_job_once(service: ServiceUnderTest, note: Note, size: Size) -> None:
    app = celery_app(service.broker.url)
    urls = []
    for _ in range(size(10, 100)):
        urls.append(service.queue(20))
        send_notifications(app, 5)
    jobs = service.all_end(urls)
    claims = [sum(entry["state"] == "running" for entry in job["transitions"]) for job in jobs]
    assert claims == [1] * len(jobs)
    service.expect_undisturbed(jobs, 20)
    note(f"{len(jobs)} jobs, {sum(claims)} claims")


@pytest.mark.proof(10, "rolling SIGTERMs", "no attempt charged, each <= 3 s")
def test_rolling_stops_charge_no_attempt_and_are_over_soon(service: ServiceUnderTest, note: Note, size: Size) -> None:
    rounds = size(3, 50)
    service.undisturbed(800)
    urls = [service.queue(800) for _ in range(size(2, 12))]
    took = []
    for number in range(rounds):
        stopping, other = ("worker", "second worker") if number % 2 == 0 else ("second worker", "worker")
        service.begin(other)
        service.wait(lambda: all(service.trainers(other) for other in service.parts if "worker" in other))
        time.sleep(0.3)
        took.append(service.stop(stopping))
    if "worker" not in service.parts:
        service.begin("worker")
    jobs = service.all_end(urls, 120)
    service.expect_undisturbed(jobs, 800)
    charged = [job["transitions"] for job in jobs if job["attempt"] != 1]
    assert not charged, f"{charged}\n{service.told()}"
    assert max(took) <= size(15, SLOW_STOP_SECONDS)  # the short form runs beside other tests
    turns = sum(sum(entry["state"] == "running" for entry in job["transitions"]) for job in jobs)
    note(f"{rounds} stops, {turns} turns at {len(jobs)} jobs, slowest stop {max(took):.2f} s")
