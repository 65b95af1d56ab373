"""From an uploaded body to stored weights."""

from api.http.uploads import Received
from api.weights.schemas import WeightsView
from engine.interchange.safetensors import Header, check_finite, read_header
from service.bootstrap import Services
from service.limits import ApiSettings
from service.quotas import check_storage
from store.accounts.idempotency import Answer
from store.artifacts import blobs, uploaded_weights
from store.artifacts.blobs import BlobInfo
from store.db.transaction import Tx
from store.ids import ProjectId

SAFETENSORS_TYPES = ("application/octet-stream", "application/x-safetensors")


def check(received: Received) -> Header:
    """Read the header and look at every number; raises `InvalidWeights` with all that is wrong."""
    header = read_header(received.path)
    check_finite(received.path, header)
    return header


def store(services: Services, received: Received) -> BlobInfo:
    """Put the file into the database; nothing refers to it yet."""
    with received.path.open("rb") as file:
        return blobs.write(services.sessions, blobs.chunks_of_file(file))


def create(  # noqa: PLR0913, PLR0917 - bound to a request but for the transaction
    limits: ApiSettings, project: ProjectId, name: str, header: Header, blob: BlobInfo, tx: Tx
) -> Answer:
    """Insert the weights and answer with them; raises `QuotaExceeded`."""
    check_storage(tx, limits, project, blob.bytes)
    described = [{"name": each.name, "shape": list(each.shape), "dtype": each.dtype} for each in header.tensors]
    stored = uploaded_weights.create(
        tx, project, blob.id, name=name[:200], bytes=blob.bytes, sha256=blob.sha256, tensors=described
    )
    return Answer(status=201, headers={"Location": f"/v1/weights/{stored.id}"}, body=WeightsView.of(stored).as_json())
