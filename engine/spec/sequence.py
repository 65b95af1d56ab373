"""Specs of the layers that read sequences: embedding, positions, LSTM, GRU, attention."""

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
        description="inputs are whole numbers from 0 to vocabulary - 1; those outside count as the nearest",
    )
    units: int = Field(ge=1, le=MAX_WIDTH, description="length of the vectors")


class PositionsSpec(Spec):
    """Adds to each moment of (time, features) a vector that says which moment it is."""

    type: Literal["positions"] = "positions"
    kind: Literal["sinusoidal", "learned"] = Field(
        default="sinusoidal", description="waves of falling frequency, which cost no parameters, or learned vectors"
    )


class RecurrentSpec(Spec):
    """What LSTM and GRU share: they read rows (time, features) one moment after the other."""

    units: int = Field(ge=1, le=MAX_WIDTH, description="size of the state")
    output: Literal["last", "sequence"] = Field(
        default="last", description="the state after the whole sequence, or (time, units): after each moment"
    )
    direction: Direction = Field(
        default="forward", description="bidirectional puts both directions' states side by side: 2 * units"
    )


class LstmSpec(RecurrentSpec):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997, with forget gates)."""

    type: Literal["lstm"] = "lstm"


class GruSpec(RecurrentSpec):
    """Gated recurrent unit (Cho et al., 2014): about as good as an LSTM, with three quarters of its weights."""

    type: Literal["gru"] = "gru"


class AttentionSpec(Spec):
    """Multi-head self-attention (Vaswani et al., 2017): each moment looks at all moments, (time, features) stays."""

    type: Literal["attention"] = "attention"
    heads: int = Field(default=1, ge=1, le=MAX_HEADS, description="divides the number of features")
    causal: bool = Field(default=False, description="whether a moment sees only itself and those before it")
