"""Options are written in query parameters, and every name and value survives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabular.readers.encodings import check_encoding, guess_encoding
from tabular.readers.options import MISSING, ReadOptions, column_values, for_columns, listed, missing_spellings

names = st.text(min_size=1, max_size=8).map(str.strip).filter(lambda name: name and not set(name) & set("\r\n\0"))


@given(names, st.sampled_from(["number", "category"]))
def test_any_column_name_survives_a_query_parameter(name: str, kind: str) -> None:
    text = for_columns("types", [name], kind).removeprefix("?types=")
    assert column_values(text, "types") == {name: kind}


@given(names)
def test_any_missing_spelling_survives_a_query_parameter(spelling: str) -> None:
    assert missing_spellings(f"only:{listed(spelling)}") == (spelling,)


def test_missing_spellings_are_added_unless_only() -> None:
    assert missing_spellings(None) == MISSING
    assert missing_spellings("-999,n.d.") == (*MISSING, "-999", "n.d.")
    assert missing_spellings("only:x") == ("x",)


def test_line_break_in_a_missing_spelling_needs_quotes() -> None:
    assert missing_spellings('only:"a\nb",c') == ("a\nb", "c")
    for text in ("a\rb", "\nb", "a,b\nc"):
        with pytest.raises(ValueError, match="line break in double quotes"):
            missing_spellings(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a:number,b:text", {"a": "number", "b": "text"}),
        ('"Income, total":number', {"Income, total": "number"}),
        ('"say ""x""":text', {'say "x"': "text"}),
        ("at:%H:%M", {"at": "%H:%M"}),
        ("a:b:text", {"a:b": "text"}),
        ("", {}),
    ],
)
def test_column_values_are_parsed(text: str, values: dict[str, str]) -> None:
    assert column_values(text, "types") == values


def test_entry_without_a_colon_is_rejected() -> None:
    with pytest.raises(ValueError, match="no colon"):
        column_values("age", "types")


@pytest.mark.parametrize(
    "options",
    [{"decimal": ";"}, {"encoding": "rot13"}, {"encoding": "nonsense"}, {"date_formats": {"a": "%q"}}],
)
def test_unsupported_options_are_rejected(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="is"):
        ReadOptions(**options)  # type: ignore[arg-type]


def test_encodings_have_many_names() -> None:
    assert check_encoding("windows-1251") == check_encoding("CP1251") == "cp1251"
    assert check_encoding("latin-1") == "iso8859-1"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("José, Zoë", "cp1252"), ("Москва, Омск", "cp1251"), ("こんにちは、テスト", "shift_jis")],
)
def test_encoding_is_guessed_from_letters(text: str, encoding: str) -> None:
    assert guess_encoding(text.encode(encoding) * 5) == encoding
