"""Make the tables of the worked examples in docs/specs, as CSV.

    python examples/tables.py spirals > spirals.csv
    python examples/tables.py spirals --rows 500 --seed 1 > unseen.csv

Tables: xor, symmetry, family_trees, spirals, digits, waves, sorting, sorting_lengths, visitors, shops, parts, reviews,
claims, customers.
"""

import argparse
import itertools
import sys
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]
Table = dict[str, Array]  # column -> values

PRAISE = ["great", "friendly", "fast", "delicious", "clean", "lovely"]
COMPLAINTS = ["awful", "rude", "slow", "cold", "dirty", "noisy"]
PLAIN_WORDS = ["the", "we", "food", "place", "was", "and", "but", "staff", "room", "table", "very", "again", "with"]
RELATIONS = "father mother husband wife son daughter uncle aunt brother sister nephew niece".split()  # noqa: SIM905
COUPLES = [(0, 1), (2, 3), (5, 4), (7, 6), (9, 8)]  # husband and wife, of twelve persons
CHILDREN = {(0, 1): (5, 6), (2, 3): (7, 8), (7, 6): (10, 11)}
MEN = {0, 2, 5, 7, 9, 10}

MUSEUMS = ["art", "design", "science", "trains"]

SIDE = 28  # dots of a picture
FONT = bytes.fromhex("""
0e 11 13 15 19 11 0e  04 0c 04 04 04 04 0e  0e 11 01 02 04 08 1f  1f 02 04 02 01 11 0e  02 06 0a 12 1f 02 02
1f 10 1e 01 01 11 0e  06 08 10 1e 11 11 0e  1f 01 02 04 08 08 08  0e 11 11 0e 11 11 0e  0e 11 11 0f 01 02 0c
""")  # seven rows of five dots per digit; each bit is a dot
DOTS = np.array([[row >> dot & 1 for dot in (4, 3, 2, 1, 0)] for row in FONT], float)
GLYPHS = np.pad(DOTS.reshape(10, 7, 5), ((0, 0), (1, 2), (1, 2)))


def xor(_rows: int, _seed: int) -> Table:
    """Whether exactly one of two inputs is 1."""
    a, b = _bits(2).T
    return {"a": a, "b": b, "different": np.where(a == b, "no", "yes")}


def symmetry(_rows: int, _seed: int) -> Table:
    """Whether six bits read the same from both ends."""
    bits = _bits(6)
    symmetric = (bits == bits[:, ::-1]).all(axis=1)
    return {**_columns("b", bits), "symmetric": np.where(symmetric, "yes", "no")}


def family_trees(_rows: int, _seed: int) -> Table:
    """104 facts about two similar families: a person (0 to 23), a relation (24 to 35), and 1 for each person meant."""
    facts: dict[tuple[int, int], set[int]] = {}
    for offset, (relation, person, other) in itertools.product((0, 12), sorted(_one_family())):
        facts.setdefault((person + offset, 24 + RELATIONS.index(relation)), set()).add(other + offset)
    meant = np.array([[int(person in persons) for person in range(24)] for persons in facts.values()])
    person, relation = np.array(list(facts)).T
    return {"person": person, "relation": relation, **_columns("p", meant)}


def spirals(rows: int, seed: int) -> Table:
    """Points near two spirals of nearly two turns around each other (Lang and Witbrock, 1988)."""
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, 2, rows)
    angle = 3.5 * np.pi * np.sqrt(rng.random(rows))
    points = np.stack([np.cos(angle + np.pi * arm), np.sin(angle + np.pi * arm)]) * angle * 0.3
    x, y = (points + 0.03 * rng.standard_normal(points.shape)).round(4)
    return {"x": x, "y": y, "spiral": np.array(["A", "B"])[arm]}


def digits(rows: int, seed: int) -> Table:
    """Pictures of 28 x 28 dots from 0 to 1. Each digit is rotated, slanted, scaled, moved, faint and noisy."""
    rng = np.random.default_rng(seed)
    digit = rng.integers(0, 10, rows)
    pictures = np.stack([_draw(GLYPHS[each], rng) for each in digit]).reshape(rows, -1)
    pictures = pictures * rng.uniform(0.6, 1, (rows, 1)) + 0.1 * rng.standard_normal(pictures.shape)
    return {**_columns("p", pictures.clip(0, 1).round(3)), "digit": digit}


def waves(rows: int, seed: int) -> Table:
    """24 points of a sine wave of random frequency and phase, and the next one."""
    rng = np.random.default_rng(seed)
    phase, frequency = rng.random((rows, 1)) * 2 * np.pi, rng.uniform(0.2, 0.6, (rows, 1))
    values = np.sin(phase + frequency * np.arange(25)).round(5)
    return {**_columns("t", values[:, :-1]), "next": values[:, -1]}


def sorting(rows: int, seed: int) -> Table:
    """Six random digits, and the same digits sorted."""
    numbers = np.random.default_rng(seed).integers(0, 10, (rows, 6))
    return {**_columns("n", numbers), **_columns("s", np.sort(numbers, axis=1))}


def sorting_lengths(rows: int, seed: int) -> Table:
    """Up to six random digits from 1 to 9, and the same digits sorted; the cells after the last one are empty."""
    rng = np.random.default_rng(seed)
    numbers = rng.integers(1, 10, (rows, 6))
    lengths = rng.integers(2, 7, rows)
    ended = np.arange(6) >= lengths[:, None]
    ordered = np.sort(np.where(ended, 10, numbers), axis=1)
    digits, answers = (np.where(ended, none, each.astype(str)) for each, none in ((numbers, ""), (ordered, "-1")))
    return {**_columns("n", digits), **_columns("s", answers)}


def visitors(rows: int, seed: int) -> Table:
    """Daily visitors of four museums: each has its own week, the year has a season, and good days follow good days."""
    rng = np.random.default_rng(seed)
    days = -(-rows // len(MUSEUMS))
    day = np.arange(days)[:, None]
    week = np.random.default_rng(0).uniform(0.4, 1.6, (7, len(MUSEUMS)))[day[:, 0] % 7]
    season = 1 + 0.3 * np.sin(2 * np.pi * day / 365.25)
    drift = np.zeros((days, len(MUSEUMS)))
    for now in range(1, days):
        drift[now] = 0.9 * drift[now - 1] + 0.05 * rng.standard_normal(len(MUSEUMS))
    counts = 500 * week * season * np.exp(drift + 0.03 * rng.standard_normal(drift.shape))
    dates = np.datetime_as_string(np.datetime64("2023-01-02") + np.arange(days), unit="D")
    return {
        "day": np.repeat(dates, len(MUSEUMS))[:rows],
        "museum": np.tile(MUSEUMS, days)[:rows],
        "visitors": counts.round().astype(int).reshape(-1)[:rows],
    }


def shops(rows: int, seed: int) -> Table:
    """Sales of 400 shops, which depend on the shop and on its size."""
    effects = np.random.default_rng(0).normal(size=400)
    rng = np.random.default_rng(seed + 1)
    shop, size = rng.integers(0, 400, rows), rng.normal(size=rows).round(3)
    sales = 50 + 10 * (effects[shop] + 0.5 * size + 0.2 * rng.normal(size=rows))
    return {"shop": np.char.add("s", shop.astype(str)), "size": size, "sales": sales.round(3)}


def parts(rows: int, seed: int) -> Table:
    """Parts of two measures, with a grade of three and a price that varies more for long parts."""
    rng = np.random.default_rng(seed)
    length, width = rng.uniform(0, 1, (2, rows)).round(4)
    price = 10 + 5 * length + 2 * width + length * rng.normal(size=rows)
    grade = np.array(["C", "B", "A"])[(length > 0.5).astype(int) + (width > 0.5)]
    return {"length": length, "width": width, "grade": grade, "price": price.round(2)}


def reviews(rows: int, seed: int) -> Table:
    """Reviews of restaurants, and whether the guest recommends them: this depends on three words and on the prices."""
    rng = np.random.default_rng(seed)
    praise = rng.integers(0, 2, (rows, 3))
    telling = np.array([COMPLAINTS, PRAISE])[praise, rng.integers(0, len(PRAISE), (rows, 3))]
    words = rng.permuted(np.concatenate([rng.choice(PLAIN_WORDS, (rows, 7)), telling], axis=1), axis=1)
    price = rng.integers(0, 3, rows)
    recommended = (2 * praise - 1).sum(axis=1) - 2 * (price - 1) > 0
    return {
        "review": np.array([" ".join(line) for line in words]),
        "prices": np.array(["low", "medium", "high"])[price],
        "recommended": np.array(["no", "yes"])[recommended.astype(int)],
    }


def claims(rows: int, seed: int) -> Table:
    """How many claims a driver has in some years of insurance."""
    rng = np.random.default_rng(seed)
    age, years = rng.integers(18, 80, rows), rng.choice([0.5, 1, 2, 5], rows)
    rate = np.exp(-1.5 + np.abs(age - 48) / 20)
    return {"age": age, "years": years, "claims": rng.poisson(rate * years)}


def customers(rows: int, seed: int) -> Table:
    """How many days customers stay; some are still customers when the data end."""
    rng = np.random.default_rng(seed)
    price, visits = rng.uniform(5, 50, rows).round(2), rng.poisson(4, rows)
    days = rng.exponential(200 * np.exp(visits / 4 - price / 20)) + 1
    observed = rng.uniform(30, 720, rows)
    seen = np.ceil(np.minimum(days, observed)).astype(int)
    return {"price": price, "visits": visits, "days": seen, "still_customer": np.where(days > observed, "yes", "no")}


TABLES: dict[str, tuple[Callable[[int, int], Table], int]] = {  # name -> function, default number of rows
    "xor": (xor, 4),
    "symmetry": (symmetry, 64),
    "family_trees": (family_trees, 104),
    "spirals": (spirals, 1_000),
    "digits": (digits, 1_500),
    "waves": (waves, 1_000),
    "sorting": (sorting, 3_000),
    "sorting_lengths": (sorting_lengths, 3_000),
    "visitors": (visitors, 2_400),
    "shops": (shops, 6_000),
    "parts": (parts, 1_000),
    "reviews": (reviews, 3_000),
    "claims": (claims, 1_000),
    "customers": (customers, 1_000),
}


def make_table(name: str, rows: int | None = None, seed: int = 0) -> Table:
    """Return a table. The first three always have all possible rows."""
    function, default_rows = TABLES[name]
    return function(rows or default_rows, seed)


def csv_lines(table: Table) -> Iterable[str]:
    """Yield a header and the rows."""
    yield ",".join(table) + "\n"
    for row in zip(*(values.tolist() for values in table.values()), strict=True):
        yield ",".join(map(str, row)) + "\n"


def _columns(prefix: str, values: npt.NDArray[np.generic]) -> Table:
    return {f"{prefix}{index}": column for index, column in enumerate(values.T)}


def _bits(count: int) -> npt.NDArray[np.int64]:
    return np.array(list(itertools.product((0, 1), repeat=count)))


def _one_family() -> set[tuple[str, int, int]]:
    """Return all (relation, person, other person) of one family."""
    found: set[tuple[str, int, int]] = set()
    parents = {child: couple for couple, children in CHILDREN.items() for child in children}
    spouses = {a: b for couple in COUPLES for a, b in (couple, couple[::-1])}
    siblings = {child: [s for s in CHILDREN[couple] if s != child] for child, couple in parents.items()}

    def add(person: int, other: int, man: str, woman: str) -> None:
        found.add((man if other in MEN else woman, person, other))

    for person, spouse in spouses.items():
        add(person, spouse, "husband", "wife")
    for child, couple in parents.items():
        for parent in couple:
            add(child, parent, "father", "mother")
            add(parent, child, "son", "daughter")
            for sibling in siblings.get(parent, []):
                for elder in (sibling, spouses[sibling]):
                    add(child, elder, "uncle", "aunt")
                    add(elder, child, "nephew", "niece")
        for sibling in siblings[child]:
            add(child, sibling, "brother", "sister")
    return found


def _draw(glyph: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Draw a glyph: find the place on the glyph of each dot of the picture, and interpolate between four dots there."""
    angle, slant, size = rng.normal(0, 0.15), rng.normal(0, 0.2), rng.uniform(2.4, 3.4, 2)
    centered = np.mgrid[:SIDE, :SIDE].reshape(2, -1) - (SIDE - 1) / 2 - rng.uniform(-2.5, 2.5, (2, 1))
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle) + slant, np.cos(angle)]])
    y, x = (rotation @ centered / size[:, None] + np.array([[4.0], [3.0]])).clip(0, np.array([[8.0], [6.0]]))
    i, j = y.astype(int), x.astype(int)
    down, right = y - i, x - j
    above = glyph[i, j] * (1 - right) + glyph[i, j + 1] * right
    below = glyph[i + 1, j] * (1 - right) + glyph[i + 1, j + 1] * right
    picture: npt.NDArray[np.float64] = (above * (1 - down) + below * down).reshape(SIDE, SIDE)
    return picture


def main() -> None:
    """Write a table to standard output."""
    parser = argparse.ArgumentParser(description="Make the table of a worked example, as CSV.")
    parser.add_argument("name", choices=TABLES)
    parser.add_argument("--rows", type=int, help="number of rows")
    parser.add_argument("--seed", type=int, default=0, help="another seed gives other rows")
    chosen = parser.parse_args()
    sys.stdout.writelines(csv_lines(make_table(chosen.name, chosen.rows, chosen.seed)))


if __name__ == "__main__":
    main()
