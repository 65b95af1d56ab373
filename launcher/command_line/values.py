"""Values of options: parse each, or say which values are valid."""

import argparse
import re

from launcher.machine import cores

WORKERS_PER_CORE = 8
MAX_API_PROCESSES = 64
MIN_WORKER_LIMIT = 64  # so that tests of scheduling need no large machine
SCOPES = ("read", "write", "admin")
SECONDS = {"d": 86_400, "h": 3_600, "m": 60}


def port(text: str) -> int:
    """Parse a port number."""
    return _whole_number(text, "a port", 0, 65535)


def workers(text: str) -> int:
    """Parse a number of workers; far more of them than cores only compete for CPU and memory."""
    return _whole_number(text, "the number of workers", 1, max(MIN_WORKER_LIMIT, WORKERS_PER_CORE * cores()))


def api_processes(text: str) -> int:
    """Parse a number of API processes."""
    return _whole_number(text, "the number of API processes", 1, MAX_API_PROCESSES)


def scopes(text: str) -> tuple[str, ...]:
    """Parse the scopes of a key, which commas separate."""
    found = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    if unknown := [name for name in found if name not in SCOPES]:
        raise argparse.ArgumentTypeError(f"unknown scope {unknown[0]!r}; scopes are {', '.join(SCOPES)}")
    return found


def duration(text: str) -> int:
    """Parse a duration such as ``90d``, ``12h`` or ``30m``; return seconds."""
    match = re.fullmatch(r"([1-9]\d{0,5})([dhm])", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration such as 90d, 12h or 30m")
    return int(match[1]) * SECONDS[match[2]]


def _whole_number(text: str, name: str, low: int, high: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is invalid: {name} is a whole number from {low} to {high}")
    return number
