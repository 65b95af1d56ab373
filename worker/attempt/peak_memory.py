"""The peak of a process's memory while it works on one job, as Linux counts it."""

from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # what makes Linux forget the peak so far


class PeakMemory:
    """Measures from its creation on. Memory that the process has from earlier jobs does not count."""

    def __init__(self) -> None:
        try:
            CLEAR.write_text(RESET_PEAK)
            self._initial: int | None = _read("VmRSS")
        except (OSError, ValueError):  # another system, or a container that forbids it
            self._initial = None

    @property
    def bytes(self) -> int | None:
        """The growth of the resident memory up to its peak; None where it cannot be measured."""
        if self._initial is None:
            return None
        return max(_read("VmHWM") - self._initial, 0)


def _read(name: str) -> int:
    for line in STATUS.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"{STATUS} has no {name}")
