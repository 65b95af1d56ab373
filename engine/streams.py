"""Named random streams, all from one seed and independent of each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.spec.base import MAX_SEED


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the stream `name` of a run. Adding or using one stream never changes another."""
    root = np.random.SeedSequence(seed, spawn_key=tuple(name.encode()))
    return np.random.Generator(np.random.PCG64(root))


def network_seed(seed: int, bag: int, number: int) -> int:
    """Return the seed of one network of an ensemble. The first network of the first bag has the seed of the run."""
    if (bag, number) == (0, 0):
        return seed
    words = np.random.SeedSequence(seed, spawn_key=(bag, number)).generate_state(1, np.uint64)
    return int(words[0]) % MAX_SEED


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
