"""Quotas: how many bytes a project may store, and how many jobs may be queued."""

from service.errors import QueueFull, QuotaExceeded
from service.limits import ServiceLimits
from store.artifacts import usage
from store.db.transaction import Tx, call_observer
from store.ids import ProjectId
from store.jobs import queue_position

ON_UPLOAD = "on_upload"  # the key in `Sessions.info` of a function that is called with the bytes of a stored upload


def check_storage(tx: Tx, limits: ServiceLimits, project: ProjectId, added: int) -> None:
    """Check that the project may store `added` more bytes. Raises `QuotaExceeded`."""
    used, quota = usage.uploaded_bytes(tx, project), limits.max_project_bytes
    if used + added > quota:
        detail = (
            f"The upload has {added:,} bytes. With it, the project would store {used + added:,} bytes; "
            f"its limit is {quota:,}. Delete data sets, weights or batches that you no longer need."
        )
        raise QuotaExceeded(detail, name="bytes", quota=quota)


def check_room(tx: Tx, limits: ServiceLimits, project: ProjectId) -> None:
    """Check that the project may store more bytes; how many is not known yet. Raises `QuotaExceeded`."""
    used, quota = usage.uploaded_bytes(tx, project), limits.max_project_bytes
    if used >= quota:
        detail = (
            f"The project stores {used:,} bytes; its limit is {quota:,}. Delete batches, data sets or weights that you "
            "no longer need."
        )
        raise QuotaExceeded(detail, name="bytes", quota=quota)


def reserve_storage(tx: Tx, limits: ServiceLimits, project: ProjectId, added: int) -> None:
    """Check the same, and let no other upload of the project pass before `tx` ends. Raises `QuotaExceeded`."""
    usage.lock_project(tx, project)
    check_storage(tx, limits, project, added)
    call_observer(tx, ON_UPLOAD, added)


def check_queue(tx: Tx, limits: ServiceLimits, project: ProjectId) -> None:
    """Check the lengths of the queue, which include what `tx` queued. Raises `QuotaExceeded` or `QueueFull`."""
    quota = limits.max_project_queued
    own, every = queue_position.queue_lengths(tx, project, quota + 1, limits.max_queued + 1)
    if own > quota:
        detail = f"This project has reached its limit of {quota:,} queued jobs. Wait until some start, or cancel some."
        raise QuotaExceeded(detail, name="queued", quota=quota)
    if every > limits.max_queued:
        raise QueueFull(f"The service has reached its limit of {limits.max_queued:,} queued jobs. Try again later.")
