"""Uploads that are made to use up memory or time are rejected, and the API hardly grows."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.bombs import BOMBS, MIB
from tests.support.processes import START_SECONDS, Processes
from tests.support.proof_summary import Note

MAX_GROWTH_BYTES = 64 * MIB
CSV = {"Content-Type": "text/csv"}
LIMIT = "413 or 422 for each; the peak of the API's memory grows by at most 64 MiB"


@pytest.fixture
def api(sqlite_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Processes]:
    """An API without workers."""
    processes = Processes(sqlite_url, valkey_url, tmp_path)
    try:
        yield processes
    finally:
        processes.end()


@pytest.mark.parametrize("scale", [1, pytest.param(50, marks=pytest.mark.long)])
@pytest.mark.proof(19, "uploads that are bombs", LIMIT)
def test_bombs_are_rejected_while_the_api_hardly_grows(api: Processes, scale: int, note: Note) -> None:
    pid = api.start("api", "--port", str(api.port)).pid

    def answers() -> bool:
        try:
            return api.client.post("/v1/datasets", content=b"a,b\n1,2\n" * 9, headers=CSV).status_code == 201
        except httpx.TransportError:
            return False

    api.wait(answers, 3 * START_SECONDS)
    before = _memory(pid, "VmRSS")
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # begin a new peak
    wrong = list[str]()
    with httpx.Client(base_url=api.client.base_url, timeout=300) as client:
        for name, bomb in BOMBS.items():
            if bomb.is_long and scale == 1:
                continue
            answer = client.post("/v1/datasets", content=bomb.body(scale), headers=bomb.headers)
            grown = _memory(pid, "VmHWM") - before
            if answer.status_code not in bomb.statuses or grown > MAX_GROWTH_BYTES:
                wrong.append(f"{name}: {answer.status_code}, {grown / MIB:.0f} MiB, {answer.text[:200]}")
    note(f"{len(BOMBS)} kinds, the API grew by {(_memory(pid, 'VmHWM') - before) / MIB:.1f} MiB")
    assert wrong == []


def _memory(pid: int, field: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))
