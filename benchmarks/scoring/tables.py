"""Tables to score on: their files, their targets, and their splits into rows to train on and unseen rows."""

import csv
import gzip
import hashlib
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

UNSEEN = 0.2  # share of the rows
LARGE_ROWS = 5_000
MISSING = frozenset({"", "?", "NA", "N/A", "NaN", "null", "NULL"})

Row = list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Rows of a table to train on, and unseen rows to score on. Cells are texts, missing ones empty."""

    table: str
    number: int
    names: tuple[str, ...]
    target: str
    task: str | None
    training: tuple[Row, ...]
    unseen: tuple[Row, ...]

    @property
    def place(self) -> int:
        """The position of the target in a row."""
        return self.names.index(self.target)

    @property
    def truth(self) -> list[str]:
        """The targets of the unseen rows."""
        return [row[self.place] for row in self.unseen]

    def csv(self) -> bytes:
        """Return the rows to train on as a file."""
        text = io.StringIO()
        csv.writer(text).writerows([self.names, *self.training])
        return text.getvalue().encode()

    def digest(self) -> str:
        """Return a hash of all rows, the target and the requested task."""
        found = hashlib.sha256(self.csv())
        found.update(repr((self.target, self.task, self.unseen)).encode())
        return found.hexdigest()


def read_splits(source: str, splits: int, large_splits: int, max_rows: int | None) -> Iterator[Split]:
    """Yield the splits of `PATH[:TARGET[:TASK[:PATH OF UNSEEN ROWS]]]`.

    The target is the last column unless named. With unseen rows of its own the table has a single split.
    `large_splits`: their number for tables of more than LARGE_ROWS rows. `max_rows`: take a sample of that many rows.
    """
    path, target, task, unseen_path, *_ = [*source.split(":"), "", "", ""]
    names, rows = _read(Path(path))
    unseen = _read(Path(unseen_path))[1] if unseen_path else None
    random.Random(1).shuffle(rows)
    rows = rows[:max_rows]
    count = large_splits if len(rows) > LARGE_ROWS else splits
    for number in range(1 if unseen else count):
        order = list(rows)
        random.Random(number).shuffle(order)
        cut = 0 if unseen else int(len(order) * UNSEEN)
        yield Split(
            table=Path(path).name.split(".")[0],
            number=number,
            names=tuple(names),
            target=target or names[-1],
            task=task or None,
            training=tuple(order[cut:]),
            unseen=tuple(unseen or order[:cut]),
        )


def _read(path: Path) -> tuple[Sequence[str], list[Row]]:
    """Return the names and the rows of a CSV file, which may be compressed and may lack a header."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = csv.reader(io.StringIO(content.decode(), newline=""))
    rows = [[_clean(cell) for cell in row] for row in lines if row]
    has_header = not any(is_number(cell) for cell in rows[0]) and len(set(rows[0])) == len(rows[0])
    names = rows.pop(0) if has_header else [f"column_{place}" for place in range(1, len(rows[0]) + 1)]
    return names, [row for row in rows if len(row) == len(names)]


def _clean(cell: str) -> str:
    return "" if cell.strip() in MISSING else cell.strip()


def is_number(cell: str) -> bool:
    """Tell whether a cell is written as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def columns(split: Split) -> list[tuple[bool, Row, Row]]:
    """Return for each input column whether it has numbers only, its cells to train on and its unseen cells."""
    found = []
    for place, name in enumerate(split.names):
        if name == split.target:
            continue
        training, unseen = ([row[place] for row in rows] for rows in (split.training, split.unseen))
        found.append((all(is_number(cell) for cell in training if cell), training, unseen))
    return found
