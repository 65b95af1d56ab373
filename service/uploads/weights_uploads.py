"""Turn an uploaded safetensors file into stored weights."""

from dataclasses import dataclass

from engine.interchange.safetensors import Header, check_finite, read_header
from service.limits import ServiceLimits
from service.quotas import reserve_storage
from service.uploads.uploaded_file import UploadedFile
from store.accounts import metering
from store.artifacts import blobs, uploaded_weights
from store.artifacts.blobs import BlobInfo
from store.db.database import Sessions
from store.db.transaction import Tx
from store.ids import ProjectId
from store.tables import Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWeights:
    """A file that was checked: its header, and its bytes in the database."""

    header: Header
    blob: BlobInfo


def store_weights(sessions: Sessions, file: UploadedFile) -> StoredWeights:
    """Check the header and every number, and store the bytes. Raises `InvalidWeights` with every error."""
    header = read_header(file.path)
    check_finite(file.path, header)
    with file.path.open("rb") as source:
        return StoredWeights(header=header, blob=blobs.write(sessions, blobs.chunks_of_file(source)))


def create(tx: Tx, limits: ServiceLimits, project: ProjectId, name: str, weights: StoredWeights) -> Weights:
    """Insert the weights. Raises `QuotaExceeded`."""
    blob = weights.blob
    reserve_storage(tx, limits, project, blob.bytes)
    tensors = [{"name": each.name, "shape": list(each.shape), "dtype": each.dtype} for each in weights.header.tensors]
    created = uploaded_weights.create(
        tx, project, blob.id, name=name[:200], bytes=blob.bytes, sha256=blob.sha256, tensors=tensors
    )
    metering.count(tx, project, created.id, "uploaded_bytes", blob.bytes)
    return created
