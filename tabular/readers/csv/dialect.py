"""Find how a CSV file is to be read: layout, header and column names."""

from dataclasses import dataclass
from pathlib import Path

from tabular.column_format import BLANK
from tabular.profile import DataWarning
from tabular.readers.csv.delimiter import common_width
from tabular.readers.csv.header import Row, column_names, counts_up, decide_header, unsure
from tabular.readers.csv.layout import (
    Layout,
    find_layout,
    first_lines,
    is_blank_separated,
    separate_by_tabs,
)
from tabular.readers.options import ReadOptions

SAMPLE_ROWS = 1_000
ROW_NAMES = "row_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How the file is read.

    skip: physical lines before the table. header_lines: physical lines of the header, 0 without one.
    rows: the first rows without the header, cells stripped.
    """

    delimiter: str
    skip: int
    header_lines: int
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    warnings: tuple[DataWarning, ...]

    @property
    def header(self) -> bool:
        """Whether the first row names the columns."""
        return self.header_lines > 0

    @property
    def lines_before_rows(self) -> int:
        """Physical lines before the first row of data."""
        return self.skip + self.header_lines


def find_dialect(source: Path, options: ReadOptions, folder: Path) -> tuple[Path, Dialect]:
    """Return the dialect of a readable file that is not empty, and the file to read: `source` or a copy in `folder`."""
    delimiter, warnings = options.delimiter, list[DataWarning]()
    layout = find_layout(source, delimiter, SAMPLE_ROWS + 1)
    if delimiter is None and layout.width == 1 and is_blank_separated(first_lines(source)):
        copy = folder / "separated.csv"
        warnings.append(separate_by_tabs(source, copy))
        source, layout = copy, find_layout(copy, "\t", SAMPLE_ROWS + 1)
    return source, _dialect(layout, options, warnings)


def _dialect(layout: Layout, options: ReadOptions, warnings: list[DataWarning]) -> Dialect:
    warnings += layout.warnings
    row_names = _has_row_names(layout)
    header = row_names or options.header == "true"
    if options.header == "auto" and not row_names:
        decision = decide_header(layout.rows, frozenset(options.missing) | {""})
        header = decision.header
        if not decision.sure:
            warnings.append(unsure(decision, layout.rows[0]))
    raw = layout.rows[0] if header else [f"column_{number}" for number in range(1, layout.width + 1)]
    if row_names:
        raw = [ROW_NAMES, *raw]
        warnings.append(_row_names(len(raw)))
    names, found = column_names(_without_trailing(raw, layout), index=header and _first_column_counts(layout))
    return Dialect(
        delimiter=layout.delimiter,
        skip=layout.skip,
        header_lines=layout.ends[0] - layout.skip if header and layout.ends else 0,
        names=names,
        rows=tuple([cell.strip(BLANK) for cell in row] for row in layout.rows[header:]),
        warnings=(*warnings, *found),
    )


def _has_row_names(layout: Layout) -> bool:
    """Return whether the header lacks a name for the first column, as in files that R writes."""
    first, *below = layout.rows
    width = common_width(below)
    return (
        len(first) > 1
        and len(first) == width - 1
        and all(len(row) == width for row in below)
        and any(row[-1].strip() for row in below)
    )


def _first_column_counts(layout: Layout) -> bool:
    return counts_up([row[0].strip() for row in layout.rows[1:] if row])


def _row_names(columns: int) -> DataWarning:
    return DataWarning(
        code="row_names",
        column=ROW_NAMES,
        detail=f"The header has {columns - 1} names for {columns} columns; the first column is called {ROW_NAMES!r}.",
        fix="Add the missing name to the header.",
    )


def _without_trailing(raw: Row, layout: Layout) -> Row:
    """Return the names without an empty last one, if the column under it is empty: each row ends with a delimiter."""
    if len(raw) < 2 or raw[-1].strip() or any(row[-1].strip() for row in layout.rows if len(row) == len(raw)):
        return raw
    return raw[:-1]
