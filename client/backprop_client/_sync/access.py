"""Who may use the service, and what was used: keys, projects, usage, workers, audit log."""

# Generated from the same file in _async by client/generator; do not edit.

import builtins
from typing import TypedDict, Unpack

from backprop_client._sync.pages import Pages
from backprop_client._sync.transport import Transport
from backprop_client.requests import path_of, without_none
from backprop_client.specs.requests import KeyBody, ProjectBody, ProjectChanges
from backprop_client.types.access import AuditEntry, CreatedKey, Key, Project, Usage, UsagePage, Worker, Workers


class Keys:
    """API keys: `client.keys`. Needs the scope `admin`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, **request: Unpack[KeyBody]) -> CreatedKey:
        """Create a key, and return it with its secret text `key`, which is not shown again."""
        return CreatedKey(self._transport.create(path_of("keys"), request))

    def list(self, *, page_size: int | None = None) -> Pages[Key]:
        """Iterate over the keys, newest first."""
        return Pages(self._transport, path_of("keys"), {"limit": page_size}, Key)

    def get(self, key_id: str) -> Key:
        """Return a key."""
        return Key(self._transport.get(path_of("keys", key_id)))

    def revoke(self, key_id: str) -> Key:
        """Make a key invalid within a second, and return it."""
        return Key(self._transport.create(path_of("keys", key_id, "revoke")))

    def delete(self, key_id: str) -> None:
        """Revoke a key, and remove it from the list."""
        self._transport.delete(path_of("keys", key_id))


class Projects:
    """Projects: `client.projects`. Needs the scope `admin`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, **request: Unpack[ProjectBody]) -> Project:
        """Create a project, and return it."""
        return Project(self._transport.create(path_of("projects"), request))

    def list(self, *, page_size: int | None = None) -> Pages[Project]:
        """Iterate over the projects."""
        return Pages(self._transport, path_of("projects"), {"limit": page_size}, Project)

    def get(self, project_id: str) -> Project:
        """Return a project."""
        return Project(self._transport.get(path_of("projects", project_id)))

    def update(self, project_id: str, **changes: Unpack[ProjectChanges]) -> Project:
        """Change some fields of a project, and return it."""
        return Project((self._transport.change("PATCH", path_of("projects", project_id), changes)).json())

    def delete(self, project_id: str) -> None:
        """Erase a project with everything that belongs to it."""
        self._transport.delete(path_of("projects", project_id))


class AuditFilters(TypedDict, total=False):
    """Which entries of the audit log to read: those that match all filters."""

    operation: str
    resource_id: str
    key_id: str
    actor: str
    outcome: str
    created_after: str
    created_before: str


class Operations:
    """What the service does and did: `client.operations`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def usage(
        self,
        *,
        start: str | None = None,
        end: str | None = None,
        group: str | None = None,
        project_id: str | None = None,
    ) -> builtins.list[Usage]:
        """Return what each project used: CPU seconds, jobs, predicted rows, bytes.

        start, end: the first and the last day, as `2026-11-30`. group: `day`, `month` or `total`.
        """
        parameters = {"from": start, "to": end, "group": group, "project_id": project_id}
        return UsagePage(self._transport.get(path_of("usage"), parameters)).data

    def workers(self) -> builtins.list[Worker]:
        """Return the live workers, and what each runs. Needs the scope `admin`."""
        return Workers(self._transport.get(path_of("workers"))).data

    def audit(self, *, page_size: int | None = None, **filters: Unpack[AuditFilters]) -> Pages[AuditEntry]:
        """Iterate over who did what, when and from where, newest first. Needs the scope `admin`."""
        return Pages(self._transport, path_of("audit"), {**without_none(filters), "limit": page_size}, AuditEntry)
