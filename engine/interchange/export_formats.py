"""The formats in which weights can be downloaded.

To add one, write its `dump` function in a file beside this one, then add its name to `ExportName` and an entry to
`EXPORT_FORMATS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from engine.interchange.npz import dump_npz
from engine.interchange.tensors import Tensors

ExportName = Literal["safetensors", "npz"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFormat:
    """A file format for weights."""

    extension: str
    description: str
    dump: Callable[[Tensors], bytes] | None  # None: weights are stored in this format already


EXPORT_FORMATS: dict[ExportName, ExportFormat] = {
    "safetensors": ExportFormat(extension="safetensors", description="PyTorch's names and layouts", dump=None),
    "npz": ExportFormat(extension="npz", description="a NumPy archive", dump=dump_npz),
}
