"""Keep the parts of the service running: restart those that end, give up after repeated failures, stop in order."""

import time
from collections.abc import Callable, Sequence

from launcher.errors import EX_CONFIG, LaunchError, RefusedSettingsError
from launcher.processes.console import Console
from launcher.processes.process import Part, Process

POLL_SECONDS = 0.05
SHORT_RUN_SECONDS = 5.0  # a part that ends sooner probably cannot run at all
MAX_SHORT_RUNS = 5  # in a row
MAX_PAUSE_SECONDS = 8.0
DRAIN_SECONDS = 3.5  # workers return their jobs within 3


class Supervisor:
    """Owns every process of the service. Use it from one thread."""

    def __init__(
        self,
        console: Console,
        *,
        lock: int | None = None,
        first_pause: float = 0.25,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._lock = lock
        self._first_pause = first_pause
        self._clock = clock
        self._running: dict[str, Process] = {}
        self._restarts: dict[str, tuple[Part, float]] = {}  # parts to restart, and when
        self._short_runs: dict[str, int] = {}

    def start(self, part: Part, *, gated: bool = False) -> Process:
        """Start a part and keep it running."""
        process = Process(part, self._console, gated=gated, lock=self._lock)
        self._running[part.name] = process
        return process

    def run(self, part: Part, *, meanwhile: Callable[[], None]) -> None:
        """Run a part that ends by itself; call ``meanwhile`` repeatedly until then.

        Raises:
            LaunchError: the part failed.
        """
        process = self.start(part)
        while (code := process.ended()) is None:
            meanwhile()
            time.sleep(POLL_SECONDS / 5)
        del self._running[part.name]
        if code != 0:
            raise LaunchError(_failure(process, code))

    def check(self) -> None:
        """Check all parts and restart those that ended; call it every ``POLL_SECONDS``.

        Raises:
            RefusedSettingsError: a part ended with ``EX_CONFIG``.
            LaunchError: a part ended shortly after its start too often.
        """
        for name, process in list(self._running.items()):
            if (code := process.ended()) is not None:
                del self._running[name]
                self._handle_end(process, code)
        for name, (part, due) in list(self._restarts.items()):
            if self._clock() >= due:
                del self._restarts[name]
                self.start(part)

    def stop(self, *, last: Sequence[str] = ()) -> None:
        """Stop every part; stop those in ``last`` after the others, which may still need them."""
        self._restarts.clear()
        self._stop([name for name in self._running if name not in last], DRAIN_SECONDS)
        self._stop([name for name in self._running if name in last], DRAIN_SECONDS / 3)

    def _handle_end(self, process: Process, code: int) -> None:
        name = process.part.name
        if code == EX_CONFIG:
            raise RefusedSettingsError(f"{name} rejected its settings; see its message above")
        short = self._short_runs.get(name, 0) + 1 if process.age < SHORT_RUN_SECONDS else 0
        self._short_runs[name] = short
        if short >= MAX_SHORT_RUNS:
            often = f"{name} ended within {SHORT_RUN_SECONDS:g} s of its start {short} times in a row"
            raise LaunchError(f"{_failure(process, code)}\n{often}; giving up")
        pause = min(self._first_pause * 2 ** max(short - 1, 0), MAX_PAUSE_SECONDS)
        self._console.say(f"{name} ended ({_how(code)}); restarting it in {pause:g} s")
        self._restarts[name] = (process.part, self._clock() + pause)

    def _stop(self, names: Sequence[str], seconds: float) -> None:
        processes = [self._running.pop(name) for name in reversed(names)]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + seconds
        while processes := [process for process in processes if process.ended() is None]:
            if time.monotonic() > deadline:
                for process in processes:
                    self._console.say(f"{process.part.name} did not stop in time; killing it")
                    process.kill()
                deadline += seconds
            time.sleep(POLL_SECONDS)


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _failure(process: Process, code: int) -> str:
    lines = "\n".join(f"    {line}" for line in process.last_lines())
    return f"{process.part.name} ended ({_how(code)}); its last output:\n{lines or '    (no output)'}"
