"""How large a data set may be, and what reading it may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a file may hold, and what reading it may cost."""

    rows: int = 5_000_000
    columns: int = 4_096
    cells: int = 200_000_000
    line_bytes: int = 2 << 20  # one row, quoted line breaks included
    memory_bytes: int = 512 << 20  # what DuckDB may hold before it spills to disk
    process_bytes: int = 4 << 30  # the child's address space for data, most of which it never touches
    seconds: float = 120.0
    threads: int = 2
