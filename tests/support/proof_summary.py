"""Print a table of the proofs of reliability at the end of a test run."""

from collections.abc import Callable

import pytest

Note = Callable[[str], None]  # notes the figure that a proof measured
Size = Callable[[int, int], int]  # the size of a proof in its short and in its long form

NAME = "proof"  # of the property of a test's report that holds its row
TITLES = ("proof", "fault", "form", "measured", "passes if", "verdict")


def print_proofs(terminal: pytest.TerminalReporter, form: str) -> None:
    """Print one line for each test with the marker `proof`."""
    rows = [TITLES]
    for verdict in ("passed", "failed", "error"):
        for report in terminal.getreports(verdict):
            properties = dict(getattr(report, "user_properties", ()))  # collection errors have none
            if (row := properties.get(NAME)) and (report.when == "call" or verdict == "error"):
                number, fault, condition = (str(part) for part in row)
                rows.append((number, fault, form, str(properties.get("figure", "-")), condition, verdict))
    if len(rows) == 1:
        return
    terminal.section("proofs of reliability")
    rows[1:] = sorted(rows[1:], key=lambda row: int(row[0]))
    widths = [max(len(row[column]) for row in rows) for column in range(len(TITLES))]
    for row in rows:
        terminal.write_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
