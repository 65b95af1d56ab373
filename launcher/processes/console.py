"""Write the output of the launcher and of its child processes, each line with the name of its source."""

import sys
import threading
from typing import TextIO

COLORS = {"launcher": "1", "api": "36", "worker": "32", "scheduler": "35", "broker": "33", "migrate": "34"}
NAME_WIDTH = max(map(len, COLORS))


class Console:
    """A text stream that several threads write whole lines to."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._color = self._stream.isatty()
        self._lock = threading.Lock()

    def say(self, message: str) -> None:
        """Write a message of the launcher itself."""
        for line in message.splitlines():
            self.line("launcher", line)

    def line(self, name: str, text: str) -> None:
        """Write one line. A closed terminal is ignored: the service keeps running."""
        label = f"{name:{NAME_WIDTH}} |"
        if self._color:
            label = f"\x1b[{COLORS.get(name, '0')}m{label}\x1b[0m"
        try:
            with self._lock:
                self._stream.write(f"{label} {text}\n")
                self._stream.flush()
        except (OSError, ValueError):
            pass
