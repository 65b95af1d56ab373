"""The receivers of docs/webhooks.md run as written: they accept what the service signs, one time, and nothing else."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from api.webhooks.messages import JobEvent
from docs.generate import DOCS
from service.webhooks.retries import DELAYS_SECONDS
from service.webhooks.signing import new_secret, signed_headers
from store.webhooks.event_types import EVENT_TYPES, TEST_EVENT
from tests.support.worker_fixture import wait_until

PAGE = (DOCS / "webhooks.md").read_text()
RECEIVERS = {"python": ("receiver.py", [sys.executable]), "javascript": ("receiver.mjs", ["node"])}


def block(language: str) -> str:
    """Return the only code block of this language."""
    (code,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(code)


@pytest.mark.parametrize("language", RECEIVERS)
def test_a_receiver_accepts_signed_requests_one_time(language: str, tmp_path: Path) -> None:
    name, command = RECEIVERS[language]
    (tmp_path / name).write_text(block(language))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    secret, now, body = new_secret(), int(time.time()), block("json").encode()
    environment = {**os.environ, "WEBHOOK_SECRET": secret}
    process = subprocess.Popen([*command, name, str(port)], cwd=tmp_path, env=environment, stdout=subprocess.PIPE)
    try:
        wait_until(lambda: accepts_connections(port))
        good = signed_headers([new_secret(), secret], "evt_1", now, body)
        sent: Sequence[tuple[int, dict[str, str]]] = [
            (204, good),
            (204, good),
            (401, signed_headers([secret], "evt_2", now - 600, body)),
            (401, signed_headers([new_secret()], "evt_3", now, body)),
            (401, {**good, "webhook-id": "evt_4"}),
            (401, {}),
        ]
        for status, headers in sent:
            assert httpx.post(f"http://127.0.0.1:{port}/", content=body, headers=headers).status_code == status
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=10)
    assert output.decode().split() == ["job.succeeded", "job_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"]


def accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_page_shows_the_body_the_events_and_the_retries() -> None:
    event = JobEvent.model_validate(json.loads(block("json")))
    assert event.type == "job.succeeded"
    for kind in (*EVENT_TYPES, TEST_EVENT):
        assert f"`{kind}`" in PAGE
    (row,) = re.findall(r"^\| after the one before \|(.*)\|$", PAGE, re.MULTILINE)
    unit = {"s": 1, "min": 60, "h": 3600}
    shown = [int(number) * unit[name] for number, name in (cell.split() for cell in row.split("|"))]
    assert tuple(shown) == DELAYS_SECONDS
