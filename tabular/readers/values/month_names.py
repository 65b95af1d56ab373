"""Names of months in the languages of western Europe, as exports and people write them."""

import re

NAMES = (
    "jan january januar jän jänner janv janvier ene enero gen gennaio janeiro januari",
    "feb february februar févr février fév fevr fevrier febrero febbraio fev fevereiro februari",
    "mar march mär märz mrz mars marzo março mrt maart",
    "apr april avr avril abr abril aprile",
    "may mai mayo mag maggio maio mei maj",
    "jun june juni juin junio giu giugno junho",
    "jul july juli juil juillet julio lug luglio julho",
    "aug august août aout ago agosto augustus",
    "sep sept september septembre septiembre set sett settembre setembro",
    "oct october okt oktober octobre octubre ott ottobre out outubro",
    "nov november novembre noviembre novembro",
    "dec december dez dezember déc décembre decembre dic diciembre dicembre dezembro",
)
MONTHS = {name: number for number, names in enumerate(NAMES, 1) for name in names.split()}
ALTERNATIVES = "|".join(sorted(MONTHS, key=len, reverse=True))  # longer names first
PATTERN = f"(?i:{ALTERNATIVES})[.]?"
WORD = re.compile(f"({ALTERNATIVES})[.]?", re.IGNORECASE)


def with_numbers(text: str) -> str:
    """Return a text in which the name of a month is its number between slashes."""
    return WORD.sub(lambda found: f"/{MONTHS[found[1].lower()]}/", text, count=1)


def with_numbers_expression(cell: str) -> str:
    """Return SQL for the text of a cell (SQL) in which the name of a month is its number between slashes."""
    name = f"lower(regexp_extract({cell}, '(?i:({ALTERNATIVES}))[.]?', 1))"
    numbers = ", ".join(f"'{name}': '/{number}/'" for name, number in MONTHS.items())
    return f"regexp_replace({cell}, '(?i:{ALTERNATIVES})[.]?', (MAP {{{numbers}}})[{name}])"
