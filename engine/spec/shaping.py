"""Specs of the layers that change shapes only: reshape, flatten."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.spec.base import MAX_SIDE, MAX_WIDTH, Spec, at_most, validation_error

REST = -1  # a side that takes what the other sides leave
Side = Annotated[int, Field(ge=REST, le=max(MAX_SIDE, MAX_WIDTH))]


class ReshapeSpec(Spec):
    """The same numbers in another shape, such as (channels, height, width) or (time, features).

    One side may be -1: it takes the numbers that the other sides leave.
    """

    type: Literal["reshape"] = "reshape"
    shape: Annotated[tuple[Side, ...], Field(strict=False, min_length=1, max_length=3), at_most(3)]

    @model_validator(mode="after")
    def _check_sides(self) -> Self:
        problems: dict[tuple[str, ...], str] = {
            ("shape", str(place)): "A side is at least 1, or -1 for what the other sides leave."
            for place, side in enumerate(self.shape)
            if side == 0
        }
        if self.shape.count(REST) > 1:
            problems["shape",] = "Only one side can be -1. Give the length of the others."
        if problems:
            raise validation_error(self, problems)
        return self


class SelectSpec(Spec):
    """Some neighboring features of each row or time step, such as those of one of several inputs in a branch."""

    type: Literal["select"] = "select"
    start: int = Field(default=0, ge=0, lt=MAX_WIDTH, description="the first feature, counted from 0")
    stop: int = Field(ge=1, le=MAX_WIDTH, description="the feature after the last one")

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.start >= self.stop:
            raise validation_error(self, {("stop",): f"`stop` must be above `start`, which is {self.start}."})
        return self


class FlattenSpec(Spec):
    """The same numbers as one flat row."""

    type: Literal["flatten"] = "flatten"
