"""The metrics of the whole service as Prometheus reads them, whichever process is asked."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from redis.exceptions import RedisError

from messaging.shared_counters import ProcessReport, SharedCounters
from service.metrics import text_format
from service.metrics.definitions import COUNTERS, HISTOGRAMS, PREFIX, Counter, Histogram
from service.metrics.recorder import SEPARATOR, MetricsRecorder
from service.metrics.stored_figures import Figures, StoredFigures
from service.metrics.text_format import Labels

Counts = Mapping[Any, float]  # by labels, which are tuples of texts; those of a histogram end with the bound


class Exposition:
    """Collects the counts of all processes and the figures of the database."""

    def __init__(self, recorder: MetricsRecorder, shared: SharedCounters, figures: StoredFigures, version: str) -> None:
        self._recorder = recorder
        self._shared = shared
        self._figures = figures
        self._version = version

    def text(self) -> str:
        """Return the metrics."""
        return "".join(self._lines())

    def _lines(self) -> Iterator[str]:
        self._recorder.flush()
        try:
            counts, processes = self._shared.read()
            is_up = True
        except (RedisError, OSError):
            counts, processes, is_up = self._recorder.counts(), [], False
        yield from _gauge("info", "The version of the service.", {(self._version,): 1}, ("version",))
        text = "Whether Redis can be reached. If not, the counters are those of one process."
        yield from _gauge("broker_up", text, {(): is_up})
        yield from _stored(self._figures.read())
        yield from _processes(processes)
        by_name = _by_name(counts)
        for counter in COUNTERS:
            yield from _counter(counter, by_name[counter.name])
        for histogram in HISTOGRAMS:
            yield from _histogram(histogram, by_name[histogram.name])


def _by_name(counts: Mapping[str, float]) -> defaultdict[str, dict[Labels, float]]:
    found: defaultdict[str, dict[Labels, float]] = defaultdict(dict)
    for series, value in counts.items():
        name, *labels = series.split(SEPARATOR)
        found[name][tuple(labels)] = value
    return found


def _stored(figures: Figures) -> Iterator[str]:
    yield from _gauge("database_up", "Whether the database can be read.", {(): figures.database_up})
    if not figures.database_up:
        return
    jobs = {(state,): count for state, count in sorted(figures.jobs.items())}
    yield from _gauge("jobs", "Jobs by state. Those that have ended are counted once a minute.", jobs, ("state",))
    waits = {(): figures.oldest_queued_seconds}
    yield from _gauge("queue_oldest_seconds", "How long the oldest queued job has waited.", waits)
    yield from _gauge("workers", "Live workers.", {(): figures.workers})
    yield from _gauge("worker_slots", "Jobs that the live workers can run at a time.", {(): figures.slots})
    pending, text = {(): figures.pending_deliveries}, "Webhook deliveries that wait for an attempt, up to 10,001."
    yield from _gauge("webhook_deliveries_pending", text, pending)


def _processes(reports: Sequence[ProcessReport]) -> Iterator[str]:
    labels = ("process", "role")
    memory = {(each.process, each.role): each.resident_bytes for each in reports}
    yield from _gauge("process_resident_memory_bytes", "Memory of each live process.", memory, labels)
    cpu = Counter("process_cpu_seconds", "CPU time of each live process.", labels)
    yield from _counter(cpu, {(each.process, each.role): each.cpu_seconds for each in reports})


def _gauge(name: str, text: str, values: Counts, labels: Sequence[str] = ()) -> Iterator[str]:
    return text_format.gauge(PREFIX + name, text, values, labels)


def _counter(counter: Counter, values: Counts) -> Iterator[str]:
    all_values = values if counter.labels else {(): values.get((), 0.0)}
    known = {labels: value for labels, value in all_values.items() if len(labels) == len(counter.labels)}
    return text_format.counter(PREFIX + counter.name, counter.text, known, counter.labels)


def _histogram(histogram: Histogram, values: Counts) -> Iterator[str]:
    counts: defaultdict[Labels, dict[str, float]] = defaultdict(dict)
    for (*labels, bound), value in values.items():
        if len(labels) == len(histogram.labels):
            counts[tuple(labels)][bound] = value
    bounds = [f"{bound:g}" for bound in histogram.bounds]
    return text_format.histogram(PREFIX + histogram.name, histogram.text, counts, histogram.labels, bounds)
