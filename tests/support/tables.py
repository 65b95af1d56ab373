"""Small tables for tests, the same each time: a question that a network can answer, in two flavours."""

import random


def flowers(rows: int = 120, seed: int = 7) -> str:
    """CSV of two numbers, a colour with gaps, and which of three kinds it is."""
    rng = random.Random(seed)
    lines = ["length,width,colour,kind"]
    for _ in range(rows):
        place = rng.randrange(3)
        colour = rng.choice([("red", "blue", "white")[place], "", "red"])
        length, width = rng.gauss(place * 2.0, 0.4), rng.gauss(3.0 - place, 0.4)
        lines.append(f"{length:.3f},{width:.3f},{colour},{('iris', 'rose', 'tulip')[place]}")
    return "\n".join(lines) + "\n"


def prices(rows: int = 120, seed: int = 7) -> str:
    """CSV of a size, an age and a price around 200,000 that follows from them."""
    rng = random.Random(seed)
    lines = ["size,age,price"]
    for _ in range(rows):
        size, age = rng.uniform(30, 200), rng.uniform(0, 80)
        lines.append(f"{size:.1f},{age:.1f},{size * 2500 - age * 900 + rng.gauss(0, 4000):.0f}")
    return "\n".join(lines) + "\n"
