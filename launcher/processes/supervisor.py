"""Keep the parts of the service running: restart what dies, give up on what cannot live, stop all in order."""

import time
from collections.abc import Callable, Sequence

from launcher.errors import EX_CONFIG, LaunchError, RefusedSettingsError
from launcher.processes.console import Console
from launcher.processes.process import Part, Process

POLL_SECONDS = 0.05
AT_ONCE_SECONDS = 5.0  # a life shorter than this says that the part cannot run
GIVE_UP_AFTER = 5  # such lives in a row
MAX_PAUSE_SECONDS = 8.0
DRAIN_SECONDS = 3.5  # workers give their jobs back within 3


class Supervisor:
    """Owns every process of the service; used from one thread."""

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
        self._waiting: dict[str, tuple[Part, float]] = {}  # to be restarted, and when
        self._short_lives: dict[str, int] = {}

    def start(self, part: Part, *, gated: bool = False) -> Process:
        """Start a part and keep it running from now on."""
        process = Process(part, self._console, gated=gated, lock=self._lock)
        self._running[part.name] = process
        return process

    def run(self, part: Part, *, meanwhile: Callable[[], None]) -> None:
        """Run a part that is to end by itself, and call ``meanwhile`` now and then until it has.

        Raises:
            LaunchError: it failed.
        """
        process = self.start(part)
        while (code := process.ended()) is None:
            meanwhile()
            time.sleep(POLL_SECONDS / 5)
        del self._running[part.name]
        if code != 0:
            raise LaunchError(_obituary(process, code))

    def check(self) -> None:
        """Look after all parts once; to be called every ``POLL_SECONDS``.

        Raises:
            RefusedSettingsError: a part ended with ``EX_CONFIG``.
            LaunchError: a part has died at once too often.
        """
        for name, process in list(self._running.items()):
            if (code := process.ended()) is not None:
                del self._running[name]
                self._bury(process, code)
        for name, (part, due) in list(self._waiting.items()):
            if self._clock() >= due:
                del self._waiting[name]
                self.start(part)

    def stop(self, *, last: Sequence[str] = ()) -> None:
        """End every part, those named ``last`` after the others, which may still need them."""
        self._waiting.clear()
        self._end([name for name in self._running if name not in last], DRAIN_SECONDS)
        self._end([name for name in self._running if name in last], DRAIN_SECONDS / 3)

    def _bury(self, process: Process, code: int) -> None:
        name = process.part.name
        if code == EX_CONFIG:
            raise RefusedSettingsError(f"{name} refused its settings, see its message above")
        short = self._short_lives.get(name, 0) + 1 if process.age < AT_ONCE_SECONDS else 0
        self._short_lives[name] = short
        if short >= GIVE_UP_AFTER:
            raise LaunchError(f"{_obituary(process, code)}\n{name} died at once {short} times; giving up")
        pause = min(self._first_pause * 2 ** max(short - 1, 0), MAX_PAUSE_SECONDS)
        self._console.say(f"{name} ended ({_how(code)}); starting it again in {pause:g} s")
        self._waiting[name] = (process.part, self._clock() + pause)

    def _end(self, names: Sequence[str], patience: float) -> None:
        processes = [self._running.pop(name) for name in reversed(names)]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + patience
        while processes := [process for process in processes if process.ended() is None]:
            if time.monotonic() > deadline:
                for process in processes:
                    self._console.say(f"{process.part.name} did not end in time and is killed")
                    process.kill()
                deadline += patience
            time.sleep(POLL_SECONDS)


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _obituary(process: Process, code: int) -> str:
    lines = "\n".join(f"    {line}" for line in process.last_lines())
    return f"{process.part.name} ended ({_how(code)}); its last lines:\n{lines or '    (it said nothing)'}"
