"""Show the first rows of a canonical Parquet file as JSON objects, with the types that the profile says."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tabular.limits import Limits
from tabular.profile import Column
from tabular.readers.database import open_database
from tabular.sql import literal

MAX_BYTES = 4 << 20  # of the rows as JSON; the first row is always shown
MAX_CHARACTERS = 1_000  # of a text; the rest is replaced by an ellipsis
TRUE, FALSE = "true", "false"  # the labels of a boolean column whose file says no others

Value = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewColumn:
    """A column: its name, its type, and the labels of a boolean."""

    name: str
    type: str
    true: str = TRUE
    false: str = FALSE

    @classmethod
    def of(cls, column: Column) -> "PreviewColumn":
        """Return what a preview needs of a column's profile."""
        form = column.format
        labels = {"true": form.true, "false": form.false} if form and form.true and form.false else {}
        return cls(name=column.name, type=column.type, **labels)

    def to_json(self) -> dict[str, str]:
        """Return JSON values."""
        return asdict(self)


def end_of_rows(parquet: Path, rows: int, limits: Limits) -> int:
    """Return how many bytes from the start of a file hold its first rows, by its footer."""
    query = """
        SELECT row_group_id, any_value(row_group_num_rows),
               max(least(data_page_offset, coalesce(dictionary_page_offset, data_page_offset)) + total_compressed_size)
        FROM parquet_metadata(?) GROUP BY ALL ORDER BY row_group_id
    """
    end = 0
    with open_database(parquet.parent, parquet, limits, 0) as connection:
        for _, count, group_end in connection.execute(query, [str(parquet)]).fetchall():
            end, rows = max(end, group_end), rows - count
            if rows <= 0:
                break
    return end


def read_preview(parquet: Path, columns: Sequence[PreviewColumn], rows: int, limits: Limits) -> list[dict[str, Any]]:
    """Return the first rows, as many as fit into `MAX_BYTES`."""
    shown, size = list[dict[str, Any]](), 0
    with open_database(parquet.parent, parquet, limits, len(columns)) as connection:
        connection.execute(f"FROM read_parquet({literal(str(parquet))}) LIMIT {rows:d}")
        values = [_value(column) for column in columns]
        while cells := connection.fetchone():
            row = {
                column.name: None if cell is None else value(cell)
                for column, value, cell in zip(columns, values, cells, strict=True)
            }
            size += len(json.dumps(row))
            if shown and size > MAX_BYTES:
                break
            shown.append(row)
    return shown


def _value(column: PreviewColumn) -> Value:
    match column.type:
        case "number":
            return lambda cell: cell
        case "datetime":
            return _time
        case "boolean":
            return lambda cell: {column.true: True, column.false: False}.get(cell, cell)
        case _:
            return _text


def _time(cell: Any) -> Any:
    if not isinstance(cell, datetime):
        return cell
    return cell.isoformat(timespec="milliseconds") + "Z"


def _text(cell: Any) -> Any:
    return cell if not isinstance(cell, str) or len(cell) <= MAX_CHARACTERS else cell[:MAX_CHARACTERS] + "…"
