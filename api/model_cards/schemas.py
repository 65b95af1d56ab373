"""Model cards as responses show them."""

from typing import Any

from pydantic import Field

from api.http.schemas import View, WarningView
from service.model_cards.card import ModelCard
from store.clock import rfc3339
from store.tables import Dataset, Job, Model


class CardColumnView(View):
    """A column that the model reads, with its values in the data set. Null if the data set was deleted."""

    name: str
    type: str
    encodings: list[str] = Field(description="How the networks see the column.", examples=[["standardize"]])
    missing: int | None
    distinct: int | None
    min: float | str | None
    max: float | str | None
    mean: float | None


class CardDatasetView(View):
    """The data set that the model was trained on."""

    id: str
    name: str
    format: str
    rows: int
    bytes: int
    sha256: str
    reading: dict[str, Any] | None = Field(description="How the file was read.")
    warnings: list[WarningView]

    @classmethod
    def of(cls, dataset: Dataset) -> "CardDatasetView":
        """Return the view of a stored data set."""
        names = ("id", "name", "format", "rows", "bytes", "sha256", "reading", "warnings")
        return cls(**{name: getattr(dataset, name) for name in names})


class CardEpochView(View):
    """The losses of one epoch."""

    epoch: int
    train_loss: float | None
    val_loss: float | None


class CardTrainingView(View):
    """How the training went, and what it cost."""

    job_id: str
    started_at: str | None
    finished_at: str | None
    epochs: int = Field(description="Epochs that were trained.")
    stop_reason: str | None
    best: dict[str, Any] | None = Field(description="The epoch whose weights were kept, and its score.")
    seconds: float
    cpu_seconds: float
    bit_exact: bool = Field(description="Whether all of the training ran on machines that give bit-identical results.")
    curve: list[CardEpochView] = Field(description="Losses by epoch, at most 200 points.")

    @classmethod
    def of(cls, card: ModelCard) -> "CardTrainingView":
        """Return the view of the job of a card."""
        job = card.job
        return cls(
            job_id=job.id,
            started_at=_time(job.started_at),
            finished_at=_time(job.finished_at),
            epochs=job.epoch,
            stop_reason=job.stop_reason,
            best=job.best,
            seconds=job.ran_seconds,
            cpu_seconds=job.cpu_seconds,
            bit_exact=job.bit_exact,
            curve=[CardEpochView(**point) for point in card.curve],
        )


class CardOriginView(View):
    """What identifies the model, and what it was made from."""

    parameters: int
    weights_bytes: int
    weights_sha256: str
    fingerprint: str = Field(description="Numeric fingerprint of the machine that trained the model.")
    base_model_id: str | None
    base_weights_id: str | None

    @classmethod
    def of(cls, card: ModelCard) -> "CardOriginView":
        """Return the view of the origin of a card's model."""
        return cls(
            parameters=card.model.parameters,
            weights_bytes=card.weights.bytes,
            weights_sha256=card.weights.sha256,
            fingerprint=card.model.fingerprint,
            base_model_id=card.model.base_model_id,
            base_weights_id=card.model.base_weights_id,
        )


class ModelCardView(View):
    """A model card: what a model predicts, how good it is, and where it must not be trusted."""

    id: str
    name: str
    created_at: str
    summary: str = Field(examples=["The model predicts which class 'income' has: '<=50K', '>50K'."])
    dataset: CardDatasetView | None = Field(description="Null if the data set was deleted.")
    columns: list[CardColumnView]
    spec: dict[str, Any] = Field(description="The spec of the job, with every default filled in.")
    spec_in_words: list[str]
    training: CardTrainingView
    evaluation: dict[str, Any] | None = Field(
        description="Scores on rows that the networks did not train on, beside those of a naive baseline, with "
        "calibration, intervals and importance. Null without such rows."
    )
    limits: list[str] = Field(description="Rows and uses for which the answers are unreliable.")
    origin: CardOriginView

    @classmethod
    def of(cls, card: ModelCard) -> "ModelCardView":
        """Return the view of a card."""
        model: Model = card.model
        job: Job = card.job
        return cls(
            id=model.id,
            name=model.name,
            created_at=rfc3339(model.created_at),
            summary=card.summary,
            dataset=CardDatasetView.of(card.dataset) if card.dataset else None,
            columns=[CardColumnView(**column) for column in card.columns],
            spec=job.spec,
            spec_in_words=list(card.spec_in_words),
            training=CardTrainingView.of(card),
            evaluation=model.evaluation,
            limits=list(card.limits),
            origin=CardOriginView.of(card),
        )


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else rfc3339(milliseconds)
