"""Measure polls of one client beside requests that were made to delay everybody.

    ./dev bench attacks [--seconds 5]

Each attack runs in a process of its own with four connections, again and again, while one client polls a paused job
every 5 ms. Prints the percentiles of the polls and the answers that the attack got. `slow_sockets.py` does the same
for sockets that send slowly or nothing.
"""

import argparse
import collections
import json
import multiprocessing
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx

from benchmarks.api_process import start_api
from benchmarks.slow_sockets import poll, report
from tests.support.processes import Processes
from tests.support.tables import flowers

CONNECTIONS = 4
WIDE = 2_000  # columns of the table with misnamed features
STREAMS = 400

Attack = Callable[[httpx.Client, dict[str, Any]], httpx.Response | None]


def repeated_key(client: httpx.Client, _: dict[str, Any]) -> httpx.Response:
    """S1: a body with 40,000 keys, one of them twice."""
    pairs = [f'"key{number}": 1' for number in range(40_000)]
    return client.post("/v1/jobs", content="{" + ", ".join([*pairs, pairs[0]]) + "}", headers=JSON)


def endless_header(_client: httpx.Client, known: dict[str, Any]) -> None:
    """S2: a header line that does not end."""
    with socket.create_connection(("127.0.0.1", known["port"])) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ")
        for _ in range(2_000):
            try:
                connection.sendall(b"x" * 10_000)
            except OSError:
                return


def misnamed_features(client: httpx.Client, known: dict[str, Any]) -> httpx.Response:
    """S3: 450 misnamed features of a table with 2,000 columns."""
    features = [{"column": f"colunm_{number}"} for number in range(450)]
    return client.post("/v1/jobs", json={"dataset_id": known["wide"], "target": "column_0", "features": features})


def many_filters(client: httpx.Client, _: dict[str, Any]) -> httpx.Response:
    """S4: a list with 500 filters."""
    return client.get("/v1/jobs", params={f"metadata.key{number}": "x" for number in range(500)})


def foreign_host(client: httpx.Client, _: dict[str, Any]) -> httpx.Response:
    """S7: an upload that names another host."""
    return client.post("/v1/datasets", content=flowers(), headers={"Host": "evil.example", "Content-Type": "text/csv"})


def nul_in_form(client: httpx.Client, _: dict[str, Any]) -> httpx.Response:
    """S6: NUL in the file name of a form."""
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a\0.csv"\r\n\r\na,b\n1,2\n\r\n--b--\r\n'
    return client.post("/v1/datasets", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})


def unknown_fields(client: httpx.Client, known: dict[str, Any]) -> httpx.Response:
    """S11: 60,000 unknown fields."""
    body = json.dumps({"dataset_id": known["flowers"], "target": "kind"} | {f"f{n}": 0 for n in range(60_000)})
    return client.post("/v1/jobs", content=body, headers=JSON)


def unknown_layers(client: httpx.Client, known: dict[str, Any]) -> httpx.Response:
    """S11: 1,000 layers of a type that does not exist."""
    model = {"layers": [{"type": "dence", "units": 3}] * 1_000}
    return client.post("/v1/jobs", json={"dataset_id": known["flowers"], "target": "kind", "model": model})


JSON = {"Content-Type": "application/json"}
ATTACKS: tuple[Attack, ...] = (
    *(repeated_key, endless_header, misnamed_features, many_filters, nul_in_form, foreign_host),
    *(unknown_fields, unknown_layers),
)


def attack(name: str, known: dict[str, Any], seconds: float, answers: Any) -> None:
    """Repeat one attack through four connections, and report how often each status was answered."""
    send = globals()[name]
    until = time.monotonic() + seconds

    def repeat(_: int) -> list[str]:
        statuses = []
        with httpx.Client(base_url=f"http://127.0.0.1:{known['port']}", timeout=30) as client:
            while time.monotonic() < until:
                try:
                    answer = send(client, known)
                except httpx.TransportError as error:
                    statuses.append(type(error).__name__)
                else:
                    statuses.append(str(answer.status_code) if answer else "closed")
        return statuses

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        answers.put(collections.Counter(status for part in threads.map(repeat, range(CONNECTIONS)) for status in part))


def measure(service: Processes, path: str, known: dict[str, Any], seconds: float) -> None:
    """Print the polls alone and beside each attack, then beside idle streams."""
    report("alone", poll(service, path, lambda passed: passed < seconds))
    context = multiprocessing.get_context("spawn")
    for each in ATTACKS:
        answers = context.Queue()
        sender = context.Process(target=attack, args=(each.__name__, known, seconds, answers))
        sender.start()
        report(each.__name__.replace("_", " "), poll(service, path, lambda _: sender.is_alive()))  # noqa: B023
        print("    " + ", ".join(f"{count:,} x {status}" for status, count in answers.get().items()))
    streams = [open_stream(service.port, path) for _ in range(STREAMS)]
    report(f"{STREAMS} idle streams", poll(service, path, lambda passed: passed < seconds))
    for stream in streams:
        stream.close()


def open_stream(port: int, path: str) -> socket.socket:
    """S5: a stream of the events of a job in which nothing happens."""
    stream = socket.create_connection(("127.0.0.1", port))
    stream.sendall(f"GET {path}/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode())
    return stream


def main() -> None:
    """Start an API on SQLite, and measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    with ExitStack() as stack:
        service, _, _ = start_api(stack, "sqlite")
        names = [f"column_{number}" for number in range(WIDE)]
        wide = "\n".join([",".join(names), *(",".join(str(n * k % 97) for n in range(WIDE)) for k in range(9))])
        known: dict[str, Any] = {
            "port": service.port,
            "flowers": service.upload(flowers()),
            "wide": service.upload(wide),
        }
        path = service.submit(known["flowers"], target="kind")
        service.client.post(f"{path}/pause").raise_for_status()
        measure(service, path, known, options.seconds)


if __name__ == "__main__":
    main()
