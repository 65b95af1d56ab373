"""Delimiter, header, names and encoding of a CSV file are detected."""

import pytest

from tests.support.reading import Reader, Refuser

ROWS = [["age", "job", "income"], ["39", "clerk", "1.5"], ["50", "nurse", "2.5"], ["28", "clerk", "3"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_detected(read: Reader, delimiter: str) -> None:
    table = read("\n".join(delimiter.join(row) for row in ROWS))
    assert [column.name for column in table.profile.columns] == ["age", "job", "income"]
    assert table.cells("age") == [39, 50, 28]


def test_quoted_delimiter_is_text(read: Reader) -> None:
    assert read('a,b\n1,"x, y"\n2,z\n').cells("b") == ["x, y", "z"]


def test_semicolons_win_over_decimal_commas(read: Reader) -> None:
    table = read("a;b\n1,5;2,5\n2,5;3,5\n10;4\n")
    assert table.cells("a") == [1.5, 2.5, 10.0]
    assert table.column("b").max == 4.0


def test_excel_line_names_the_delimiter(read: Reader) -> None:
    assert read("sep=;\na;b\n1;x\n2;y\n").cells("a") == [1, 2]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("age,job\n39,clerk\n50,nurse\n", ["age", "job"]),
        ("39,clerk\n50,nurse\n28,clerk\n", ["column_1", "column_2"]),
        ("color,size\nred,S\nblue,M\nred,L\n", ["color", "size"]),
        ("red,S\nblue,M\nred,L\nblue,S\n", ["column_1", "column_2"]),
        ("name,city\nbob,paris\nann,rome\n", ["name", "city"]),
        ("day,what\n2026-01-02,x\n2026-01-03,x\n", ["day", "what"]),
        ("?,clerk\n50,nurse\n28,clerk\n", ["column_1", "column_2"]),
        ("1,2\n", ["1", "2"]),
    ],
)
def test_header_is_detected(read: Reader, problems: Refuser, text: str | bytes, names: list[str]) -> None:
    if text.count("\n") == 1:
        assert problems(text)[0].detail == "The file has a header but no rows."
    else:
        assert [column.name for column in read(text).profile.columns] == names


def test_sender_chooses_whether_there_is_a_header(read: Reader) -> None:
    assert read("red,S\nblue,M\nred,L\n", header="true").profile.rows == 2
    assert read("a,b\n1,2\n", header="false").profile.rows == 2


def test_spaces_around_names_and_values_are_removed(read: Reader) -> None:
    table = read("age ,job \n 39, clerk \n50 ,nurse\n")
    assert [column.name for column in table.profile.columns] == ["age", "job"]
    assert table.cells("job") == ["clerk", "nurse"]
    assert table.codes().count("whitespace_in_header") == 2


def test_repeated_and_empty_names_become_unique(read: Reader) -> None:
    table = read("a,A,,a_2\n1,2,3,4\n5,6,7,8\n")
    assert [column.name for column in table.profile.columns] == ["a", "A_3", "column_3", "a_2"]
    assert {"duplicate_header", "empty_header"} <= set(table.codes())


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbfa,b\n1,x\n2,y\n",
        b"a,b\r\n1,x\r\n2,y\r\n",
        b"a,b\r1,x\r2,y\r",
        b"a,b\r\n1,x\n2,y\r\n",
        b"\n\na,b\n1,x\n2,y\n\n\n",
        "a,b\n1,x\n2,y\n".encode("utf-16"),
        b"a,b\n1,x\n2,y",
    ],
)
def test_byte_order_marks_and_line_ends_do_not_matter(read: Reader, text: str | bytes) -> None:
    table = read(text)
    assert (table.cells("a"), table.cells("b")) == ([1, 2], ["x", "y"])


def test_windows_encoding_is_read_with_a_warning(read: Reader) -> None:
    table = read("name,n\nJosé,1\nZoë,2\n".encode("cp1252"))
    assert table.cells("name") == ["José", "Zoë"]
    assert "not_utf8" in table.codes()


def test_quoted_line_break_stays_in_its_cell(read: Reader) -> None:
    assert read('a,b\n1,"x\ny"\n2,z\n').cells("b") == ["x\ny", "z"]


def test_rows_keep_their_order(read: Reader) -> None:
    rows = 300_000
    table = read("n,s\n" + "\n".join(f"{n},v{n % 7}" for n in range(rows)))
    assert table.cells("n") == list(range(rows))
    assert table.cells("s")[:9] == ["v0", "v1", "v2", "v3", "v4", "v5", "v6", "v0", "v1"]
