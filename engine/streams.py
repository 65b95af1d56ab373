"""Named random streams, all from one seed and independent of each other."""

from __future__ import annotations

from typing import Any

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the stream `name` of a run. Adding or using one stream never changes another."""
    root = np.random.SeedSequence(seed, spawn_key=tuple(name.encode()))
    return np.random.Generator(np.random.PCG64(root))


def position(rng: np.random.Generator) -> dict[str, Any]:
    """Return the position of a stream as JSON: `{"state", "inc", "has_uint32", "uinteger"}`."""
    state = rng.bit_generator.state
    return {**state["state"], "has_uint32": state["has_uint32"], "uinteger": state["uinteger"]}


def move_to(rng: np.random.Generator, where: dict[str, Any]) -> None:
    """Set a stream to a position that `position` returned.

    Raises:
        KeyError, TypeError, ValueError, OverflowError: `where` is not a position of a PCG64 stream.
    """
    rng.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": where["state"], "inc": where["inc"]},
        "has_uint32": where["has_uint32"],
        "uinteger": where["uinteger"],
    }
