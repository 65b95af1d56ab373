"""Count what happens in this process, and add it to the shared counters every few seconds from a thread."""

import bisect
import logging
import threading
from collections import defaultdict

from redis.exceptions import RedisError

from messaging.shared_counters import SharedCounters
from service.metrics import definitions
from service.metrics.definitions import Counter, Histogram
from service.metrics.text_format import INFINITY, SUM
from store.jobs.states import TERMINAL

log = logging.getLogger(__name__)

FLUSH_SECONDS = 5.0  # what a killed process has counted since then is lost
CLOSE_SECONDS = 1.0  # for a flush in progress, before the process ends
SEPARATOR = "\x1f"  # between the parts of the name of a series
POLL_ROUTE = "/v1/jobs/{job_id}"


def series_of(name: str, *labels: str) -> str:
    """Return the name of a series."""
    return SEPARATOR.join((name, *labels))


class MetricsRecorder:
    """The counts of one process. Without `shared` counters they are only kept here."""

    def __init__(self, shared: SharedCounters | None = None) -> None:
        self._shared = shared
        self._sums: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._role: str | None = None
        self.polls_from_memory = {200: 0, 304: 0}  # by status; only the event loop adds, without a lock
        self._flushed_polls = dict(self.polls_from_memory)

    def start(self, role: str) -> None:
        """Start adding to the shared counters, in a process with this role: api, worker or scheduler."""
        self._role = role
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Add the last counts."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=CLOSE_SECONDS)
            if not self._thread.is_alive():
                self.flush()
        if self._shared is not None:
            self._shared.close()

    def count(self, counter: Counter, *labels: str, amount: float = 1.0) -> None:
        """Add to a counter."""
        with self._lock:
            self._sums[series_of(counter.name, *labels)] += amount

    def observe(self, histogram: Histogram, value: float, *labels: str) -> None:
        """Add a value to a histogram."""
        place = bisect.bisect_left(histogram.bounds, value)
        bound = f"{histogram.bounds[place]:g}" if place < len(histogram.bounds) else INFINITY
        with self._lock:
            self._sums[series_of(histogram.name, *labels, bound)] += 1
            self._sums[series_of(histogram.name, *labels, SUM)] += value

    def job_entered(self, state: str) -> None:
        """Count a job that entered a state."""
        if state == "running":
            self.count(definitions.JOB_CLAIMS)
        elif state in TERMINAL:
            self.count(definitions.JOBS_FINISHED, state)

    def flush(self) -> None:
        """Add the counts of this process to the shared ones. If that fails, they are kept for the next time."""
        if self._shared is None:
            return
        self._add_polls()
        with self._lock:
            sums, self._sums = self._sums, defaultdict(float)
        try:
            self._shared.add(sums, self._role)
        except (RedisError, OSError):
            with self._lock:
                for series, amount in sums.items():
                    self._sums[series] += amount

    def counts(self) -> dict[str, float]:
        """Return the counts that were not flushed yet."""
        with self._lock:
            return dict(self._sums)

    def _add_polls(self) -> None:
        with self._lock:
            for status, polls in self.polls_from_memory.items():
                new, self._flushed_polls[status] = polls - self._flushed_polls[status], polls
                if new:
                    self._sums[series_of(definitions.HTTP_REQUESTS.name, "GET", POLL_ROUTE, str(status))] += new

    def _run(self) -> None:
        while not self._ended.is_set():
            self.flush()
            self._ended.wait(FLUSH_SECONDS)
