"""Every fix that names a query parameter is accepted, and has the effect that it promises."""

import ast
import re
from typing import Any

import pytest

from tabular.errors import InvalidDataset
from tabular.readers.options import column_values, missing_spellings
from tests.support.messy_files import MESSY
from tests.support.project import ROOT
from tests.support.reading import Reader, Refuser
from tests.support.ugly_files import UGLY

PARAMETER = re.compile(r"[?](types|missing|header|decimal|date_format|encoding)=(.+?)(?= if| to |[.]?$|[.] )")
COMMA_NAME = '"Income, total",n\n' + "".join(f"{number},{number}\n" for number in range(40))
NUMBERS = [str(number) for number in range(40)]


def column(values: list[str], name: str = "x") -> str:
    """Return a file with these values, and a second column."""
    return f"{name},n\n" + "".join(f"{value},{number}\n" for number, value in enumerate(values))


WARNINGS = {  # a file for each warning whose fix names a parameter
    "header_unsure": "0\n" + "".join(f"{n % 10}\n" for n in range(40)),
    "not_utf8": ("stadt,n\n" + "".join(f"Köln {n % 3},{n}\n" for n in range(40))).encode("cp1252"),
    "blank_separated": MESSY["blank_separated"],
    "number_format": MESSY["money"],
    "ambiguous_numbers": "a\tn\n" + "".join(f"{n + 1},{n + 100}\t{n}\n" for n in range(40)),
    "codes": MESSY["postcodes"],
    "ambiguous_dates": column([f"0{n % 9 + 1}/0{n % 7 + 1}/2024" for n in range(40)], "d"),
    "times_of_day": column([f"{n % 24}:{n + 10}" for n in range(40)]),
    "missing_spellings": MESSY["missing_words"],
    "possibly_missing": column([("IT", "HR", "n/a", "None")[n % 4] for n in range(40)]),
    "boolean_spellings": MESSY["spellings_of_yes"],
    "mixed_types": column([(str(n), "a", "b")[n % 3] for n in range(42)]),
    "looks_like_dates": UGLY["compact_dates"].content,
    "default_date": column([f"2024-0{n % 9 + 1}-{n % 27 + 1:02}" for n in range(60)] + ["1900-01-01"] * 30),
    "suspicious_date": column([f"2024-0{n % 9 + 1}-{n % 27 + 1:02}" for n in range(60)] + ["1850-01-01"]),
}
CAN_STAY = {"blank_separated", "mixed_types"}  # a delimiter of the sender's, and a fix that promises a list of problems
PROBLEMS = {
    "word_in_quoted_name": COMMA_NAME + "soon,41\n",
    "word_with_comma": column([*NUMBERS, '"so, so"']),
}


def codes_whose_fix_names_a_parameter() -> set[str]:
    """Return them from the functions that make warnings."""
    found = set[str]()
    for path in (ROOT / "tabular" / "readers").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for function in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)):
            source = ast.get_source_segment(text, function) or ""
            if re.search(r"for_columns\(|[ \"][?][a-z_]+=", source):
                found |= set(re.findall(r'code="(\w+)"', source))
    return found


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


def test_every_such_warning_has_a_file() -> None:
    assert WARNINGS.keys() == codes_whose_fix_names_a_parameter()


@pytest.mark.parametrize("code", WARNINGS)
def test_fix_of_a_warning_is_accepted_and_effective(read: Reader, code: str) -> None:
    offers = [(found.column, found.fix) for found in read(WARNINGS[code]).profile.warnings if found.code == code]
    assert any("?" in str(fix) for _, fix in offers)
    for name, fix in offers:
        for options in options_of(fix) if code not in CAN_STAY else []:
            after = read(WARNINGS[code], **options)
            assert (code, name) not in [(warning.code, warning.column) for warning in after.profile.warnings]


@pytest.mark.parametrize("name", PROBLEMS)
def test_fix_of_a_problem_is_accepted_and_effective(read: Reader, problems: Refuser, name: str) -> None:
    (problem,) = problems(PROBLEMS[name])
    assert options_of(problem.fix)
    for options in options_of(problem.fix):
        read(PROBLEMS[name], **options)


def test_fixes_are_found_in_their_sentences() -> None:
    assert options_of('Correct the value, or send ?types="Income, total":category if the values are labels.') == [
        {"types": {"Income, total": "category"}}
    ]


def test_fix_never_deletes_values_with_digits(read: Reader) -> None:
    with pytest.raises(InvalidDataset) as caught:
        read("x,n\n" + "".join(f"{n},{n}\n" for n in range(40)) + "1:5,41\n")
    assert "?missing=" not in str(caught.value.problems[0].fix)
