"""The table is found below titles and comments, with its delimiter."""

from pathlib import Path

import pytest

from tabular.readers.csv.layout import find_layout, is_blank_separated


@pytest.mark.parametrize(
    ("text", "skip", "first"),
    [
        ("a,b\n1,2\n3,4\n", 0, "a"),
        ("\n\na,b\n1,2\n3,4\n", 2, "a"),
        ("# made today\na,b\n1,2\n3,4\n", 1, "a"),
        ("#a,b\n1,2\n3,4\n", 0, "#a"),
        ("sep=;\na;b\n1;2\n3;4\n", 1, "a"),
        ("A title\na,b,c\n1,2,3\n4,5,6\n", 1, "a"),
        ("A title,,\na,b,c\n1,2,3\n4,5,6\n", 1, "a"),
    ],
)
def test_table_is_found_below_other_lines(tmp_path: Path, text: str, skip: int, first: str) -> None:
    source = tmp_path / "source.csv"
    source.write_text(text)
    layout = find_layout(source, None, 100)
    assert (layout.skip, layout.rows[0][0]) == (skip, first)
    assert layout.width == len(layout.rows[-1])


def test_numbers_between_blanks_are_columns() -> None:
    assert is_blank_separated(["  1.0   2", " 10.0   3", "  4.5  10"])
    assert not is_blank_separated(["John Smith", "Mary Jones", "Ann Brown"])
    assert not is_blank_separated(['"a b" 1', '"c d" 2', '"e f" 3'])
