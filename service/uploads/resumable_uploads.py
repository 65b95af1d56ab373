"""Begin a resumable upload, add to it, and turn it into a data set."""

from typing import Any

from service.errors import QuotaExceeded
from service.limits import ServiceLimits
from service.quotas import check_storage, reserve_storage
from service.uploads import dataset_uploads
from service.uploads.dataset_request import DatasetRequest
from service.uploads.dataset_uploads import StoredTable
from store.artifacts import uploads
from store.db.transaction import Tx
from store.ids import ProjectId
from store.tables import Dataset, Upload


def begin(tx: Tx, limits: ServiceLimits, project: ProjectId, request: dict[str, Any], length: int | None) -> Upload:
    """Create an upload of `length` bytes (None: unknown). Raises `QuotaExceeded`."""
    reserve_storage(tx, limits, project, length or 0)
    quota = limits.max_project_uploads
    if uploads.count_unfinished(tx, project) >= quota:
        detail = f"This project has reached its limit of {quota:,} unfinished uploads. Finish some, or delete some."
        raise QuotaExceeded(detail, name="uploads", quota=quota)
    return uploads.create(tx, project, request, length, limits.upload_seconds)


def append(tx: Tx, limits: ServiceLimits, upload: Upload, start: int, data: bytes) -> int:
    """Store the next bytes; return when the upload expires. Raises `QuotaExceeded` or `UploadInterrupted`."""
    check_storage(tx, limits, ProjectId(upload.project_id), len(data))
    return uploads.append(tx, upload, start, data, limits.upload_seconds)


def create_dataset(
    tx: Tx, limits: ServiceLimits, upload: Upload, wanted: DatasetRequest, table: StoredTable
) -> Dataset:
    """Insert the data set and delete the bytes of the upload. Raises `QuotaExceeded` or `UploadInterrupted`."""
    uploads.finish(tx, upload, {})
    return dataset_uploads.create(tx, limits, ProjectId(upload.project_id), wanted, table)
