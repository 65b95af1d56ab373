"""Every fix that names a query parameter is accepted, and has the effect that it promises."""

import re
from typing import Any

import pytest

from tabular.errors import InvalidDataset
from tabular.readers.options import column_values, missing_spellings
from tests.support.messy_files import MESSY
from tests.support.reading import Reader

PARAMETER = re.compile(r"[?](types|missing|header|decimal|date_format)=(.+?)(?= if| to |[.]?$|[.] )")
COMMA_NAME = '"Income, total",n\n' + "".join(f"{number},{number}\n" for number in range(40))
FILES = {
    **MESSY,
    "labels_that_mean_missing": "d,n\n" + "".join(f"{('IT', 'HR', 'n/a', 'None')[n % 4]},{n}\n" for n in range(40)),
    "ambiguous_dates": "d,n\n" + "".join(f"0{n % 9 + 1}/0{n % 7 + 1}/2024,{n}\n" for n in range(40)),
    "ambiguous_numbers": "a\tn\n" + "".join(f"{n + 1},{n + 100}\t{n}\n" for n in range(40)),
    "year_first": "d,n\n" + "".join(f"14-{n % 12 + 1:02}-{n % 28 + 1:02},{n}\n" for n in range(12)) * 3,
    "unsure_header": "0\n" + "".join(f"{n % 10}\n" for n in range(40)),
    "word_in_quoted_name": COMMA_NAME + "soon,41\n",
    "word_with_comma": "x,n\n" + "".join(f"{n},{n}\n" for n in range(40)) + '"so, so",41\n',
    "mixed": "x,n\n" + "".join(f"{(n, 'a', 'b')[n % 3]},{n}\n" for n in range(42)),
}


def options_of(fix: str | None) -> list[dict[str, Any]]:
    """Return the options of each parameter that a fix offers."""
    found = []
    for name, text in PARAMETER.findall(fix or ""):
        match name:
            case "types":
                found.append({"types": column_values(text, "types")})
            case "date_format":
                found.append({"date_formats": column_values(text, "date_format")})
            case "missing":
                found.append({"missing": missing_spellings(text)})
            case _:
                found.append({name: text})
    return found


@pytest.mark.parametrize("name", FILES)
def test_offered_fixes_are_accepted_and_effective(read: Reader, name: str) -> None:
    try:
        before = read(FILES[name]).profile
        offers = [(warning.code, warning.column, warning.fix) for warning in before.warnings]
    except InvalidDataset as error:
        offers = [("problem", problem.column, problem.fix) for problem in error.problems]
    for code, column, fix in offers:
        for options in options_of(fix):
            if code == "mixed_types":
                continue  # this fix promises a list of problems
            after = read(FILES[name], **options)
            assert (code, column) not in [(warning.code, warning.column) for warning in after.profile.warnings]


def test_fixes_are_found_in_their_sentences() -> None:
    assert options_of('Correct the value, or send ?types="Income, total":category if the values are labels.') == [
        {"types": {"Income, total": "category"}}
    ]


def test_fix_never_deletes_values_with_digits(read: Reader) -> None:
    with pytest.raises(InvalidDataset) as caught:
        read("x,n\n" + "".join(f"{n},{n}\n" for n in range(40)) + "1:5,41\n")
    assert "?missing=" not in str(caught.value.problems[0].fix)
