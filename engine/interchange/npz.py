"""Write weights as NPZ, NumPy's archive format."""

import io
import zipfile

import numpy as np

from engine.interchange.tensors import Tensors

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest timestamp that a zip entry can hold


def dump_npz(tensors: Tensors) -> bytes:
    """Return an uncompressed .npz archive. Timestamps are fixed, so equal weights give equal bytes."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as entries:
        for name, values in tensors.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(values), allow_pickle=False)
            entries.writestr(zipfile.ZipInfo(f"{name}.npy", ZIP_EPOCH), member.getvalue())
    return archive.getvalue()
