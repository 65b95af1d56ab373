"""Projects as requests and responses show them."""

from typing import Annotated

from pydantic import Field

from api.http.schemas import RequestBody, View
from service.fields import Name
from store.clock import rfc3339
from store.tables import Project

MAX_RETENTION_DAYS = 36_500  # a century
RetentionDays = Annotated[
    int | None,
    Field(
        ge=1,
        le=MAX_RETENTION_DAYS,
        description="Days after which ended jobs are erased with their models. Null: BACKPROP_RETENTION_DAYS decides.",
    ),
]


class ProjectBody(RequestBody):
    """A new project."""

    name: Name = Field(examples=["risk team"])
    retention_days: RetentionDays = None


class ProjectChanges(RequestBody):
    """The fields of a project to change; the others stay as they are."""

    name: Name | None = Field(default=None, description="Null: unchanged.", examples=["risk team"])
    retention_days: RetentionDays = None

    def values(self) -> dict[str, str | int | None]:
        """Return the columns to change."""
        sent = self.model_dump(exclude_unset=True)
        return {field: value for field, value in sent.items() if field != "name" or value is not None}


class ProjectView(View):
    """A project: the owner of keys, data sets, jobs, models and weights."""

    id: str = Field(examples=["prj_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    name: str
    retention_days: int | None
    created_at: str

    @classmethod
    def of(cls, project: Project) -> "ProjectView":
        """Return the view of a stored project."""
        return cls(
            id=project.id,
            name=project.name,
            retention_days=project.retention_days,
            created_at=rfc3339(project.created_at),
        )


def etag_of_project(project: Project) -> str:
    """Return the ETag of a project, which changes with it."""
    return f'"{project.version}"'
