"""Turn an uploaded file into a data set. A child process with limits reads the file."""

from dataclasses import dataclass

from service.limits import ServiceLimits
from service.quotas import reserve_storage
from service.uploads.dataset_request import DatasetRequest
from service.uploads.uploaded_file import UploadedFile
from store.accounts import metering
from store.artifacts import blobs, datasets
from store.artifacts.blobs import BlobInfo
from store.db.database import Sessions
from store.db.transaction import Tx
from store.ids import ProjectId
from store.tables import Dataset
from tabular.limits import Limits
from tabular.profile import Profile
from tabular.readers import sandbox
from tabular.readers.formats import format_of
from tabular.readers.options import ReadOptions

DEFAULT_NAME = "dataset"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTable:
    """A file that was read: the name of its format, its profile, and its Parquet in the database."""

    file: UploadedFile
    file_format: str
    profile: Profile
    blob: BlobInfo


def store_table(sessions: Sessions, limits: ServiceLimits, file: UploadedFile, options: ReadOptions) -> StoredTable:
    """Read and profile the file, and store its Parquet. Raises `InvalidDataset` with every error of the file."""
    parquet = file.path.with_name("table.parquet")
    file_format = format_of(file.media_type, file.filename or "").name
    profile = sandbox.read_file(file_format, file.path, parquet, options, _reading_limits(limits))
    file.path.unlink()
    with parquet.open("rb") as source:
        blob = blobs.write(sessions, blobs.chunks_of_file(source))
    return StoredTable(file=file, file_format=file_format, profile=profile, blob=blob)


def _reading_limits(limits: ServiceLimits) -> Limits:
    return Limits(rows=limits.max_dataset_rows, cells=limits.max_dataset_cells, seconds=limits.max_reading_seconds)


def create(tx: Tx, limits: ServiceLimits, project: ProjectId, wanted: DatasetRequest, table: StoredTable) -> Dataset:
    """Insert the data set. Raises `QuotaExceeded`."""
    reserve_storage(tx, limits, project, table.file.bytes)
    name = wanted.name or table.file.filename or DEFAULT_NAME
    profile = table.profile.to_json()
    dataset = datasets.create(
        tx,
        project,
        table.blob.id,
        name=name[:200],
        format=table.file_format,
        rows=profile["rows"],
        bytes=table.file.bytes,
        sha256=table.file.sha256,
        columns=profile["columns"],
        warnings=profile["warnings"],
        reading=profile["reading"],
        metadata_=wanted.metadata,
        ttl_seconds=wanted.ttl_seconds,
    )
    metering.count(tx, project, dataset.id, "uploaded_bytes", dataset.bytes)
    return dataset
