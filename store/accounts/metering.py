"""What each project uses per day, counted in the transactions that use it, so that each use counts exactly once.

Many processes count at the same time, so each source (a job, an upload, an API process) has entries of its own. The
scheduler adds them to the totals. Both outlive what they were counted for.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, bindparam, case, delete, func, literal, select, tuple_, union_all
from sqlalchemy.dialects import postgresql, sqlite

from store.clock import now
from store.db.transaction import Tx
from store.ids import ProjectId
from store.tables import Usage, UsageEntry, table_of

DAY_MILLISECONDS = 86_400_000
TODAY = now() // DAY_MILLISECONDS
COLUMNS = ("source_id", "day", "metric", "project_id", "amount")

Metric = Literal[
    "cpu_seconds",
    "jobs_created",
    "jobs_succeeded",
    "jobs_failed",
    "jobs_canceled",
    "prediction_rows",
    "uploaded_bytes",
    "stored_bytes",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTotal:
    """How much of `metric` a project used on a day, counted from 1970."""

    project: ProjectId
    day: int
    metric: str
    amount: float


def count(tx: Tx, project: str, source_id: str, metric: Metric, amount: float = 1) -> None:
    """Count a use of today."""
    use = {"source_id": source_id, "metric": metric, "project_id": project, "amount": float(amount)}
    tx.connection().execute(_count_statement(_is_postgresql(tx)), use)


def count_growth(tx: Tx, metric: Metric, owner: tuple[Any, Any], growth: Any, *where: ColumnElement[bool]) -> None:
    """Count by how much a column of a row is about to grow; `owner` are the row's columns with its id and project."""
    source_id, project = owner
    _insert(tx, select(source_id, TODAY, literal(metric), project, growth).where(growth > 0, *where))


def raise_peak(tx: Tx, metric: Metric, amounts: Mapping[str, float]) -> None:
    """Raise the amounts of today, by project, to these if they are lower."""
    insert = postgresql.insert if _is_postgresql(tx) else sqlite.insert
    for project, amount in sorted(amounts.items()):
        statement = insert(Usage).values(project_id=project, day=TODAY, metric=metric, amount=amount)
        new = statement.excluded.amount
        peak = {"amount": case((Usage.amount < new, new), else_=Usage.amount)}
        tx.execute(statement.on_conflict_do_update(index_elements=_key(Usage), set_=peak))


def add_to_totals(tx: Tx, limit: int) -> int:
    """Move at most `limit` entries to the totals; return their number. Entries that are being written are skipped."""
    query = select(UsageEntry).limit(limit).with_for_update(skip_locked=True)
    entries = list(tx.scalars(query, execution_options={"populate_existing": True}))
    sums = defaultdict[tuple[str, int, str], float](float)
    for entry in entries:
        sums[entry.project_id, entry.day, entry.metric] += entry.amount
    insert = postgresql.insert if _is_postgresql(tx) else sqlite.insert
    for (project, day, metric), amount in sorted(sums.items()):
        statement = insert(Usage).values(project_id=project, day=day, metric=metric, amount=amount)
        added = {"amount": Usage.amount + statement.excluded.amount}
        tx.execute(statement.on_conflict_do_update(index_elements=_key(Usage), set_=added))
    keys = [(entry.source_id, entry.day, entry.metric) for entry in entries]
    moved = delete(UsageEntry).where(tuple_(UsageEntry.source_id, UsageEntry.day, UsageEntry.metric).in_(keys))
    tx.execute(moved.execution_options(synchronize_session=False))
    return len(entries)


def any_entries(tx: Tx) -> bool:
    """Whether there are entries that are not in the totals."""
    return tx.scalar(select(UsageEntry.source_id).limit(1)) is not None


def totals(tx: Tx, project: ProjectId | None, first_day: int, last_day: int) -> list[UsageTotal]:
    """What the project, or each project, used on these days: totals and entries, by project and day."""
    both = union_all(*(_of(table, project, first_day, last_day) for table in (Usage, UsageEntry))).subquery()
    key = (both.c.project_id, both.c.day, both.c.metric)
    rows = tx.execute(select(*key, func.sum(both.c.amount)).group_by(*key).order_by(*key))
    return [UsageTotal(project=ProjectId(row[0]), day=row[1], metric=row[2], amount=row[3]) for row in rows]


def _of(table: Any, project: ProjectId | None, first_day: int, last_day: int) -> Select[Any]:
    query = select(table.project_id, table.day, table.metric, table.amount)
    query = query.where(table.day >= first_day, table.day <= last_day)
    return query if project is None else query.where(table.project_id == project)


@cache
def _count_statement(is_postgresql: bool) -> Any:  # noqa: FBT001 - the key of the cache
    insert = postgresql.insert if is_postgresql else sqlite.insert
    names = ("source_id", "metric", "project_id", "amount")
    table = table_of(UsageEntry)
    statement = insert(table).values(day=TODAY, **{name: bindparam(name) for name in names})
    added = {"amount": table.c.amount + statement.excluded.amount}
    return statement.on_conflict_do_update(index_elements=_key(UsageEntry), set_=added)


def _insert(tx: Tx, values: Any) -> None:
    """Insert an entry, or add to the entry of the same source, day and metric."""
    insert = postgresql.insert if _is_postgresql(tx) else sqlite.insert
    statement = insert(UsageEntry).from_select(COLUMNS, values)
    added = {"amount": UsageEntry.amount + statement.excluded.amount}
    tx.execute(statement.on_conflict_do_update(index_elements=_key(UsageEntry), set_=added))


def _key(table: Any) -> list[str]:
    return [column.name for column in table.__table__.primary_key]


def _is_postgresql(tx: Tx) -> bool:
    return tx.get_bind().dialect.name == "postgresql"
