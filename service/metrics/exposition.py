"""Write all metrics in the text format of Prometheus."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from messaging.shared_counters import ProcessReport, SharedCounters
from service.metrics.definitions import COUNTERS, HISTOGRAMS, PREFIX, Counter, Histogram
from service.metrics.recorder import INFINITY, SEPARATOR, SUM, MetricsRecorder
from service.metrics.stored_figures import Figures, StoredFigures

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

Series = Mapping[Any, float]  # values by tuples of labels


class Exposition(Collector):
    """The metrics of the whole service, whichever process is asked."""

    def __init__(self, recorder: MetricsRecorder, shared: SharedCounters, figures: StoredFigures, version: str) -> None:
        self._recorder = recorder
        self._shared = shared
        self._figures = figures
        self._version = version
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        """Return the metrics as Prometheus reads them."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Return all metrics."""
        self._recorder.flush()
        try:
            counts, processes = self._shared.read()
            is_up = True
        except (RedisError, OSError):
            counts, processes, is_up = self._recorder.counts(), [], False
        yield _gauge("info", "The version of the service.", {(self._version,): 1}, ("version",))
        text = "Whether Redis can be reached. If not, the counters are those of one process."
        yield _gauge("broker_up", text, {(): is_up})
        yield from _stored(self._figures.read())
        yield from _processes(processes)
        by_name = _by_name(counts)
        yield from (_counter(each, by_name[each.name]) for each in COUNTERS)
        yield from (_histogram(each, by_name[each.name]) for each in HISTOGRAMS)


def _by_name(counts: Mapping[str, float]) -> defaultdict[str, dict[tuple[str, ...], float]]:
    found: defaultdict[str, dict[tuple[str, ...], float]] = defaultdict(dict)
    for series, value in counts.items():
        name, *labels = series.split(SEPARATOR)
        found[name][tuple(labels)] = value
    return found


def _stored(figures: Figures) -> Iterator[Metric]:
    yield _gauge("database_up", "Whether the database can be read.", {(): figures.database_up})
    if not figures.database_up:
        return
    jobs = {(state,): count for state, count in sorted(figures.jobs.items())}
    yield _gauge("jobs", "Jobs by state. Those that have ended are counted once a minute.", jobs, ("state",))
    waits = {(): figures.oldest_queued_seconds}
    yield _gauge("queue_oldest_seconds", "How long the oldest queued job has waited.", waits)
    yield _gauge("workers", "Live workers.", {(): figures.workers})
    yield _gauge("worker_slots", "Jobs that the live workers can run at a time.", {(): figures.slots})
    pending = {(): figures.pending_deliveries}
    yield _gauge("webhook_deliveries_pending", "Webhook deliveries that wait for an attempt, up to 10,001.", pending)


def _processes(reports: Sequence[ProcessReport]) -> Iterator[Metric]:
    labels = ("role", "process")
    memory = {(each.role, each.process): float(each.resident_bytes) for each in reports}
    yield _gauge("process_resident_memory_bytes", "Memory of each live process.", memory, labels)
    cpu = Counter("process_cpu_seconds", "CPU time of each live process.", labels)
    yield _counter(cpu, {(each.role, each.process): each.cpu_seconds for each in reports})


def _gauge(name: str, text: str, values: Series, labels: Sequence[str] = ()) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, text, labels=labels)
    for each, value in values.items():
        family.add_metric(each, float(value))
    return family


def _counter(counter: Counter, values: Series) -> Metric:
    family = CounterMetricFamily(PREFIX + counter.name, counter.text, labels=counter.labels)
    for labels, value in values.items() if counter.labels else {(): values.get((), 0.0)}.items():
        if len(labels) == len(counter.labels):
            family.add_metric(labels, value)
    return family


def _histogram(histogram: Histogram, values: Series) -> Metric:
    family = HistogramMetricFamily(PREFIX + histogram.name, histogram.text, labels=histogram.labels)
    for labels in dict.fromkeys(key[:-1] for key in values):
        if len(labels) == len(histogram.labels):
            family.add_metric(labels, _buckets(histogram, labels, values), values.get((*labels, SUM), 0.0))
    return family


def _buckets(histogram: Histogram, labels: tuple[str, ...], values: Series) -> list[tuple[str, float]]:
    """Return the cumulative counts by upper bound."""
    buckets, total = [], 0.0
    for bound in (*(f"{bound:g}" for bound in histogram.bounds), INFINITY):
        total += values.get((*labels, bound), 0.0)
        buckets.append((bound, total))
    return buckets
