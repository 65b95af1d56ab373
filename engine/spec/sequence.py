"""Specs of the layers for sequences: embedding, positions, LSTM, GRU, attention."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.spec.base import MAX_VOCABULARY, MAX_WIDTH, Spec

Direction = Literal["forward", "backward", "bidirectional"]

MAX_HEADS = 64


class EmbeddingSpec(Spec):
    """A learned vector for each of `vocabulary` whole numbers: rows (columns,) become (columns, units)."""

    type: Literal["embedding"] = "embedding"
    vocabulary: int = Field(
        ge=1,
        le=MAX_VOCABULARY,
        description="inputs are whole numbers from 0 to vocabulary - 1; others count as the nearest of these",
    )
    units: int = Field(ge=1, le=MAX_WIDTH, description="length of the vectors")


class PositionsSpec(Spec):
    """Adds a vector to each time step of (time, features) that encodes its position."""

    type: Literal["positions"] = "positions"
    kind: Literal["sinusoidal", "learned"] = Field(
        default="sinusoidal",
        description="sines and cosines of decreasing frequency, without parameters; or learned vectors",
    )


class RecurrentSpec(Spec):
    """Fields that LSTM and GRU share. They process rows (time, features) time step by time step."""

    units: int = Field(ge=1, le=MAX_WIDTH, description="size of the state")
    output: Literal["last", "sequence"] = Field(
        default="last", description="last: the state after the last time step; sequence: after each one, (time, units)"
    )
    direction: Direction = Field(
        default="forward", description="bidirectional concatenates the states of both directions: 2 * units"
    )


class LstmSpec(RecurrentSpec):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997, with forget gates)."""

    type: Literal["lstm"] = "lstm"


class GruSpec(RecurrentSpec):
    """Gated recurrent unit (Cho et al., 2014): similar to an LSTM, with three quarters of its weights."""

    type: Literal["gru"] = "gru"


class AttentionSpec(Spec):
    """Multi-head self-attention (Vaswani et al., 2017) over the time steps of (time, features)."""

    type: Literal["attention"] = "attention"
    heads: int = Field(default=1, ge=1, le=MAX_HEADS, description="the number of features must be divisible by it")
    causal: bool = Field(default=False, description="restrict each time step to itself and those before it")
