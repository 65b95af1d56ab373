"""Files in the forms that people send are read right."""

from collections.abc import Callable
from typing import Any

import pytest

from tabular.readers.values.cleaning import clean
from tests.support.messy_files import MESSY, ROWS
from tests.support.reading import Read, Reader, Refuser

TYPES = {
    "us_short_years": "datetime number",
    "european_short_years": "datetime number",
    "one_day_first_column": "datetime datetime",
    "office_dates": "datetime datetime datetime datetime number",
    "scores": "category boolean",
    "years_as_header": "category category number number",
    "row_index": "number number number category",
    "name_is_missing_word": "category category category",
    "thousands": "number number",
    "european_numbers": "number number",
    "money": "number number number number",
    "accounting": "number number",
    "unicode_minus": "number number",
    "spaces_as_thousands": "number number",
    "postcodes": "category category number",
    "missing_words": "number number number",
    "spellings_of_yes": "boolean number",
    "decomposed_names": "number category",
    "blanks_around": "number category",
    "comments_first": "number category",
    "title_first": "number category number",
    "row_names": "category number number category",
    "blank_separated": "number number number",
    "sql_words": "category number category number category number",
    "trailing_delimiters": "number category",
    "space_after_quote": "category number",
    "offsets": "datetime number",
}

TOWNS = ("Москва", "Томск")


def test_every_messy_file_has_an_answer() -> None:
    assert TYPES.keys() == MESSY.keys()


@pytest.mark.parametrize("name", MESSY)
def test_columns_of_messy_files_get_their_types(read_known: Callable[[str], Read], name: str) -> None:
    found = read_known(name)
    assert " ".join(column.type for column in found.profile.columns) == TYPES[name]
    assert found.profile.rows == ROWS


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("thousands", "people", lambda cell: 1_000 <= cell < 1_000_000),
        ("european_numbers", "a", lambda cell: 1_000 <= cell < 9_000),
        ("money", "price", lambda cell: 100 <= cell < 10_000),
        ("unicode_minus", "change", lambda cell: cell < 0),
        ("spaces_as_thousands", "a", lambda cell: cell > 1_000),
    ],
)
def test_numbers_have_the_right_size(read: Reader, name: str, column: str, value: Any) -> None:
    assert all(map(value, read(MESSY[name]).cells(column)))


@pytest.mark.parametrize("name", ["us_short_years", "european_short_years"])
def test_years_of_two_digits_are_recent(read: Reader, name: str) -> None:
    column = read(MESSY[name]).column("opened")
    assert "2015" <= str(column.min) < str(column.max) < "2025"


def test_day_first_column_decides_the_unclear_one(read: Reader) -> None:
    unclear = read(MESSY["one_day_first_column"]).column("unclear")
    assert unclear.format is not None
    assert unclear.format.dates == ("%d/%m/%Y",)


def test_accounting_parentheses_are_negative(read: Reader) -> None:
    assert read(MESSY["accounting"]).cells("profit")[:2] == [0.25, -1.5]


def test_codes_keep_their_digits(read: Reader) -> None:
    found = read(MESSY["postcodes"])
    assert found.cells("code")[:2] == ["00000", "00001"]
    assert found.column("account").distinct == 5
    assert found.codes().count("codes") == 2


def test_missing_words_are_null_with_a_warning(read: Reader) -> None:
    found = read(MESSY["missing_words"])
    assert (found.column("x").missing, found.column("y").missing) == (4, 6)
    assert found.codes().count("missing_spellings") == 2


def test_spellings_of_booleans_are_joined(read: Reader) -> None:
    paid = read(MESSY["spellings_of_yes"]).column("paid")
    assert paid.distinct == 2
    assert paid.format is not None
    assert (paid.format.true, paid.format.false) == ("YES", "No")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("comments_first", "skipped_lines"),
        ("title_first", "skipped_lines"),
        ("row_names", "row_names"),
        ("blank_separated", "blank_separated"),
        ("money", "number_format"),
        ("spellings_of_yes", "boolean_spellings"),
        ("us_short_years", "two_digit_years"),
    ],
)
def test_assumptions_are_warned_about(read: Reader, name: str, code: str) -> None:
    assert code in read(MESSY[name]).codes()


def test_impossible_iso_date_is_a_problem_with_its_line(problems: Refuser) -> None:
    days = "".join(f"2024-01-{day:02},{day}\n" for day in range(1, 29))
    (found,) = problems(f"d,n\n{days}0000-01-01,29\n")
    assert (found.line, found.column, found.value) == (30, "d", "0000-01-01")


def test_word_after_a_quoted_cell_with_a_space_is_located(problems: Refuser) -> None:
    rows = "".join(f'"Ann {number}" ,{number}\n' for number in range(40))
    (found,) = problems(f'name,x\n{rows}"Ann" ,oops\n')
    assert (found.line, found.value) == (42, "oops")


def test_labels_under_a_number_get_a_warning_about_the_header(read: Reader) -> None:
    found = read("0\n" + "".join(f"{number % 10}\n" for number in range(40)))
    (warning,) = [warning for warning in found.profile.warnings if warning.code == "header_unsure"]
    assert "?header=" in str(warning.fix)


def test_decomposed_letters_are_the_same_name_and_value(read: Reader) -> None:
    found = read(MESSY["decomposed_names"])
    assert found.profile.columns[0].name == clean("Größe")
    assert set(found.cells("ort")) == {"München", "Köln"}


def test_declared_encoding_is_obeyed(read: Reader) -> None:
    text = "город,n\n" + "".join(f"{TOWNS[number % 2]},{number}\n" for number in range(30))
    for name, option in (("cp1251", "windows-1251"), ("shift_jis", "shift_jis"), ("utf-16", "utf-16")):
        found = read(text.encode(name), encoding=option)
        assert found.cells("город")[:2] == list(TOWNS)
        assert "not_utf8" not in found.codes()


def test_cyrillic_encoding_is_detected_with_a_warning(read: Reader) -> None:
    found = read(("город,n\n" + f"{TOWNS[0]},1\n{TOWNS[1]},2\n" * 9).encode("cp1251"))
    assert found.cells("город")[:2] == list(TOWNS)
    assert "not_utf8" in found.codes()


def test_decimal_option_decides_ambiguous_numbers(read: Reader) -> None:
    text = "a\tb\n" + "".join(f"{number + 1},{number + 100}\t{number}\n" for number in range(40))
    assert read(text).cells("a")[0] == 1100
    assert read(text, decimal=",").cells("a")[0] == 1.1


def test_date_format_option_decides_a_column(read: Reader) -> None:
    text = "d,n\n" + "".join(f"2024010{number % 9 + 1},{number}\n" for number in range(30))
    assert read(text).column("d").type == "number"
    assert read(text, date_formats={"d": "%Y%m%d"}).column("d").max == "2024-01-09T00:00:00.000Z"
