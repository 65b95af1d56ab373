"""Two small tables for tests, equal in every run, whose targets a network can learn."""

import random


def flowers(rows: int = 120, seed: int = 7) -> str:
    """Return CSV with two numbers, a color with missing values, and one of three kinds."""
    rng = random.Random(seed)
    lines = ["length,width,color,kind"]
    for _ in range(rows):
        kind = rng.randrange(3)
        color = rng.choice([("red", "blue", "white")[kind], "", "red"])
        length, width = rng.gauss(kind * 2.0, 0.4), rng.gauss(3.0 - kind, 0.4)
        lines.append(f"{length:.3f},{width:.3f},{color},{('iris', 'rose', 'tulip')[kind]}")
    return "\n".join(lines) + "\n"


def prices(rows: int = 120, seed: int = 7) -> str:
    """Return CSV with a size, an age, and a price around 200,000 that follows from them."""
    rng = random.Random(seed)
    lines = ["size,age,price"]
    for _ in range(rows):
        size, age = rng.uniform(30, 200), rng.uniform(0, 80)
        lines.append(f"{size:.1f},{age:.1f},{size * 2500 - age * 900 + rng.gauss(0, 4000):.0f}")
    return "\n".join(lines) + "\n"
