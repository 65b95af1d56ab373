"""The drain flag: the parent sets it when a stop is requested, every child checks it between two batches."""

import mmap

# Anonymous shared memory, inherited by the children that the pool forks. `multiprocessing.sharedctypes` would create a
# folder `pymp-*` in the temporary folder, and it would remain because workers end with `os._exit`.
_draining = mmap.mmap(-1, 1)


def start_draining() -> None:
    """Make all processes of this worker return their jobs to the queue."""
    _draining[0] = 1


def is_draining() -> bool:
    """Whether this worker is stopping."""
    return bool(_draining[0])
