"""Blobs as files, for libraries that read files."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.artifacts import blobs
from store.db.database import Sessions


@contextmanager
def as_file(sessions: Sessions, blob_id: str) -> Iterator[Path]:
    """Write the blob to a file that is in no folder, so that nothing is left if this process crashes.

    Raises:
        BlobDamaged: the stored bytes are not those that were written.
    """
    with tempfile.TemporaryFile(prefix="backprop-") as file:
        for chunk in blobs.read_verified(sessions, blob_id):
            file.write(chunk)
        file.flush()
        yield Path(f"/dev/fd/{file.fileno()}")
