"""Clients that repeat requests or reconnect: the same job, and each event one time."""

import itertools
import random
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.processes import START_SECONDS, Processes
from tests.support.tables import flowers

CUTS = 100
ACTIONS = 60  # each is an event
WHOLE_EVENT = re.compile(r"id: (\d+)\nevent: [^\n]*\ndata: [^\n]*\n\n")  # each in an HTTP chunk of its own


@pytest.fixture(scope="module")
def service(sqlite_template: Path, valkey_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """An API process that can be killed at a failpoint."""
    folder = tmp_path_factory.mktemp("service")
    file = folder / "x.sqlite3"
    file.write_bytes(sqlite_template.read_bytes())
    (folder / "failpoints").mkdir()
    service = Processes(f"sqlite:///{file}", valkey_server.url, folder)
    service.environment["BACKPROP_FAILPOINTS"] = str(folder / "failpoints")
    start(service)
    yield service
    service.end()


def start(service: Processes) -> None:
    service.start("api", "--port", str(service.port))
    service.wait(service.responds, 4 * START_SECONDS)


def test_fifty_identical_submits_make_one_job(service: Processes) -> None:
    body = {"dataset_id": service.upload(flowers()), "target": "kind"}

    def submit(_: int) -> httpx.Response:
        return httpx.post(
            f"{service.client.base_url}/v1/jobs", json=body, headers={"Idempotency-Key": "fifty"}, timeout=60
        )

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(submit, range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 49


def test_a_submit_whose_answer_was_lost_is_answered_after_a_restart(service: Processes) -> None:
    body, key = {"dataset_id": service.upload(flowers()), "target": "kind"}, {"Idempotency-Key": "lost"}
    (Path(service.environment["BACKPROP_FAILPOINTS"]) / "answer.after_commit").write_text("kill")
    with pytest.raises(httpx.TransportError):
        service.client.post("/v1/jobs", json=body, headers=key)
    start(service)
    jobs = service.client.get("/v1/jobs").json()["data"]
    again = [service.client.post("/v1/jobs", json=body, headers=key) for _ in range(2)]
    assert [answer.headers["Idempotency-Replayed"] for answer in again] == ["true", "true"]
    assert again[0].json() == again[1].json()
    assert again[0].json()["id"] == jobs[0]["id"]
    assert service.client.get("/v1/jobs").json()["data"] == jobs


def test_a_stream_that_is_cut_again_and_again_misses_and_repeats_no_event(service: Processes) -> None:
    job = service.submit(service.upload(flowers()), target="kind")
    actions = threading.Thread(target=act, args=(f"{service.client.base_url}{job}",))
    actions.start()
    rng, seen = random.Random(5), [0]
    for cut in itertools.count():
        size = rng.randrange(600) if cut < CUTS else 1_000_000
        text, ended = read_stream(service.port, f"{job}/events", seen[-1], size)
        seen += [int(number) for number in WHOLE_EVENT.findall(text)]
        if ended and cut >= CUTS:
            break
    actions.join()
    assert seen == list(range(ACTIONS + 3))  # and the first and the last event


def act(url: str) -> None:
    """Pause and resume a job, then cancel it."""
    with httpx.Client(timeout=60) as client:
        for number in range(ACTIONS):
            client.post(f"{url}/{('pause', 'resume')[number % 2]}").raise_for_status()
        client.post(f"{url}/cancel").raise_for_status()


def read_stream(port: int, path: str, after: int, size: int) -> tuple[str, bool]:
    """Read at most `size` bytes of a stream of events; return the text, and whether the stream has ended."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        request = (
            f"GET {path} HTTP/1.0\r\nHost: localhost\r\nAccept: text/event-stream\r\nLast-Event-ID: {after}\r\n\r\n"
        )
        client.sendall(request.encode())
        received = b""
        while b"\r\n\r\n" not in received:
            received += client.recv(1)
        assert b" 200 " in received
        body = b""
        while len(body) < size:
            data = client.recv(min(size - len(body), 300))
            if not data:
                return body.decode(), True
            body += data
        return body.decode("utf-8", "ignore"), False
