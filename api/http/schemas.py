"""What several answers share."""

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")


class Request(BaseModel):
    """A body that comes in: no unknown fields, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class View(BaseModel):
    """A body that goes out."""

    model_config = ConfigDict(frozen=True)

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        return self.model_dump(mode="json")


class Warned(View):
    """Something that was done otherwise than might be expected, and how to change that."""

    code: str = Field(examples=["column_skipped"])
    column: str | None = None
    detail: str
    fix: str | None = None


class PageView(View, Generic[Item]):
    """Some of many, newest first; the next ones under `cursor`."""

    data: list[Item]
    next_cursor: str | None = None


class FieldProblem(View):
    """One thing wrong: with a body, at a JSON pointer; with a file, at a line and column."""

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
