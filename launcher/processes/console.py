"""Write the launcher's own lines and the children's, each with the name of who speaks."""

import sys
import threading
from typing import TextIO

COLOURS = {"launcher": "1", "api": "36", "worker": "32", "scheduler": "35", "broker": "33", "migrate": "34"}
NAME_WIDTH = max(map(len, COLOURS))


class Console:
    """One stream, written line by line from several threads."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._colour = self._stream.isatty()
        self._lock = threading.Lock()

    def say(self, message: str) -> None:
        """Say something in the launcher's own name."""
        for line in message.splitlines():
            self.line("launcher", line)

    def line(self, name: str, text: str) -> None:
        """Pass on one line of a child; a terminal that is gone is no reason to stop."""
        label = f"{name:{NAME_WIDTH}} |"
        if self._colour:
            label = f"\x1b[{COLOURS.get(name, '0')}m{label}\x1b[0m"
        try:
            with self._lock:
                self._stream.write(f"{label} {text}\n")
                self._stream.flush()
        except (OSError, ValueError):
            pass
