"""Traces by OpenTelemetry: from the request through the queue to the worker. Off unless an endpoint is configured.

FastAPI makes the span of each request by itself, once `configure` has set the provider.
"""

import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

log = logging.getLogger(__name__)

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
NOTHING: AbstractContextManager[Any] = nullcontext()

_propagator = TraceContextTextMapPropagator()
_received: ContextVar[str | None] = ContextVar("received_traceparent", default=None)
_tracers: list[Tracer] = []  # the tracer of this process, if traces are configured


def configure(role: str) -> None:
    """Export the spans of this process, with this role, if the environment names an endpoint for them."""
    if not any(os.environ.get(name) for name in ENDPOINTS):
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - the same
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - the same
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - the same
    except ImportError:
        log.warning("Traces are configured but cannot be exported: install backprop[otel].")
        return
    name = os.environ.get("OTEL_SERVICE_NAME", "backprop")
    provider = TracerProvider(resource=Resource.create({"service.name": f"{name}-{role}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    use(provider.get_tracer("backprop"))


def use(tracer: Tracer | None) -> None:
    """Make spans with this tracer; with None, make none."""
    _tracers[:] = [tracer] if tracer else []


def is_configured() -> bool:
    """Return whether spans are made."""
    return bool(_tracers)


def flush() -> None:
    """Export what is pending, before the process ends."""
    if _tracers and hasattr(provider := trace.get_tracer_provider(), "force_flush"):
        provider.force_flush(2_000)  # milliseconds


@contextmanager
def receiving(traceparent: str | None) -> Iterator[None]:
    """Note the `traceparent` of a request while it is handled: it is stored even if this process makes no spans."""
    token = _received.set(traceparent if traceparent and TRACEPARENT.fullmatch(traceparent) else None)
    try:
        yield
    finally:
        _received.reset(token)


def traceparent() -> str | None:
    """Return what continues the current trace elsewhere; None without a trace."""
    if not _tracers:
        return _received.get()
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent") or _received.get()


def span(name: str, parent: str | None = None, **attributes: str | int) -> AbstractContextManager[Any]:
    """Make a span of the block: a part of the current one, or of the trace that `parent` continues."""
    if not _tracers:
        return NOTHING
    context = _propagator.extract({"traceparent": parent}) if parent else None
    named = {f"backprop.{key}": value for key, value in attributes.items()}
    return _tracers[0].start_as_current_span(name, context, attributes=named)


def record_span(name: str, parent: str | None, began_ns: int) -> None:
    """Make a span that began at this time (`time.time_ns`) and ends now."""
    if _tracers:
        context = _propagator.extract({"traceparent": parent}) if parent else None
        _tracers[0].start_span(name, context, start_time=began_ns).end(time.time_ns())


def current_ids() -> dict[str, str]:
    """Return the trace and the span for the log; nothing without them."""
    if not _tracers or not (context := trace.get_current_span().get_span_context()).is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
