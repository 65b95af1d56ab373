"""Parse the header of an NPY array without trusting it: magic, length, dtype and shape are checked.

The header is a Python literal, which is parsed and never evaluated. Arrays of Python objects, which would have to be
unpickled, are rejected.
"""

import ast
import math
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from tabular.errors import InvalidDataset, Problem

MAGIC = b"\x93NUMPY"
LENGTH_BYTES = {1: 2, 2: 4, 3: 4}  # by major version
MAX_HEADER_BYTES = 4_096
MAX_RANK = 32
MAX_TEXT_BYTES = 4_096  # of one string
FIX = "Write the file with numpy.savez('table.npz', x=x, y=y)."
KEYS = {"descr", "fortran_order", "shape"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayHeader:
    """What the header of an array says. `bytes`: of the values, which must follow the header."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran_order: bool

    @property
    def bytes(self) -> int:
        """The size of the values."""
        return math.prod(self.shape) * self.dtype.itemsize


def invalid(name: str, reason: str, fix: str = FIX) -> InvalidDataset:
    """Return the error that there is something wrong with an array."""
    return InvalidDataset([Problem(detail=f"The array {name!r} {reason}.", column=name, fix=fix)])


def read_header(name: str, file: BinaryIO) -> ArrayHeader:
    """Read a header from `file`, which is at its values then. Raises `InvalidDataset`."""
    start = file.read(len(MAGIC) + 2)
    length_bytes = LENGTH_BYTES.get(start[len(MAGIC)] if len(start) > len(MAGIC) else 0)
    if not start.startswith(MAGIC) or length_bytes is None:
        raise invalid(name, "is not in NPY format")
    length = int.from_bytes(file.read(length_bytes), "little")
    if length > MAX_HEADER_BYTES:
        raise invalid(name, f"has a header of {length:,} bytes; at most {MAX_HEADER_BYTES:,} are allowed")
    text = file.read(length)
    if len(text) < length:
        raise invalid(name, "ends within its header")
    return _checked(name, _literal(name, text))


def _literal(name: str, text: bytes) -> dict[str, Any]:
    try:
        found = ast.literal_eval(text.decode("latin-1").strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        raise invalid(name, "has a header that cannot be parsed") from None
    if not isinstance(found, dict) or set(found) != KEYS:
        raise invalid(name, "has a header without descr, fortran_order and shape")
    return found


def _checked(name: str, header: dict[str, Any]) -> ArrayHeader:
    shape = header["shape"]
    if not isinstance(shape, tuple) or not all(type(size) is int and 0 <= size < 2**48 for size in shape):
        raise invalid(name, "has a shape that is not a tuple of sizes")
    if len(shape) > MAX_RANK:
        raise invalid(name, f"has {len(shape)} dimensions; at most {MAX_RANK} are allowed")
    if not isinstance(header["fortran_order"], bool):
        raise invalid(name, "has a header whose fortran_order is not True or False")
    return ArrayHeader(shape=shape, dtype=_dtype(name, header["descr"]), fortran_order=header["fortran_order"])


def _dtype(name: str, descr: object) -> np.dtype[Any]:
    if isinstance(descr, list):
        raise invalid(name, "has named fields", "Send plain arrays of numbers, without named fields.")
    try:
        dtype = np.dtype(descr) if isinstance(descr, str) else None
    except (TypeError, ValueError):
        dtype = None
    if dtype is None:
        raise invalid(name, "has an unknown dtype")
    if dtype.kind == "O":
        fix = "Convert it before saving, such as x.astype('float64') or y.astype('str')."
        raise invalid(name, "holds Python objects, which are not read", fix)
    if dtype.kind not in "biufUS" or (dtype.kind == "f" and dtype.itemsize > 8):
        raise invalid(name, f"has the dtype {dtype}", "Convert it before saving, such as x.astype('float64').")
    if dtype.kind in "US" and not 0 < dtype.itemsize <= MAX_TEXT_BYTES:
        raise invalid(name, f"has strings of {dtype.itemsize:,} bytes each", "Shorten the strings.")
    return dtype
