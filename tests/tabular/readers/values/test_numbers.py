"""Numbers in the forms that people write are recognized and read, in SQL as in Python."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabular.column_format import ColumnFormat
from tabular.readers.values.number_formats import FileEvidence, decide, looks_like_codes, number_evidence, writing
from tabular.readers.values.numbers import expression, parse_number, parts_of
from tabular.readers.values.shapes import Shape

US = ColumnFormat(decimal=".", thousands=",", unit="$")
GERMAN = ColumnFormat(decimal=",", thousands=".", unit="€")
FORMS = [
    US,
    GERMAN,
    ColumnFormat(decimal="."),
    ColumnFormat(decimal=",", thousands=" ", unit="kg"),
    ColumnFormat(decimal=".", thousands="'", unit="%"),
]


@pytest.mark.parametrize(
    ("text", "form", "number"),
    [
        ("$1,234.50", US, 1234.5),
        ("-$5", US, -5),
        ("($5.25)", US, -5.25),
        ("\u22125", US, -5),
        ("1,23", US, None),
        ("1.234,50 €", GERMAN, 1234.5),
        ("1 234,5 kg", FORMS[3], 1234.5),
        ("45 %", FORMS[4], 45),
        ("1e400", FORMS[2], None),
        ("12 kg", US, None),
        ("(5", US, None),
    ],
)
def test_number_is_read_by_its_format(text: str, form: ColumnFormat, number: float | None) -> None:
    assert parse_number(text, form) == number


digits = st.text("0123456789", max_size=7)
texts = st.builds(
    "".join, st.lists(digits | st.sampled_from([*"$€%.,'+-()e ", "\u2212", "\u202f", "kg"]), min_size=1, max_size=6)
)


@settings(max_examples=300, deadline=None)
@given(texts | st.text(max_size=8), st.sampled_from(FORMS))
def test_sql_and_python_read_the_same_numbers(text: str, form: ColumnFormat) -> None:
    with duckdb.connect() as connection:
        query = f"SELECT {expression('v', form)} FROM (SELECT ? AS v)"
        (number,) = connection.execute(query, [text]).fetchone() or (None,)
    assert number == parse_number(text, form)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("9.5", None), ("$9", "$"), ("9%", "%"), ("9 apples", "apples"), ("9kg", "kg"), ("USD 9", "USD")],
)
def test_unit_of_a_number_is_found(text: str, unit: str | None) -> None:
    assert (parts_of(text) or ("", "?"))[1] == unit


@pytest.mark.parametrize("text", ["I9", "9-9-9", "9:99 PM", "9 PM", "9th", "9A", "9/9", "(9", "abc", ""])
def test_other_texts_are_no_numbers(text: str) -> None:
    assert parts_of(text) is None


@pytest.mark.parametrize(
    ("body", "form"),
    [
        ("99", "small"),
        ("9999", "whole"),
        ("9.9", "point"),
        ("9,99", "comma"),
        ("9,999.9", "thousands_comma"),
        ("9.999,9", "thousands_point"),
        ("9,999,999", "thousands_comma"),
        ("9,999", "comma_or_thousands"),
        ("99.999", "point_or_thousands"),
        ("0,999", "comma"),
        ("9,99,9", "bad"),
    ],
)
def test_writing_of_a_shape(body: str, form: str) -> None:
    assert writing(body) == form


def shapes(*texts: str) -> list[Shape]:
    return [Shape(text, 10, text) for text in texts]


@pytest.mark.parametrize(
    ("texts", "file", "decimal", "doubt"),
    [
        (["9.9", "9"], FileEvidence(), ".", False),
        (["9,9", "9"], FileEvidence(), ",", False),
        (["999,999"], FileEvidence(), ".", True),
        (["999,999"], FileEvidence(comma=2), ",", False),
        (["99.999"], FileEvidence(), ".", False),
        (["99.999"], FileEvidence(semicolons=True), ",", True),
        (["99.999"], FileEvidence(semicolons=True, point=1), ".", False),
        (["99.999"], FileEvidence(option=","), ",", False),
    ],
)
def test_decimal_separator_follows_from_column_and_file(
    texts: list[str],
    file: FileEvidence,
    decimal: str,
    doubt: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    decision = decide(number_evidence(shapes(*texts)), file)
    assert (decision.form.decimal, decision.doubt) == (decimal, doubt)
    assert decision.fitting == 10 * len(texts)


def test_leading_zeros_and_long_digits_are_codes() -> None:
    assert looks_like_codes(shapes("09999", "99999"))
    assert looks_like_codes(shapes("9" * 19))
    assert not looks_like_codes(shapes("9", "99", "0"))
    assert not looks_like_codes(shapes("0999", "9.5"))
