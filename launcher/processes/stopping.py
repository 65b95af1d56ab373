"""Turn stop signals into an exception at points where stopping is safe."""

import signal


class StopRequest:
    """Remembers SIGINT, SIGTERM or SIGHUP until `check` is called."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None

    def listen(self) -> None:
        """Handle these signals from now on."""
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._note)

    def check(self) -> None:
        """Raise ``StopRequestedError`` if a signal has arrived."""
        if self.signal is not None:
            raise StopRequestedError(self.signal.name)

    def _note(self, signum: int, _frame: object) -> None:
        self.signal = signal.Signals(signum)


class StopRequestedError(Exception):
    """A signal requested that the service stops."""
