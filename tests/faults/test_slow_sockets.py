"""Proof 20: slow senders are disconnected, and polls go on beside them."""

import time
from collections.abc import Iterator

import pytest

from tests.support.proof_summary import Note, Size
from tests.support.service_under_test import ServiceUnderTest
from tests.support.slow_sockets import SlowSockets

SHORT = {"BACKPROP_MAX_HEADER_SECONDS": "1", "BACKPROP_BODY_GRACE_SECONDS": "1"}
MAX_OPEN = "2000"  # the sockets of this test come from one address
PATIENCE_SECONDS = 60
TRICKLE_SECONDS = 0.5


@pytest.fixture
def guarded(service: ServiceUnderTest, size: Size) -> Iterator[ServiceUnderTest]:
    """The service, whose API waits for slow senders for a second; in the long form as long as by default."""
    service.stop_part("api")
    service.start_part("api", BACKPROP_MAX_SOCKETS_PER_ADDRESS=MAX_OPEN, **(SHORT if size(1, 0) else {}))
    service.wait(service.is_ready)
    yield service
    service.stop_part("api")
    service.start_part("api")
    service.wait(service.is_ready)


@pytest.mark.proof(20, "slow sockets: silence, endless headers, trickling bodies", "closed within 15 s; polls go on")
def test_slow_senders_are_disconnected_while_polls_go_on(guarded: ServiceUnderTest, note: Note, size: Size) -> None:
    count, began, slowest = size(80, 1000), time.monotonic(), 0.0
    with SlowSockets(guarded.port, count) as sockets:
        next_trickle = time.monotonic()
        while (still_open := sockets.trickle() if time.monotonic() >= next_trickle else 1) > 0:
            next_trickle = time.monotonic() + TRICKLE_SECONDS if still_open != 1 else next_trickle
            sent = time.monotonic()
            assert guarded.client.get("/v1/jobs", params={"limit": 1}).status_code == 200
            slowest = max(slowest, time.monotonic() - sent)
            assert sent - began < PATIENCE_SECONDS, "slow sockets are still open"
            time.sleep(0.01)
    note(f"{count} sockets closed in {time.monotonic() - began:.1f} s; slowest request {slowest * 1000:.0f} ms")
