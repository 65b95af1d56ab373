"""Small files in the forms that people send, with made-up contents."""

import random
from collections.abc import Callable

ROWS = 40
TOWNS = ("Mu\u0308nchen", "K\u00f6ln")  # the first with a combining mark


def _file(header: str, row: Callable[[random.Random, int], str], rows: int = ROWS) -> str:
    rng = random.Random(11)
    return "\n".join([header, *(row(rng, number) for number in range(rows))]) + "\n"


def _date(rng: random.Random) -> tuple[int, int, int]:
    return rng.randrange(2015, 2025), rng.randrange(1, 13), rng.randrange(1, 29)


def _us_short(rng: random.Random, number: int) -> str:
    year, month, day = _date(rng)
    return f"{month}/{day}/{year % 100:02},{number}"


def _european_short(rng: random.Random, number: int) -> str:
    year, month, day = _date(rng)
    return f"{day:02}.{month:02}.{year % 100:02},{number}"


def _day_first(rng: random.Random, number: int) -> str:
    year, month, _ = _date(rng)
    return f"{number % 28 + 1:02}/{month:02}/{year},{number % 12 + 1:02}/{month:02}/{year}"


def _office_dates(rng: random.Random, number: int) -> str:
    year, month, day = _date(rng)
    name = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month - 1]
    hour = number % 12 + 1
    return f'{day}-{name}-{year % 100:02},"{name} {day}, {year}",{year}-{month:02},{hour}:{day:02} PM,{number}'


MESSY: dict[str, str] = {
    "us_short_years": _file("opened,n", _us_short),
    "european_short_years": _file("opened,n", _european_short),
    "one_day_first_column": _file("clear,unclear", _day_first),
    "office_dates": _file("a,b,c,d,n", _office_dates),
    "scores": _file("sets,won", lambda rng, n: f"{n % 7}-{rng.randrange(7)}-{rng.randrange(7)},{'yn'[n % 2]}"),
    "years_as_header": _file("city,part,2019,2020", lambda rng, n: f"town{n},{'ab'[n % 2]},{rng.random():.2f},{n}.5"),
    "row_index": _file(",0,1,kind", lambda rng, n: f"{n},{rng.random():.3f},{rng.random():.3f},{'ab'[n % 2]}"),
    "name_is_missing_word": _file("leaf,NA,kind", lambda _, n: f"{'xyz'[n % 3]},{'pq'[n % 2]},{'ab'[n % 2]}"),
    "thousands": _file('people,"share"', lambda rng, _: f'"{rng.randrange(1_000, 999_999):,}",{rng.random():.2f}'),
    "european_numbers": _file("a;b", lambda rng, n: f"{rng.randrange(1, 9)}.{rng.randrange(100, 999)};{n},{n % 7}5"),
    "money": _file(
        "price,margin,weight,n",
        lambda rng, n: f'"${rng.randrange(100, 9_999):,}.50",{n}%,{n}.5 kg,{n}',
    ),
    "accounting": _file("profit,n", lambda _, n: f"{f'({n}.50)' if n % 3 else f'{n}.25'},{n}"),
    "unicode_minus": _file("change,n", lambda _, n: f"\u2212{n + 1}.5,{n}"),
    "spaces_as_thousands": _file("a;b", lambda rng, n: f"{n + 1}\u202f{rng.randrange(100, 999)},5;{n}"),
    "postcodes": _file("code,account,n", lambda _, n: f"{n % 5:05},{9_007_199_254_740_990_000 + n % 5},{n}"),
    "missing_words": _file("x,y,n", lambda _, n: f"{'n/a' if n % 9 == 4 else n},{'-' if n % 7 == 3 else n + 0.5},{n}"),
    "spellings_of_yes": _file("paid,n", lambda _, n: f"{('Yes', 'YES', 'yes', 'No', 'no')[n % 5]},{n}"),
    "decomposed_names": _file("Gro\u0308\u00dfe,ort", lambda _, n: f"{n},{TOWNS[n % 2]}"),
    "blanks_around": _file("size ,\u3000color", lambda _, n: f" {n},{('red', 'blue')[n % 2]}\u3000"),
    "comments_first": "# made by an export\n# a, b, c\n" + _file("age,kind", lambda _, n: f"{n},{'ab'[n % 2]}"),
    "title_first": "Sales by region\n\n" + _file("age,kind,n", lambda _, n: f"{n},{'ab'[n % 2]},{n}"),
    "row_names": _file("a,b,c", lambda _, n: f"r{n},{n},{n}.5,{'ab'[n % 2]}"),
    "blank_separated": _file("  a    b  kind", lambda _, n: f"  {n}.000   {n * 7 % 11}.25  {n % 2}"),
    "sql_words": _file("value,v,t,c0,place,n", lambda _, n: f"{'ab'[n % 2]},{n},x{n % 3},{n}.5,{'pq'[n % 2]},{n}"),
    "trailing_delimiters": _file("a,kind", lambda _, n: f"{n},{'ab'[n % 2]},"),
    "space_after_quote": _file("name,x", lambda _, n: f'"Ann {n % 3}" ,{n}'),
    "offsets": _file("at,n", lambda _, n: f"2024-01-{n % 28 + 1:02}T10:11{('Z', '+02:00')[n % 2]},{n}"),
}
