"""The delimiter is the character that splits the first rows alike."""

import pytest

from tabular.readers.csv.delimiter import find_delimiter


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        (["a,b", "1,2"], ","),
        (["a;b", "1,5;2,5"], ";"),
        (["a\tb", "1,5\t2"], "\t"),
        (["a|b", "1|2"], "|"),
        (["alone", "1"], ","),
        (['a,"b;c"', '1,"2;3"'], ","),
    ],
)
def test_delimiter_splits_rows_alike(lines: list[str], delimiter: str) -> None:
    assert find_delimiter(lines) == delimiter
