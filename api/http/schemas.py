"""Schemas that several resources share."""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from store.db.pages import Page

Item = TypeVar("Item")
Row = TypeVar("Row")


class RequestBody(BaseModel):
    """The body of a request: no unknown fields, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class View(BaseModel):
    """The body of a response, or a part of it."""

    model_config = ConfigDict(frozen=True)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON values."""
        return self.model_dump(mode="json")


class WarningView(View):
    """Something that differs from what you might expect, and how to change it."""

    code: str = Field(examples=["column_skipped"])
    column: str | None = None
    detail: str
    fix: str | None = None
    row: int | None = Field(
        default=None,
        exclude_if=lambda row: row is None,
        description="The row of the file, counted from 1 below the header, if the warning is about one cell.",
    )


class PageView(View, Generic[Item]):
    """A page of a list, newest items first. `next_cursor` leads to the next page."""

    data: list[Item]
    next_cursor: str | None = None

    @classmethod
    def of(cls, page: Page[Row], view: Callable[[Row], Item]) -> Self:
        """Return a page of rows as the API shows each of them."""
        return cls(data=[view(row) for row in page.rows], next_cursor=page.next_cursor)


class FieldProblem(View):
    """One error: at a JSON pointer into the body, or at a line and column of the file."""

    pointer: str | None = Field(default=None, examples=["/training/batch_size"])
    line: int | None = None
    column: str | None = None
    value: str | None = None
    detail: str
    fix: str | None = None


class ProblemView(View):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(examples=["invalid_request"])
    request_id: str | None = None
    errors: list[FieldProblem] | None = None
