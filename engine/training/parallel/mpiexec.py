"""Find the program that starts MPI processes. It comes with the optional extra `mpi`."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from functools import cache
from pathlib import Path

INSTALL = 'pip install "backprop-server[mpi]"'


@cache
def find_mpiexec() -> str | None:
    """Return the path of `mpiexec`: that of this Python environment, or else of the system; None without mpi4py."""
    if importlib.util.find_spec("mpi4py") is None:
        return None
    own = Path(sys.executable).parent / "mpiexec"
    return str(own) if own.exists() else shutil.which("mpiexec")
