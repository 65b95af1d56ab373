"""Load on an HTTP server: `wrk`, idle connections, and a bare FastAPI application to compare with."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import START_SECONDS, free_port

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
PERCENTILE = r"{}%\s+([0-9.]+)(us|ms|s)"
ERRORS = re.compile(r"Non-2xx or 3xx responses: (\d+)")
MILLISECONDS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What `wrk` measured: requests per second, and percentiles of the latency in milliseconds."""

    rate: float
    p50: float
    p99: float


def require_wrk() -> None:
    """Exit with a message if `wrk` is not installed."""
    if shutil.which("wrk") is None:
        sys.exit("This benchmark needs wrk: apt-get install wrk")


def load(url: str, seconds: float, *headers: str, body: str | None = None, connections: int = 16) -> Load:
    """Send requests to `url`: GET, or POST with a JSON body. All of them must succeed."""
    options = [part for header in headers for part in ("-H", header)]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if body is not None:
            script.write(f"wrk.method = 'POST'\nwrk.body = [==[{body}]==]\n")
            script.write("wrk.headers['Content-Type'] = 'application/json'\n")
            script.flush()
            options += ["-s", script.name]
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency", *options, url]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert not ERRORS.search(text), text
    rate = RATE.search(text)
    assert rate, text
    return Load(rate=float(rate[1]), p50=_percentile(text, 50), p99=_percentile(text, 99))


def start_bare(stack: ExitStack) -> str:
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


def open_request(port: int, path: str, *headers: str) -> socket.socket:
    """Send a GET request and leave the connection open."""
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", *headers]
    client.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    return client


def _percentile(text: str, which: int) -> float:
    found = re.search(PERCENTILE.format(which), text)
    assert found, text
    return float(found[1]) * MILLISECONDS[found[2]]
