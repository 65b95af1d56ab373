"""How much a project may keep."""

from api.errors import QuotaExceeded
from api.settings import ApiSettings
from store import usage
from store.database import Sessions
from store.ids import ProjectId
from store.transaction import Tx, snapshot

RETRY_SECONDS = 30


def refuse_early(sessions: Sessions, limits: ApiSettings, project: ProjectId, more: int) -> None:
    """See that an upload of `more` bytes finds room, before they are stored; raises `QuotaExceeded`."""
    with snapshot(sessions) as tx:
        _check(tx, limits, project, more)


def check_storage(tx: Tx, limits: ApiSettings, project: ProjectId, more: int) -> None:
    """See that there is room, and will be until the transaction ends; raises `QuotaExceeded`."""
    usage.wait_for_turn(tx, project)
    _check(tx, limits, project, more)


def _check(tx: Tx, limits: ApiSettings, project: ProjectId, more: int) -> None:
    used, quota = usage.uploaded_bytes(tx, project), limits.max_project_bytes
    if used + more > quota:
        detail = f"With these {more:,} bytes the project would keep {used + more:,} of {quota:,}; delete something."
        raise QuotaExceeded(detail, name="bytes", quota=quota, retry_seconds=RETRY_SECONDS)
