"""Keyset pagination, newest first: every page costs the same, however far it is from the first."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from store.db.transaction import Tx
from store.errors import StoreError
from store.ids import is_id

PREFIXES = {
    "api_keys": "key",
    "audit_entries": "aud",
    "datasets": "ds",
    "dataset_metadata": "ds",
    "deletions": "del",
    "jobs": "job",
    "job_metadata": "job",
    "models": "mdl",
    "projects": "prj",
    "webhook_deliveries": "dlv",
    "webhooks": "whk",
    "weights": "wts",
}  # of ids, by table

Row = TypeVar("Row")


class InvalidCursor(StoreError):
    """The cursor was not made by this service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Row]):
    """Rows, and the cursor of the next page (None: this is the last page)."""

    rows: list[Row]
    next_cursor: str | None


def page(tx: Tx, query: Select[Row], key: InstrumentedAttribute[str], cursor: str | None, limit: int) -> Page[Row]:
    """The first `limit` rows of `query` after `cursor`, by descending `key`, a column with the ids of the rows."""
    if cursor is not None:
        query = query.where(key < _decode(cursor, key))
    rows: list[Any] = list(tx.scalars(query.order_by(key.desc()).limit(limit + 1)))
    more = len(rows) > limit
    return Page(rows=rows[:limit], next_cursor=_encode(rows[limit - 1].id) if more else None)


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decode(cursor: str, column: InstrumentedAttribute[str]) -> str:
    try:
        key = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        key = ""
    if not is_id(key) or key.partition("_")[0] != PREFIXES[column.class_.__tablename__]:
        raise InvalidCursor("Invalid cursor. Use the next_cursor of a page of this list.")
    return key
