"""Proofs 1, 9 and 10: many kills, notifications and stops."""

import random
import time
from typing import Any

import pytest

from messaging.celery_app import celery_app, send_notifications
from tests.support.processes import children, kill
from tests.support.proof_summary import Note, Size
from tests.support.service_under_test import ServiceUnderTest

SLOW_STOP_SECONDS = 3.0


@pytest.mark.proof(1, "random SIGKILLs of processes and workers", "every job succeeds once with the same bits")
def test_random_kills_do_not_change_the_result_of_any_job(service: ServiceUnderTest, note: Note, size: Size) -> None:
    epochs = size(800, 3000)  # long enough for a kill to arrive
    service.reference_hash(epochs)
    several: dict[str, Any] = {"epochs": epochs // 4, "ensemble": {"type": "folds", "folds": 3}}
    (undisturbed,) = service.wait_for_all([service.submit_job(**several)])
    service.start_part("second worker")
    urls = [service.submit_job(**several), *(service.submit_job(epochs) for _ in range(size(3, 200)))]
    rng, kills, pause = random.Random(1), 0, (0.4, 1.0) if size(0, 1) == 0 else (0.5, 3.0)
    waiting = set(urls)
    while waiting and kills < size(6, 10_000):
        time.sleep(rng.uniform(*pause))
        role = rng.choice(["worker", "second worker"])
        whole = rng.random() < 0.2
        victims = [service.parts[role].pid] if whole else children(service.parts[role].pid)[:1]
        for victim in victims:
            kill(victim)
            kills += 1
        waiting -= {url for url in waiting if service.job(url)["finished_at"]}
        service.restart_dead()
    ensemble, *jobs = service.wait_for_all(urls, 120)
    service.assert_same_as_reference(jobs, epochs)
    assert service.hash_of(ensemble) == service.hash_of(undisturbed)
    most = max(sum(entry["state"] == "running" for entry in job["transitions"]) for job in jobs)
    note(f"{len(jobs)} jobs, {kills} kills, up to {most} attempts a job")


@pytest.mark.proof(9, "each notification five times", "one claim per job")
def test_five_notifications_claim_a_job_once(service: ServiceUnderTest, note: Note, size: Size) -> None:
    app = celery_app(service.broker.url)
    urls = []
    for _ in range(size(5, 100)):
        urls.append(service.submit_job(20))
        send_notifications(app, 5)
    jobs = service.wait_for_all(urls)
    claims = [sum(entry["state"] == "running" for entry in job["transitions"]) for job in jobs]
    assert claims == [1] * len(jobs)
    service.assert_same_as_reference(jobs, 20)
    note(f"{len(jobs)} jobs, {sum(claims)} claims")


@pytest.mark.proof(10, "SIGTERM to one worker after the other", "no attempt charged; each stop takes at most 3 s")
def test_rolling_restarts_are_quick_and_charge_no_attempt(service: ServiceUnderTest, note: Note, size: Size) -> None:
    rounds = size(3, 50)
    service.reference_hash(800)
    urls = [service.submit_job(800) for _ in range(size(2, 12))]
    took = []
    for number in range(rounds):
        stopping, other = ("worker", "second worker") if number % 2 == 0 else ("second worker", "worker")
        service.start_part(other)
        service.wait(lambda: all(service.training_processes(other) for other in service.parts if "worker" in other))
        time.sleep(0.3)
        took.append(service.stop_part(stopping))
    if "worker" not in service.parts:
        service.start_part("worker")
    jobs = service.wait_for_all(urls, 120)
    service.assert_same_as_reference(jobs, 800)
    charged = [job["transitions"] for job in jobs if job["attempt"] != 1]
    assert not charged, f"{charged}\n{service.log()}"
    assert max(took) <= size(15, SLOW_STOP_SECONDS)  # the short form runs in parallel with other tests
    attempts = sum(sum(entry["state"] == "running" for entry in job["transitions"]) for job in jobs)
    note(f"{rounds} stops, {attempts} attempts at {len(jobs)} jobs, slowest stop {max(took):.2f} s")
