"""The query parameters of every list."""

from typing import Annotated

from fastapi import Query

Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the previous page.")]
Limit = Annotated[int, Query(ge=1, le=100, description="Maximum number of items per page.")]
DEFAULT_LIMIT = 20
