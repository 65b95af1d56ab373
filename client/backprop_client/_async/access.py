"""Who may use the service, and what was used: keys, projects, usage, workers, audit log."""

import builtins
from typing import TypedDict, Unpack

from backprop_client._async.pages import AsyncPages
from backprop_client._async.transport import AsyncTransport
from backprop_client.requests import path_of, without_none
from backprop_client.specs.requests import KeyBody, ProjectBody, ProjectChanges
from backprop_client.types.access import AuditEntry, CreatedKey, Key, Project, Usage, UsagePage, Worker, Workers


class AsyncKeys:
    """API keys: `client.keys`. Needs the scope `admin`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, **request: Unpack[KeyBody]) -> CreatedKey:
        """Create a key, and return it with its secret text `key`, which is not shown again."""
        return CreatedKey(await self._transport.create(path_of("keys"), request))

    def list(self, *, page_size: int | None = None) -> AsyncPages[Key]:
        """Iterate over the keys, newest first."""
        return AsyncPages(self._transport, path_of("keys"), {"limit": page_size}, Key)

    async def get(self, key_id: str) -> Key:
        """Return a key."""
        return Key(await self._transport.get(path_of("keys", key_id)))

    async def revoke(self, key_id: str) -> Key:
        """Make a key invalid within a second, and return it."""
        return Key(await self._transport.create(path_of("keys", key_id, "revoke")))

    async def delete(self, key_id: str) -> None:
        """Revoke a key, and remove it from the list."""
        await self._transport.delete(path_of("keys", key_id))


class AsyncProjects:
    """Projects: `client.projects`. Needs the scope `admin`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, **request: Unpack[ProjectBody]) -> Project:
        """Create a project, and return it."""
        return Project(await self._transport.create(path_of("projects"), request))

    def list(self, *, page_size: int | None = None) -> AsyncPages[Project]:
        """Iterate over the projects."""
        return AsyncPages(self._transport, path_of("projects"), {"limit": page_size}, Project)

    async def get(self, project_id: str) -> Project:
        """Return a project."""
        return Project(await self._transport.get(path_of("projects", project_id)))

    async def update(self, project_id: str, **changes: Unpack[ProjectChanges]) -> Project:
        """Change some fields of a project, and return it."""
        return Project((await self._transport.change("PATCH", path_of("projects", project_id), changes)).json())

    async def delete(self, project_id: str) -> None:
        """Erase a project with everything that belongs to it."""
        await self._transport.delete(path_of("projects", project_id))


class AuditFilters(TypedDict, total=False):
    """Which entries of the audit log to read: those that match all filters."""

    operation: str
    resource_id: str
    key_id: str
    actor: str
    outcome: str
    created_after: str
    created_before: str


class AsyncOperations:
    """What the service does and did: `client.operations`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def usage(
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
        return UsagePage(await self._transport.get(path_of("usage"), parameters)).data

    async def workers(self) -> builtins.list[Worker]:
        """Return the live workers, and what each runs. Needs the scope `admin`."""
        return Workers(await self._transport.get(path_of("workers"))).data

    def audit(self, *, page_size: int | None = None, **filters: Unpack[AuditFilters]) -> AsyncPages[AuditEntry]:
        """Iterate over who did what, when and from where, newest first. Needs the scope `admin`."""
        return AsyncPages(self._transport, path_of("audit"), {**without_none(filters), "limit": page_size}, AuditEntry)
