"""From an uploaded body to a stored data set; the file itself is read in a child process with limits."""

from dataclasses import dataclass
from pathlib import Path

from api.datasets.schemas import DatasetView
from api.http.errors import InvalidRequest
from api.http.uploads import Received
from service.bootstrap import Services
from service.limits import ApiSettings
from service.quotas import check_storage
from store.accounts.idempotency import Answer
from store.artifacts import blobs, datasets
from store.artifacts.blobs import BlobInfo
from store.db.transaction import Tx
from store.ids import ProjectId
from tabular.limits import Limits
from tabular.profile import Profile
from tabular.readers import sandbox
from tabular.readers.options import MISSING, ReadOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A table that was read: its profile, and its Parquet in the database."""

    profile: Profile
    blob: BlobInfo


def csv_options(delimiter: str | None, header: str, missing: str | None, types: str | None) -> ReadOptions:
    """The query parameters as options; raises `InvalidRequest`."""
    try:
        return ReadOptions(
            delimiter={"\\t": "\t", "tab": "\t"}.get(delimiter or "", delimiter),
            header=header,
            missing=MISSING if missing is None else tuple(missing.split(",")),
            types=dict(_typed(pair) for pair in types.split(",")) if types else {},
        )
    except ValueError as error:
        problem = {"pointer": "query", "detail": str(error)}
        raise InvalidRequest("A query parameter is not valid.", errors=[problem]) from None


def ingest(services: Services, folder: Path, received: Received, options: ReadOptions) -> Stored:
    """Read and profile a body; raises `InvalidDataset` with all that is wrong with it."""
    parquet = folder / "table.parquet"
    profile = sandbox.read_file("csv", received.path, parquet, options, Limits())
    received.path.unlink()
    with parquet.open("rb") as file:
        return Stored(profile=profile, blob=blobs.write(services.sessions, blobs.chunks_of_file(file)))


def create(  # noqa: PLR0913, PLR0917 - bound to a request but for the transaction
    limits: ApiSettings, project: ProjectId, name: str, received: Received, stored: Stored, tx: Tx
) -> Answer:
    """Insert the data set and answer with it; raises `QuotaExceeded`."""
    check_storage(tx, limits, project, received.bytes)
    shown = stored.profile.to_json()
    dataset = datasets.create(
        tx,
        project,
        stored.blob.id,
        name=name[:200],
        format="csv",
        rows=shown["rows"],
        bytes=received.bytes,
        sha256=received.sha256,
        columns=shown["columns"],
        warnings=shown["warnings"],
    )
    view = DatasetView.of(dataset)
    return Answer(status=201, headers={"Location": f"/v1/datasets/{dataset.id}"}, body=view.as_json())


def _typed(pair: str) -> tuple[str, str]:
    name, colon, kind = pair.rpartition(":")
    if not colon:
        raise ValueError(f"types is a comma list of column:type; {pair!r} is not of that form")
    return name, kind
