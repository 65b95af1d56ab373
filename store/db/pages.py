"""Keyset pagination, newest first: every page costs the same, however far it is from the first."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import BindParameter, Column, Select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql import visitors

from store.db.transaction import Tx
from store.errors import StoreError
from store.ids import is_id

PREFIXES = {
    "aliases": ("als",),
    "api_keys": ("key",),
    "audit_entries": ("aud",),
    "datasets": ("ds",),
    "dataset_metadata": ("ds",),
    "deletions": ("del",),
    "jobs": ("job", "bat"),
    "job_metadata": ("job", "bat"),
    "models": ("mdl",),
    "projects": ("prj",),
    "webhook_deliveries": ("dlv",),
    "webhooks": ("whk",),
    "weights": ("wts",),
}  # of ids, by table
DIGEST_CHARACTERS = 12  # hexadecimal: cursors are not secret, they only must not be mixed up

Row = TypeVar("Row")


class InvalidCursor(StoreError):
    """The cursor was not made by this service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Row]):
    """Rows, and the cursor of the next page (None: this is the last page)."""

    rows: list[Row]
    next_cursor: str | None


def page(tx: Tx, query: Select[Row], key: InstrumentedAttribute[str], cursor: str | None, limit: int) -> Page[Row]:
    """The first `limit` rows of `query` after `cursor`, by descending `key`, a column with the ids of the rows.

    A cursor is valid for the same query only: another list, project or filter would leave out rows without a notice.
    """
    after = query if cursor is None else query.where(key < _decode(cursor, key, _digest(query)))
    rows: list[Any] = list(tx.scalars(after.order_by(key.desc()).limit(limit + 1)))
    more = len(rows) > limit
    return Page(rows=rows[:limit], next_cursor=_encode(rows[limit - 1].id, _digest(query)) if more else None)


def _digest(query: Select[Any]) -> str:
    """Return what tells the conditions of a query from others: its columns and values, hashed."""
    if query.whereclause is None:
        return ""
    parts = [
        repr(node.effective_value) if isinstance(node, BindParameter) else node.name
        for node in visitors.iterate(query.whereclause)
        if isinstance(node, BindParameter | Column)
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:DIGEST_CHARACTERS]


def _encode(key: str, digest: str) -> str:
    return base64.urlsafe_b64encode(f"{key}.{digest}".encode()).decode().rstrip("=")


def _decode(cursor: str, column: InstrumentedAttribute[str], digest: str) -> str:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        text = ""
    key, _, made_for = text.partition(".")
    if not is_id(key) or key.partition("_")[0] not in PREFIXES[column.class_.__tablename__]:
        raise InvalidCursor("Invalid cursor. Use the next_cursor of a page of this list.")
    if made_for != digest:
        raise InvalidCursor("This cursor belongs to a list with other filters. Send the same filters with each page.")
    return key
