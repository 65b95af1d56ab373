"""Synthetic data: two spirals, and images of handwritten digits."""

import numpy as np

from engine.batches import Rows
from engine.memory import Array

SIDE = 28
FONT = bytes.fromhex("""
0e 11 13 15 19 11 0e  04 0c 04 04 04 04 0e  0e 11 01 02 04 08 1f  1f 02 04 02 01 11 0e  02 06 0a 12 1f 02 02
1f 10 1e 01 01 11 0e  06 08 10 1e 11 11 0e  1f 01 02 04 08 08 08  0e 11 11 0e 11 11 0e  0e 11 11 0f 01 02 0c
""")  # seven lines of five dots per digit, one bit per dot
DOTS = np.array([[line >> dot & 1 for dot in (4, 3, 2, 1, 0)] for line in FONT], float)
GLYPHS: Array = np.pad(DOTS.reshape(10, 7, 5), ((0, 0), (1, 2), (1, 2)))


def spirals(rows: int, seed: int) -> Rows:
    """Return points near two interleaved spirals of nearly two turns (Lang and Witbrock, 1988)."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, rows)
    angle = 3.5 * np.pi * np.sqrt(rng.random(rows))
    x = np.stack([np.cos(angle + np.pi * y), np.sin(angle + np.pi * y)], axis=1) * angle[:, None] * 0.3
    return Rows((x + 0.03 * rng.standard_normal(x.shape)).astype(np.float32), y)


def digits(rows: int, seed: int) -> Rows:
    """Return images of 28 x 28 pixels from 0 to 1, flat: digits that vary in angle, slant, size, position and noise."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 10, rows)
    x = np.stack([_draw(GLYPHS[digit], rng) for digit in y]).reshape(rows, -1)
    x = x * rng.uniform(0.6, 1, (rows, 1)) + 0.1 * rng.standard_normal(x.shape)
    return Rows(x.clip(0, 1).astype(np.float32), y)


def _draw(glyph: Array, rng: np.random.Generator) -> Array:
    """Interpolate the glyph at the transformed position of each pixel."""
    angle, slant, size = rng.normal(0, 0.15), rng.normal(0, 0.2), rng.uniform(2.4, 3.4, 2)
    centred = np.mgrid[:SIDE, :SIDE].reshape(2, -1) - (SIDE - 1) / 2 - rng.uniform(-2.5, 2.5, (2, 1))
    inverse = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle) + slant, np.cos(angle)]])
    position = inverse @ centred / size[:, None] + np.array([[4.0], [3.0]])
    line, dot = position.clip(0, np.array([[8.0], [6.0]]))
    i, j = line.astype(int), dot.astype(int)
    down, right = line - i, dot - j
    above = glyph[i, j] * (1 - right) + glyph[i, j + 1] * right
    below = glyph[i + 1, j] * (1 - right) + glyph[i + 1, j + 1] * right
    drawn: Array = (above * (1 - down) + below * down).reshape(SIDE, SIDE)
    return drawn
