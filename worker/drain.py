"""The drain flag: set in the parent when a stop is asked for, seen between two batches in every child."""

from multiprocessing.sharedctypes import RawValue

_draining = RawValue("b", 0)  # shared memory, inherited by the children that the pool forks


def start_draining() -> None:
    """Have all processes of this worker give their jobs back."""
    _draining.value = 1


def is_draining() -> bool:
    """Whether this worker has to stop."""
    return bool(_draining.value)
