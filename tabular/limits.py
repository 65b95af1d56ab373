"""Limits on the size of a data set and on the cost of reading it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The largest file, and the memory, time and threads for reading it."""

    rows: int = 5_000_000
    columns: int = 4_096
    cells: int = 200_000_000
    array_bytes: int = 4 << 30  # of an NPZ file, unpacked on disk
    line_bytes: int = 2 << 20  # one row, quoted line breaks included
    memory_bytes: int = 512 << 20  # DuckDB spills to disk above this
    process_bytes: int = 4 << 30  # limit on the child's data segment, most of which it never touches
    seconds: float = 120.0
    threads: int = 2
