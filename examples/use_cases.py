"""Make the tables of docs/use-cases.md: one to train on and one with new rows. Needs Python only.

    python examples/use_cases.py churn      # writes churn.csv and churn_new.csv

Cases: churn, price, forecast, digits, text.
"""

import argparse
import csv
import math
import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]

SIDE = 8  # dots of a picture
FONT = """
111101101101111 010110010010111 111001111100111 111001111001111 101101111001001
111100111001111 111100111101111 111001001010010 111101111101111 111101111001111
""".split()  # noqa: SIM905 - a table; the digits 0 to 9, five rows of three dots each
TOPICS = {
    "billing": "invoice charged twice refund payment card amount wrong price discount receipt",
    "delivery": "parcel late courier address tracking arrived box damaged package shipping lost",
    "account": "password login email locked reset profile delete username verify sign",
}
FILLER = "hello please the my i have is was and not can you help me thanks again since yesterday".split()  # noqa: SIM905


def main() -> None:
    """Write the tables of one case into the current folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--rows", type=int, help="rows to train on")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    case, rows, target = CASES[options.case]
    table = case(options.rows or rows, random.Random(options.seed))
    new = case(10, random.Random(options.seed + 1)) if options.case != "forecast" else table[-60:]
    write(Path(f"{options.case}.csv"), table)
    write(Path(f"{options.case}_new.csv"), new if options.case == "forecast" else without(new, target))
    print(f"{options.case}.csv has {len(table):,} rows; {options.case}_new.csv has {len(new)} rows to predict")


def churn(rows: int, rng: random.Random) -> Rows:
    """Return customers of a shop, and whether they left."""
    return [_customer(number, rng) for number in range(rows)]


def _customer(number: int, rng: random.Random) -> dict[str, Any]:
    plan = rng.choice(["basic", "plus", "family"])
    months = rng.randint(1, 60)
    tickets = min(9, int(rng.expovariate(0.9)))
    spent = round(rng.lognormvariate(3.2, 0.6) * {"basic": 1, "plus": 1.7, "family": 2.4}[plan], 2)
    last_order = rng.randint(0, 120)
    risk = 0.02 * last_order + 0.7 * tickets - 0.045 * months - (0.8 if plan == "family" else 0) - 1.2
    churned = rng.random() < 1 / (1 + math.exp(-2 * risk))
    return {
        "customer": f"C{100_000 + number}",
        "plan": plan,
        "months": months,
        "monthly_spend": f"${spent:,.2f}",
        "tickets": tickets,
        "days_since_order": last_order,
        "newsletter": rng.choice(["yes", "no", ""]),
        "churned": "yes" if churned else "no",
    }


def price(rows: int, rng: random.Random) -> Rows:
    """Return flats and their rents."""
    return [_flat(rng) for _ in range(rows)]


def _flat(rng: random.Random) -> dict[str, Any]:
    district = rng.choice(["harbor", "center", "north", "hills"])
    area = round(rng.gauss(68, 22) % 130 + 20)
    built = rng.randint(1900, 2023)
    factor = {"harbor": 13.5, "center": 16.0, "north": 9.5, "hills": 14.5}[district]
    balcony = rng.random() < 0.5
    rent = area * factor * (1.25 - 0.004 * area) + (90 if balcony else 0) + 1.2 * max(0, built - 1980)
    return {
        "district": district,
        "area": area,
        "rooms": max(1, round(area / 27 + rng.gauss(0, 0.4))),
        "floor": rng.randint(0, 6),
        "built": built,
        "balcony": "yes" if balcony else "no",
        "rent": round(rent * rng.gauss(1, 0.05), 2),
    }


def forecast(rows: int, rng: random.Random) -> Rows:
    """Return the daily sales of a shop: a week of its own, a season, and good days that follow good days."""
    found: Rows = []
    level = 0.0
    for number in range(rows):
        day = date(2024, 1, 1) + timedelta(days=number)
        level = 0.8 * level + rng.gauss(0, 12)
        week = (40, 10, 0, 15, 60, 130, 90)[day.weekday()]
        season = 50 * math.sin(2 * math.pi * number / 365)
        found.append({"day": day.isoformat(), "sold": max(0, round(300 + week + season + level))})
    return found


def digits(rows: int, rng: random.Random) -> Rows:
    """Return small pictures of digits, a column for each dot."""
    return [_picture(rng) for _ in range(rows)]


def _picture(rng: random.Random) -> dict[str, Any]:
    digit, down, right = rng.randrange(10), rng.randint(0, SIDE - 5), rng.randint(0, SIDE - 3)
    dots = {
        f"dot_{row}_{column}": round(max(0.0, min(1.0, rng.gauss(0.15, 0.12))), 2)
        for row in range(SIDE)
        for column in range(SIDE)
    }
    for place, dot in enumerate(FONT[digit]):
        if dot == "1":
            dots[f"dot_{down + place // 3}_{right + place % 3}"] = round(rng.uniform(0.6, 1.0), 2)
    return {**dots, "digit": digit}


def text(rows: int, rng: random.Random) -> Rows:
    """Return messages of customers, and which team answers them."""
    return [_message(rng) for _ in range(rows)]


def _message(rng: random.Random) -> dict[str, Any]:
    team = rng.choice(list(TOPICS))
    words = rng.sample(TOPICS[team].split(), 3) + rng.choices(FILLER, k=rng.randint(5, 12))
    if rng.random() < 0.2:
        words.append(rng.choice(TOPICS[rng.choice(list(TOPICS))].split()))
    rng.shuffle(words)
    return {"message": " ".join(words).capitalize() + ".", "team": team}


def without(rows: Rows, target: str) -> Rows:
    """Return rows without the column to predict."""
    return [{name: value for name, value in row.items() if name != target} for row in rows]


def write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write a CSV file."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


CASES: dict[str, tuple[Callable[[int, random.Random], Rows], int, str]] = {  # with rows and the column to predict
    "churn": (churn, 2000, "churned"),
    "price": (price, 1500, "rent"),
    "forecast": (forecast, 900, "sold"),
    "digits": (digits, 3000, "digit"),
    "text": (text, 1500, "team"),
}

if __name__ == "__main__":
    main()
