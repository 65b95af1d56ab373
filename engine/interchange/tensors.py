"""Named tensors and the data types that weights files may hold."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Tensors: TypeAlias = dict[str, npt.NDArray[Any]]

DTYPES = {  # name in a safetensors header -> name in NumPy, which has no bfloat16
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "BOOL": "bool",
}
FLOAT_DTYPES = ("float64", "float32", "float16", "bfloat16")


def item_bytes(dtype: str) -> int:
    """Return the size of one number in bytes."""
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize
