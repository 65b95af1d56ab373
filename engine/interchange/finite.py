"""Find NaN and infinite values in the bytes of a tensor."""

import math
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidWeights, PointedProblem
from engine.interchange.tensors import item_bytes

BLOCK_BYTES = 1 << 20  # read at a time; a multiple of the size of every number
BFLOAT16_EXPONENT = 0x7F80  # these bits are all ones in values that are not finite


@dataclass(frozen=True, slots=True, kw_only=True)
class Nonfinite:
    """The NaN and infinite values of one tensor."""

    count: int
    first: tuple[int, ...]  # index of the first


def find_nonfinite(file: BinaryIO, dtype: str, shape: tuple[int, ...]) -> Nonfinite | None:
    """Read a tensor from the file's current position and return its values that are not finite, if there are any."""
    count = first = values_read = 0
    remaining = math.prod(shape) * item_bytes(dtype)
    while remaining:
        block = file.read(min(BLOCK_BYTES, remaining))
        if not block:
            raise InvalidWeights([PointedProblem(pointer="", detail="The file was truncated while it was read.")])
        found = np.flatnonzero(_nonfinite(block, dtype))
        if len(found) and not count:
            first = values_read + int(found[0])
        count += len(found)
        values_read += len(block) // item_bytes(dtype)
        remaining -= len(block)
    if not count:
        return None
    return Nonfinite(count=count, first=tuple(int(index) for index in np.unravel_index(first, shape)))


def _nonfinite(block: bytes, dtype: str) -> npt.NDArray[Any]:
    if dtype == "bfloat16":
        nonfinite: npt.NDArray[Any] = (np.frombuffer(block, "<u2") & BFLOAT16_EXPONENT) == BFLOAT16_EXPONENT
        return nonfinite
    return ~np.isfinite(np.frombuffer(block, np.dtype(dtype).newbyteorder("<")))  # type: ignore[no-any-return]
