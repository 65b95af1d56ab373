"""A resumable upload goes on after the API was killed in the middle of a part; the documented examples work."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from docs.generate import DOCS
from store.db.database import open_database, open_sessions
from store.db.transaction import snapshot
from store.tables import Upload
from tests.support.processes import START_SECONDS, Processes, kill

ROW = b"12345,67890,abcdefgh\n"
TABLE = b"a,b,c\n" + ROW * 150_000  # three chunks
PARTIAL = {"Content-Type": "application/partial-upload"}
CSV = {"Content-Type": "text/csv"}


@pytest.fixture
def api(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Processes]:
    """An API without workers."""
    processes = Processes(database_url, valkey_url, tmp_path)
    try:
        yield processes
    finally:
        processes.end()


def start(api: Processes) -> int:
    """Start the API and return its process id."""
    process = api.start("api", "--port", str(api.port))

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", api.port)) == 0

    api.wait(answers, START_SECONDS)
    return process.pid


def stored_bytes(database_url: str) -> int:
    """Return how many bytes of the upload are stored, without a request, which would interrupt it."""
    engine = open_database(database_url)
    with snapshot(open_sessions(engine)) as tx:
        stored = tx.scalar(select(Upload.bytes)) or 0
    engine.dispose()
    return stored


def test_an_upload_goes_on_after_the_api_was_killed(api: Processes, database_url: str, tmp_path: Path) -> None:
    pid = start(api)
    begun = api.client.post("/v1/datasets", content=TABLE[:1000], headers={**CSV, "Upload-Complete": "?0"})
    path = begun.headers["Location"]
    _send_part_of_a_body(api, path, TABLE[1000:2_500_000])
    api.wait(lambda: stored_bytes(database_url) > 1_000_000)
    kill(pid)
    time.sleep(0.1)
    start(api)
    offset = int(api.client.head(path).headers["Upload-Offset"])
    assert 1_000_000 < offset <= 2_500_000
    fields = {**PARTIAL, "Upload-Offset": str(offset), "Upload-Complete": "?1"}
    answer = api.client.patch(path, content=TABLE[offset:], headers=fields)
    assert (answer.status_code, answer.json()["rows"], answer.json()["bytes"]) == (201, 150_000, len(TABLE))
    whole = api.client.post("/v1/datasets", content=TABLE, headers=CSV).json()
    assert [whole[name] for name in ("sha256", "columns")] == [answer.json()[name] for name in ("sha256", "columns")]
    _run_examples(api, tmp_path)


def _send_part_of_a_body(api: Processes, path: str, content: bytes) -> None:
    """Send a part that does not end: the socket stays open until the API is killed."""
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/partial-upload\r\n"
        f"Upload-Offset: 1000\r\nUpload-Complete: ?0\r\nContent-Length: {len(TABLE)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", api.port)) as connection:
        connection.sendall(head.encode() + content)
        connection.detach()


def _run_examples(api: Processes, folder: Path) -> None:
    """Run the examples of docs/uploads.md, on the port of this test."""
    (folder / "large.csv").write_bytes(TABLE)
    page = (DOCS / "uploads.md").read_text().replace("8000", str(api.port), 3)
    for language, command in (("python", [sys.executable, "-", "large.csv"]), ("sh", ["sh", "-s"])):
        match = re.search(rf"```{language}\n(.*?Upload.*?)```", page, re.DOTALL)
        assert match
        ran = subprocess.run(
            command, input=match[1], cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
        assert re.search(r"ds_[0-9a-f]{32}", ran.stdout), ran.stdout + ran.stderr
