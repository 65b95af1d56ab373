"""Numbers in the forms that people write are recognized and read, in SQL as in Python."""

import random

import duckdb
import pytest

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
    ColumnFormat(decimal=",", thousands=".", negative="-"),
    ColumnFormat(decimal=".", thousands=",", unit="DR", negative="CR"),
    ColumnFormat(decimal=".", unit="€", magnitudes=True),
    ColumnFormat(clock=True),
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
        ("1.234,50-", FORMS[5], -1234.5),
        ("5-", US, None),
        ("1,200.00 CR", FORMS[6], -1200),
        ("1,200.00 DR", FORMS[6], 1200),
        ("€1.5M", FORMS[7], 1.5e6),
        ("-950K", FORMS[7], -950e3),
        ("36:15:30", FORMS[8], 130_530),
        ("1 day, 00:01:00.5", FORMS[8], 86_460.5),
        ("12:75", FORMS[8], None),
    ],
)
def test_number_is_read_by_its_format(text: str, form: ColumnFormat, number: float | None) -> None:
    assert parse_number(text, form) == number


def some_texts() -> list[str]:
    """Return texts that are nearly numbers."""
    rng = random.Random(3)
    parts = [*"0123456789" * 3, *"$€%.,'+-()e KM:", "\u2212", "\u202f", "kg", "CR", "DR", "day", "\u0663"]
    return ["".join(rng.choices(parts, k=rng.randrange(9))) for _ in range(1_000)]


@pytest.mark.parametrize("form", FORMS)
def test_sql_and_python_read_the_same_numbers(form: ColumnFormat) -> None:
    texts = some_texts()
    query = f"SELECT {expression('v', form)} FROM (SELECT unnest(?::VARCHAR[]) AS v)"
    with duckdb.connect() as connection:
        numbers = [number for (number,) in connection.execute(query, [texts]).fetchall()]
    assert dict(zip(texts, numbers, strict=True)) == {text: parse_number(text, form) for text in texts}
    assert any(number is not None for number in numbers)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("9.5", None), ("$9", "$"), ("9%", "%"), ("9 apples", "apples"), ("9kg", "kg"), ("USD 9", "USD")],
)
def test_unit_of_a_number_is_found(text: str, unit: str | None) -> None:
    parts = parts_of(text)
    assert parts is not None
    assert parts.unit == unit


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
