"""Logs: one line per event, with the request or job, and no secrets."""

import logging

import pytest
from structlog.contextvars import bound_contextvars

from service.logging import formatter


def line(message: str, *args: object, **fields: object) -> str:
    """Return what is written for a warning."""
    record = logging.LogRecord("api", logging.WARNING, __file__, 1, message, args, None)
    record.__dict__.update(fields)
    return formatter().format(record)


def test_a_line_has_time_level_logger_and_event_first() -> None:
    parts = line("The job %s was lost.", "job_1", path="/v1").split(" ", 3)
    assert parts[0].startswith("timestamp=20")
    assert parts[1:3] == ["level=warning", "logger=api"]
    assert parts[3] == 'event="The job job_1 was lost." path=/v1'


def test_lines_name_the_request_they_belong_to() -> None:
    with bound_contextvars(request_id="req_1", job_id="job_1"):
        inside = line("Lost.")
    assert "request_id=req_1" in inside
    assert "job_id=job_1" in inside
    assert "req_1" not in line("Lost.")


def test_an_exception_stays_on_one_line() -> None:
    written = line("Failed.", exc_info=(ValueError, ValueError("two\nlines"), None))
    assert "ValueError" in written
    assert "\n" not in written


@pytest.mark.parametrize(
    ("message", "kept", "secret"),
    [
        ("postgresql://user:pa55@host/name", "@host/name", "pa55"),
        ("redis://:pa55@host:6379/0", "@host:6379/0", "pa55"),
        ("Authorization: Bearer bp_live_0123abc was sent", " was sent", "0123abc"),
        ("the secret whsec_MfKQ9r8G/+A= was made", " was made", "MfKQ9r8G/+A="),
    ],
)
def test_secrets_are_masked(message: str, kept: str, secret: str) -> None:
    written = line(message)
    assert kept in written
    assert secret not in written


def test_a_url_without_a_password_is_kept() -> None:
    assert "redis://127.0.0.1:6379/0" in line("Connected to redis://127.0.0.1:6379/0")
