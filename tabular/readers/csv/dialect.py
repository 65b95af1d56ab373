"""Find how a CSV file is to be read: layout, header and column names."""

from dataclasses import dataclass
from pathlib import Path

from tabular.column_format import BLANK
from tabular.profile import DataWarning
from tabular.readers.csv.delimiter import common_width
from tabular.readers.csv.footer import find_footer, skipped_footer, without_footer
from tabular.readers.csv.header import Row, column_names, counts_up, decide_header, unsure
from tabular.readers.csv.layout import (
    Layout,
    find_layout,
    first_lines,
    is_blank_separated,
    separate_by_tabs,
)
from tabular.readers.csv.quoting import (
    has_escapes,
    is_wrapped,
    quote_again,
    quotes_are_text,
    unwrap,
    without_escapes,
)
from tabular.readers.csv.second_header import has_second_header, joined_names, second_header
from tabular.readers.options import ReadOptions
from tabular.readers.values.cleaning import FORMULA_START

SAMPLE_ROWS = 1_000
ROW_NAMES = "row_name"
MAX_FOOTER_ROWS = 3  # last of the first rows, which may belong to a footer


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How the file is read.

    skip: physical lines before the table. header_lines: physical lines of the header, 0 without one.
    rows: the first rows without the header, cells stripped. unnamed: columns without a name in the header.
    formulas: whether cells are written as formulas, such as ="0123".
    quoted_breaks: line breaks inside the names.
    """

    delimiter: str
    skip: int
    header_lines: int
    names: tuple[str, ...]
    unnamed: frozenset[str]
    formulas: bool
    quoted_breaks: int
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

    @property
    def rows_before_data(self) -> int:
        """Lines before the first row of data as DuckDB counts them: without line breaks in quotes."""
        return self.lines_before_rows - self.quoted_breaks


def find_dialect(source: Path, options: ReadOptions, folder: Path) -> tuple[Path, Dialect]:
    """Return the dialect of a readable file that is not empty, and the file to read: `source` or a copy in `folder`."""
    source, layout, warnings = _repaired(source, options.delimiter, folder)
    dialect = _dialect(layout, options, warnings)
    values = tuple(frozenset(column) for column in zip(*dialect.rows[:-MAX_FOOTER_ROWS], strict=False))
    if footer := find_footer(source, layout.delimiter, layout.width, values):
        source = without_footer(source, footer, folder)
        layout = find_layout(source, layout.delimiter, SAMPLE_ROWS + 1)
        dialect = _dialect(layout, options, [*warnings, *([skipped_footer(footer)] if footer.lines else [])])
    return source, dialect


def _repaired(source: Path, delimiter: str | None, folder: Path) -> tuple[Path, Layout, list[DataWarning]]:
    """Return the file, or a copy whose quotes and delimiters follow the rules of CSV, with its layout."""
    copy, layout, lines = folder / "repaired.csv", find_layout(source, delimiter, SAMPLE_ROWS + 1), first_lines(source)
    quotes = any('"' in line or "\\" in line for line in lines)
    if delimiter is None and quotes and is_wrapped(lines):
        warning = unwrap(source, copy)
    elif delimiter is None and layout.width == 1 and is_blank_separated(lines):
        warning, delimiter = separate_by_tabs(source, copy), "\t"
    elif quotes and has_escapes(lines[layout.skip :], layout.delimiter):
        warning = without_escapes(source, copy, layout.delimiter)
    elif quotes and quotes_are_text(lines[layout.skip :], layout.delimiter):
        warning = quote_again(source, copy, layout.delimiter)
    else:
        return source, layout, []
    return copy, find_layout(copy, delimiter, SAMPLE_ROWS + 1), [warning]


def _dialect(layout: Layout, options: ReadOptions, warnings: list[DataWarning]) -> Dialect:
    missing = frozenset(options.missing) | {""}
    warnings = [*warnings, *layout.warnings]
    row_names = _has_row_names(layout)
    header = row_names or options.header == "true"
    if options.header == "auto" and not row_names:
        decision = decide_header(layout.rows, missing)
        header = decision.header
        if not decision.sure:
            warnings.append(unsure(decision, layout.rows[0]))
    raw = layout.rows[0] if header else [f"column_{number}" for number in range(1, layout.width + 1)]
    head = int(header)
    if header and not row_names and has_second_header(layout.rows, missing):
        raw, head = joined_names(*layout.rows[:2]), 2
        warnings.append(second_header(layout.rows[1]))
    if row_names:
        raw = [ROW_NAMES, *raw]
        warnings.append(_row_names(len(raw)))
    names, found = column_names(_without_trailing(raw, layout), index=header and _first_column_counts(layout))
    return Dialect(
        delimiter=layout.delimiter,
        skip=layout.skip,
        header_lines=layout.ends[head - 1] - layout.skip if header and layout.ends else 0,
        names=names,
        unnamed=frozenset(warning.column or "" for warning in found if warning.code == "empty_header"),
        quoted_breaks=sum(len(cell.splitlines()) - 1 for row in layout.rows[:head] for cell in row if cell),
        formulas=any(cell.startswith(FORMULA_START) for row in layout.rows for cell in row),
        rows=tuple([cell.strip(BLANK) for cell in row] for row in layout.rows[head:]),
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
