"""What the service answers: model cards."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Any

from backprop_client.record import Record
from backprop_client.types.shared import ServiceWarning


class CardColumn(Record):
    """A column that the model reads, with its values in the data set. Null if the data set was deleted."""

    __slots__ = ()
    name: str
    type: str
    encodings: list[str]
    """How the networks see the column."""
    missing: int | None
    distinct: int | None
    min: float | str | None
    max: float | str | None
    mean: float | None


class CardDataset(Record):
    """The data set that the model was trained on."""

    __slots__ = ()
    id: str
    name: str
    format: str
    rows: int
    bytes: int
    sha256: str
    reading: dict[str, Any] | None
    """How the file was read."""
    warnings: list[ServiceWarning]


class CardEpoch(Record):
    """The losses of one epoch."""

    __slots__ = ()
    epoch: int
    train_loss: float | None
    val_loss: float | None


class CardOrigin(Record):
    """What identifies the model, and what it was made from."""

    __slots__ = ()
    parameters: int
    weights_bytes: int
    weights_sha256: str
    fingerprint: str
    """Numeric fingerprint of the machine that trained the model."""
    base_model_id: str | None
    base_weights_id: str | None


class CardTraining(Record):
    """How the training went, and what it cost."""

    __slots__ = ()
    job_id: str
    started_at: str | None
    finished_at: str | None
    epochs: int
    """Epochs that were trained."""
    stop_reason: str | None
    best: dict[str, Any] | None
    """The epoch whose weights were kept, and its score."""
    seconds: float
    cpu_seconds: float
    bit_exact: bool
    """Whether all of the training ran on machines that give bit-identical results."""
    curve: list[CardEpoch]
    """Losses by epoch, at most 200 points."""


class ModelCard(Record):
    """A model card: what a model predicts, how good it is, and where it must not be trusted."""

    __slots__ = ()
    id: str
    name: str
    created_at: str
    summary: str
    dataset: CardDataset | None
    """Null if the data set was deleted."""
    columns: list[CardColumn]
    spec: dict[str, Any]
    """The spec of the job, with every default filled in."""
    spec_in_words: list[str]
    training: CardTraining
    evaluation: dict[str, Any] | None
    """Scores on rows that the networks did not train on, beside those of a naive baseline, with calibration,
    intervals and importance. Null without such rows.
    """
    limits: list[str]
    """Rows and uses for which the answers are unreliable."""
    origin: CardOrigin
