"""Specs of the layers for sequences: embedding, positions, LSTM, GRU, attention."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from engine.spec.base import MAX_VOCABULARY, MAX_WIDTH, Spec, equals, validation_error

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
    padding: int | None = Field(
        default=None,
        ge=0,
        lt=MAX_VOCABULARY,
        exclude_if=equals(None),
        description="the number that fills up short sequences at their end. Its vector is not trained and starts as 0; "
        "recurrent layers, attention and global pooling that follow ignore these time steps",
    )

    @model_validator(mode="after")
    def _check_padding(self) -> Self:
        if self.padding is not None and self.padding >= self.vocabulary:
            detail = f"The padding must be below the vocabulary, which is {self.vocabulary}."
            raise validation_error(self, {("padding",): detail})
        return self


class MaskSpec(Spec):
    """Marks time steps of (time, features) at the end of a sequence as padding.

    Recurrent layers, attention and global pooling that follow ignore them. For whole numbers, `embedding` has the field
    `padding`.
    """

    type: Literal["mask"] = "mask"
    value: float = Field(default=0.0, description="time steps whose features all have this value are padding")


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
    dropout: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        exclude_if=equals(0.0),
        description="fraction of the weights set to zero while training",
    )
