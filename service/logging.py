"""Logs of all processes: one line per event on standard error, with the request or job it belongs to."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

from service import tracing

# A key, a secret of a webhook, or the password of a URL.
SECRET = re.compile(r"(\bbp_live_|\bwhsec_)[\w+/=-]+|(://[^/\s:@]*:)[^\s/@]+(?=@)")
VERBOSE_LIBRARIES = ("kombu", "amqp", "celery.worker.strategy", "celery.app.trace", "httpx", "httpcore", "alembic")


def configure_logging() -> None:
    """Send the log of this process to standard error: information of our own, warnings of libraries."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for library in VERBOSE_LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)


def formatter() -> logging.Formatter:
    """Return a formatter that writes ``key=value`` pairs, with the variables of `structlog.contextvars` among them."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_trace,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: list[Processor] = [
        ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "logger", "event"]),
        _hide_secrets,
    ]
    return ProcessorFormatter(foreign_pre_chain=before, processors=render)


def _add_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.update(tracing.current_ids())
    return event


def _hide_secrets(_logger: Any, _method: str, line: Any) -> str:
    return SECRET.sub(r"\1\2***", str(line)).replace("\n", "\\n")
