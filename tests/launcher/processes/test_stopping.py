"""Stop signals are remembered and reported where stopping is safe."""

import os
import signal
from collections.abc import Iterator

import pytest

from launcher.processes.stopping import StopRequest, StopRequestedError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def stop() -> Iterator[StopRequest]:
    """A stop request that listens; the handlers of before are restored."""
    before = {signum: signal.getsignal(signum) for signum in SIGNALS}
    request = StopRequest()
    request.listen()
    yield request
    for signum, handler in before.items():
        signal.signal(signum, handler)


def test_without_a_signal_the_check_passes(stop: StopRequest) -> None:
    stop.check()


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_signal_is_reported_by_the_next_check(stop: StopRequest, signum: signal.Signals) -> None:
    os.kill(os.getpid(), signum)
    with pytest.raises(StopRequestedError, match=signum.name):
        stop.check()
