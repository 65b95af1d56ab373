"""Search by creation time and metadata, page by page, for every resource that has both."""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, exists
from sqlalchemy.orm import InstrumentedAttribute

from store.db.pages import PREFIXES, Page, page
from store.db.transaction import Tx
from store.ids import ProjectId, first_id

MAX_SKEW_MILLISECONDS = 86_400_000  # between the clock of the process that made an id and the database's clock

Row = TypeVar("Row")
Pairs = tuple[tuple[str, str], ...]


def created_after(
    query: Select[Row], key: InstrumentedAttribute[str], milliseconds: int | None, prefix: str | None = None
) -> Select[Row]:
    """Keep the rows created after a time; `key` is the column with their ids, and `prefix` that of the ids.

    Ids sort by time, so the walk over the index ends at the oldest id that can match.
    """
    if milliseconds is None:
        return query
    table = key.class_
    oldest = first_id(prefix or PREFIXES[table.__tablename__][0], milliseconds - MAX_SKEW_MILLISECONDS)
    return query.where(table.created_at > milliseconds, key >= oldest)


def page_with_metadata(  # noqa: PLR0913, PLR0917 - a query, its keys, and a page
    tx: Tx,
    query: Select[Row],
    key: InstrumentedAttribute[str],
    owner: InstrumentedAttribute[str],
    project: ProjectId,
    pairs: Pairs,
    cursor: str | None,
    limit: int,
) -> Page[Row]:
    """The rows that have all pairs, newest first; `owner` is the column of the metadata that refers to `key`."""
    if not pairs:
        return page(tx, query, key, cursor, limit)
    return page(tx, with_metadata(query, key, owner, project, pairs), owner, cursor, limit)


def with_metadata(
    query: Select[Row],
    key: InstrumentedAttribute[str],
    owner: InstrumentedAttribute[str],
    project: ProjectId,
    pairs: Pairs,
) -> Select[Row]:
    """Walk over the rows that have the first pair, and keep those that have the other pairs too."""
    (name, value), *others = pairs
    table: Any = owner.class_
    query = query.join(table, owner == key).where(table.project_id == project, table.key == name, table.value == value)
    return query.where(*[_has(owner, project, *pair) for pair in others])


def _has(owner: InstrumentedAttribute[str], project: ProjectId, key: str, value: str) -> ColumnElement[bool]:
    """Whether a row has this pair. The project lets the database search the index by all columns."""
    each = owner.class_.__table__.alias()
    return exists().where(
        each.c.project_id == project, each.c.key == key, each.c.value == value, each.c[owner.key] == owner
    )
