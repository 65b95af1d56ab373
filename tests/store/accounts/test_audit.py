"""The audit log: written with the change, filtered, deleted after a while."""

import pytest
from sqlalchemy import update

from store.accounts import audit
from store.accounts.audit import Action, Actor, AuditFilters
from store.clock import now
from store.db.database import Sessions
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, KeyId, ProjectId, new_id
from store.tables import AuditEntry

KEY = Actor(kind="key", key_id=KeyId("key_1"), name="billing")


def operations(sessions: Sessions, project: ProjectId | None, filters: AuditFilters) -> list[str]:
    """Return the operations of the entries that match."""
    with snapshot(sessions) as tx:
        return [entry.operation for entry in audit.page_of(tx, project, filters, None, 10).rows]


def test_entries_are_found_by_project_and_filters(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        audit.record(tx, KEY, Action(project=DEFAULT_PROJECT, operation="create_job", resource_id="job_1"))
        denied = Action(project=None, operation="list_jobs", outcome="denied", address="192.0.2.7")
        audit.record(tx, Actor(kind="anonymous"), denied, 3)
    everything = AuditFilters(created_after=0, created_before=10**15)
    assert operations(sessions, None, everything) == ["list_jobs", "create_job"]
    assert operations(sessions, DEFAULT_PROJECT, AuditFilters()) == ["create_job"]
    for filters in (AuditFilters(key_id="key_1"), AuditFilters(resource_id="job_1"), AuditFilters(actor="key")):
        assert operations(sessions, None, filters) == ["create_job"]
    assert operations(sessions, None, AuditFilters(outcome="denied")) == ["list_jobs"]
    assert operations(sessions, None, AuditFilters(created_after=10**15)) == []


def test_an_entry_is_written_only_with_its_change(sessions: Sessions) -> None:
    with pytest.raises(ValueError, match="no"), transaction(sessions) as tx:  # noqa: PT012 - a rollback
        audit.record(tx, KEY, Action(project=DEFAULT_PROJECT, operation="create_job"))
        raise ValueError("no")
    assert operations(sessions, None, AuditFilters()) == []


def test_old_entries_are_deleted(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        for operation in ("old", "new"):
            audit.record(tx, KEY, Action(project=DEFAULT_PROJECT, operation=operation, resource_id=new_id("job")))
        tx.flush()
        aged = update(AuditEntry).where(AuditEntry.operation == "old")
        tx.execute(aged.values(at=now() - 31 * audit.DAY_MILLISECONDS))
        audit.delete_older(tx, 30, 10)
    assert operations(sessions, None, AuditFilters()) == ["new"]
