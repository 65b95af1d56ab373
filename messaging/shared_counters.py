"""Counters of all processes on all machines, added up in Redis. What a killed process has added remains."""

import json
import os
import resource
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

from messaging.channels import impatient_client

COUNTERS = "backprop-metrics"  # a hash: the sums by series
PROCESSES = "backprop-processes"  # a hash: the last report of each process
LIVE_SECONDS = 30.0  # after its last report, a process is forgotten
READ = "return cjson.encode(redis.call('HGETALL', KEYS[1]))"  # one string: parsed much faster than thousands of them
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessReport:
    """What a process uses."""

    role: str
    process: str  # host and process id
    cpu_seconds: float
    resident_bytes: int


class SharedCounters:
    """The counters in one Redis. Raises `RedisError` while it cannot be reached."""

    def __init__(self, redis_url: str) -> None:
        self._redis = impatient_client(redis_url)

    def add(self, sums: Mapping[str, float], role: str | None) -> None:
        """Add to the counters, in one transaction, and report what this process uses."""
        with self._redis.pipeline(transaction=True) as pipeline:
            for series, amount in sums.items():
                pipeline.hincrbyfloat(COUNTERS, series, amount)
            if role is not None:
                pipeline.hset(PROCESSES, f"{role} {socket.gethostname()}:{os.getpid()}", _report())
            pipeline.execute()

    def read(self) -> tuple[dict[str, float], list[ProcessReport]]:
        """Return the counters by series, and the live processes."""
        with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.eval(READ, 1, COUNTERS)
            pipeline.hgetall(PROCESSES)
            text, reports = pipeline.execute()
        live, dead = _sort(reports)
        if dead:
            self._redis.hdel(PROCESSES, *dead)
        flat = json.loads(text) or []  # Lua writes an empty list as {}
        return dict(zip(flat[::2], map(float, flat[1::2]), strict=True)), live

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()


def _report() -> str:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return json.dumps({"at": time.time(), "cpu": usage.ru_utime + usage.ru_stime, "resident": _resident_bytes()})


def _resident_bytes() -> int:
    try:
        with open("/proc/self/statm") as file:  # noqa: PTH123 - quicker, and not on every system
            return int(file.read().split()[1]) * PAGE_BYTES
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _sort(reports: Mapping[bytes, bytes]) -> tuple[list[ProcessReport], list[bytes]]:
    live, dead = [], []
    for name, text in reports.items():
        report = json.loads(text)
        if time.time() - report["at"] > LIVE_SECONDS:
            dead.append(name)
            continue
        role, _, process = name.decode().partition(" ")
        live.append(
            ProcessReport(role=role, process=process, cpu_seconds=report["cpu"], resident_bytes=report["resident"])
        )
    return live, dead
