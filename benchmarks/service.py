"""Measure polls and idle event streams of one API process, beside a bare FastAPI application in the same run.

    python benchmarks/service.py [--database sqlite|postgresql] [--seconds 4] [--streams 400]

Polls are sent by `wrk` through 16 connections; their share is the rate divided by that of the bare application, which
answers a constant. No worker runs. The polled job is paused, so nothing changes. Streams wait for events of this job;
their cost is the share of one core that the API process uses.
"""

import argparse
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx

from store.db.migrate import migrate
from tests.support.processes import START_SECONDS, Processes, free_port
from tests.support.servers import PostgresServer, RedisServer, valkey_binary
from tests.support.tables import flowers

CONNECTIONS = 16
BARE = """
    import sys, uvicorn
    from fastapi import FastAPI
    app = FastAPI()
    @app.get("/")
    async def constant():
        return {"state": "running"}
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
"""
RATE = re.compile(r"Requests/sec:\s+([0-9.]+)")
P99 = re.compile(r"99%\s+([0-9.]+)(us|ms|s)")
MILLISECONDS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def load(url: str, seconds: float, *headers: str) -> tuple[float, float]:
    """Send requests to `url`; return how many were answered per second, and the 99th percentile in milliseconds."""
    options = [part for header in headers for part in ("-H", header)]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--latency", *options, url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate, high = RATE.search(text), P99.search(text)
    assert rate, text
    assert high, text
    return float(rate[1]), float(high[1]) * MILLISECONDS[high[2]]


def bare(stack: ExitStack) -> str:
    """Start a FastAPI application that answers a constant; return its URL."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(BARE), str(port)])
    stack.callback(process.kill)
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return f"http://127.0.0.1:{port}/"
        time.sleep(0.1)
    raise TimeoutError("the bare application did not start")


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_stream(port: int, path: str) -> socket.socket:
    """Open a stream of events and read its first bytes."""
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.sendall(f"GET {path}/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode())
    client.recv(4096)
    return client


def main() -> None:
    """Print one line per measurement."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--streams", type=int, default=400)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("This benchmark needs wrk: apt-get install wrk")
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with ExitStack() as stack:
        measure(stack, options)


def measure(stack: ExitStack, options: argparse.Namespace) -> None:
    """Start everything and measure."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    valkey = RedisServer(valkey_binary()).start()
    stack.callback(valkey.destroy)
    url = f"sqlite:///{folder}/x.sqlite3"
    if options.database == "postgresql":
        postgres = PostgresServer().create()
        stack.callback(postgres.destroy)
        url = postgres.url()
    migrate(url)
    service = Processes(url, valkey.url, folder)
    stack.callback(service.end)
    api = service.start("api", "--port", str(service.port))
    service.wait(lambda: is_alive(service), START_SECONDS)
    job = service.submit(service.upload(flowers()), target="kind")
    etag = service.client.post(f"{job}/pause").headers["ETag"]
    base, target = bare(stack), f"http://127.0.0.1:{service.port}{job}"
    print_rates(base, target, etag, options.seconds)
    print_streams(api.pid, service.port, job, options)


def is_alive(service: Processes) -> bool:
    """Whether the API responds."""
    try:
        return service.client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def print_rates(base: str, target: str, etag: str, seconds: float) -> None:
    """Print the rates of polls; the bare application is measured before and after each."""
    print(f"{'polls':20}{'per second':>12}{'of bare':>9}{'p99 ms':>8}")
    for name, headers in (("200", ()), ("304", (f"If-None-Match: {etag}",))):
        before = load(base, seconds)[0]
        rate, high = load(target, seconds, *headers)
        bare_rate = (before + load(base, seconds)[0]) / 2
        print(f"{name:20}{rate:12.0f}{rate / bare_rate:9.2f}{high:8.1f}   (bare {bare_rate:.0f}/s)", flush=True)


def print_streams(pid: int, port: int, job: str, options: argparse.Namespace) -> None:
    """Print the processor time that idle streams cost."""
    streams = [open_stream(port, job) for _ in range(options.streams)]
    time.sleep(2)
    before, began = cpu_seconds(pid), time.monotonic()
    time.sleep(max(options.seconds, 20.0))
    share = (cpu_seconds(pid) - before) / (time.monotonic() - began)
    print(f"{len(streams)} idle streams: {share:.1%} of a core")
    for stream in streams:
        stream.close()


if __name__ == "__main__":
    main()
