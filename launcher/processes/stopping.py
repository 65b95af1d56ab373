"""Turn the signals that ask to stop into an exception where stopping is safe."""

import signal


class StopRequest:
    """Whether SIGINT, SIGTERM or SIGHUP has arrived; looked at where stopping is safe."""

    def __init__(self) -> None:
        self.by: signal.Signals | None = None

    def listen(self) -> None:
        """Take the signals over for the rest of the process's life."""
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._note)

    def check(self) -> None:
        """Raise ``StopRequestedError`` if one has arrived."""
        if self.by is not None:
            raise StopRequestedError(self.by.name)

    def _note(self, signum: int, _frame: object) -> None:
        self.by = signal.Signals(signum)


class StopRequestedError(Exception):
    """The service was asked to stop."""
