"""Measure polls beside slow sockets, and how soon the sockets are closed.

    ./dev bench slow_sockets [--sockets 1000] [--seconds 8]

One client polls a paused job through one connection, every few milliseconds, first alone and then while the sockets
send a byte now and then. All limits are the defaults, except that one address may have all these sockets.
"""

import argparse
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.api_process import start_api
from tests.support.processes import Processes
from tests.support.slow_sockets import SlowSockets
from tests.support.tables import flowers

POLL_SECONDS = 0.005
TRICKLE_SECONDS = 0.5


def poll(service: Processes, path: str, goes_on: Callable[[float], bool]) -> list[float]:
    """Poll while `goes_on` says so; return the milliseconds of each poll."""
    began, times = time.perf_counter(), []
    while goes_on(time.perf_counter() - began):
        sent = time.perf_counter()
        service.client.get(path).raise_for_status()
        times.append((time.perf_counter() - sent) * 1000)
        time.sleep(POLL_SECONDS)
    return times


def report(what: str, times: list[float]) -> None:
    """Print the percentiles of some polls."""
    p99 = statistics.quantiles(times, n=100)[98]
    print(
        f"{what}: {len(times)} polls, p50 {statistics.median(times):.2f} ms, p99 {p99:.2f} ms, max {max(times):.1f} ms"
    )


def keep_slow(port: int, sockets: int, opened: Any, seconds: Any) -> None:
    """Open the sockets, and send a byte now and then until all are closed; a process of its own, to delay no poll."""
    with SlowSockets(port, sockets) as slow:
        opened.set()
        began = time.perf_counter()
        while slow.trickle():
            time.sleep(TRICKLE_SECONDS)
        seconds.value = time.perf_counter() - began


def measure(service: Processes, path: str, sockets: int, seconds: float) -> None:
    """Print the polls without and with slow sockets."""
    report("alone", poll(service, path, lambda passed: passed < seconds))
    context = multiprocessing.get_context("spawn")
    opened, closed_after = context.Event(), context.Value("d", 0.0)
    sender = context.Process(target=keep_slow, args=(service.port, sockets, opened, closed_after))
    sender.start()
    opened.wait()
    times = poll(service, path, lambda _: sender.is_alive())
    sender.join()
    report(f"beside {sockets} slow sockets", times)
    print(f"all closed {closed_after.value:.1f} s after the last was opened")


def main() -> None:
    """Start an API on SQLite, and measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    limit = {"BACKPROP_MAX_SOCKETS_PER_ADDRESS": str(options.sockets + 100)}
    with ExitStack() as stack:
        service, _, _ = start_api(stack, "sqlite", **limit)
        path = service.submit(service.upload(flowers()), target="kind")
        service.client.post(f"{path}/pause").raise_for_status()
        measure(service, path, options.sockets, options.seconds)


if __name__ == "__main__":
    main()
