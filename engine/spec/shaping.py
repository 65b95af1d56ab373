"""Specs of the layers that change shapes only: reshape, flatten."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from engine.spec.base import MAX_SIDE, MAX_WIDTH, Spec

Side = Annotated[int, Field(ge=1, le=max(MAX_SIDE, MAX_WIDTH))]


class ReshapeSpec(Spec):
    """The same numbers in another shape, such as (channels, height, width) or (time, features)."""

    type: Literal["reshape"] = "reshape"
    shape: Annotated[tuple[Side, ...], Field(strict=False, min_length=1, max_length=3)]


class FlattenSpec(Spec):
    """The same numbers as one flat row."""

    type: Literal["flatten"] = "flatten"
