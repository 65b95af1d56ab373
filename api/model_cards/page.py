"""A model card as one HTML page: nothing from other addresses, no scripts, every text escaped."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from api.model_cards.schemas import CardColumnView, CardDatasetView, ModelCardView
from api.pages.document import document
from api.pages.evaluation_section import evaluation_section
from api.pages.html import listed, number, section, table
from api.pages.plots import plot


def card_page(card: ModelCardView) -> str:
    """Return the page."""
    parts = [
        section("Data", _dataset(card.dataset) + _columns(card.columns)),
        section("Model", listed(card.spec_in_words)),
        section("Training", _training(card)),
        *_evaluations(card.evaluation),
        section("Limits of use", listed(card.limits)),
        section("Origin", _origin(card)),
    ]
    head = (
        f"<h1>{escape(card.name)}</h1><p>{escape(card.summary)}</p>"
        f'<p class="faint">{escape(card.id)}, {escape(card.created_at)}</p>'
    )
    return document(f"Model card: {card.name}", head + "".join(parts))


def _dataset(dataset: CardDatasetView | None) -> str:
    if dataset is None:
        return "<p>The data set was deleted.</p>"
    reading = ", ".join(f"{name}: {value}" for name, value in (dataset.reading or {}).items() if name != "missing")
    facts = {
        "Data set": f"{dataset.name} ({dataset.id})",
        "Rows": f"{dataset.rows:,}",
        "Format": f"{dataset.format}; {reading}" if reading else dataset.format,
        "SHA-256": dataset.sha256,
    }
    warnings = listed(f"{warning.column or 'file'}: {warning.detail}" for warning in dataset.warnings)
    return table(facts.items()) + (f"<h3>Warnings about the data</h3>{warnings}" if dataset.warnings else "")


def _columns(columns: Sequence[CardColumnView]) -> str:
    rows = [
        (
            column.name,
            column.type,
            ", ".join(column.encodings),
            "" if column.min is None else f"{number(column.min)} to {number(column.max)}",
            number(column.distinct),
            number(column.missing),
        )
        for column in columns
    ]
    heads = ("Column", "Type", "Encodings", "Range in the data", "Different values", "Missing")
    return f"<h3>Columns that the model reads</h3>{table(rows, heads)}"


def _training(card: ModelCardView) -> str:
    training = card.training
    facts = {
        "Job": training.job_id,
        "Time": f"{training.started_at or ''} to {training.finished_at or ''}",
        "Epochs": f"{training.epochs:,} ({training.stop_reason})",
        "Kept epoch": number((training.best or {}).get("epoch")),
        "Cost": f"{training.seconds:.2f} s, {training.cpu_seconds:.2f} CPU seconds",
    }
    curves = {
        name: [(point.epoch, loss) for point in training.curve if (loss := getattr(point, field)) is not None]
        for name, field in (("training loss", "train_loss"), ("validation loss", "val_loss"))
    }
    return table(facts.items()) + plot(curves, "epoch", "loss")


def _evaluations(evaluation: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield a section for each target."""
    if not evaluation:
        yield section("Evaluation", "<p>No rows were held out, so there are no scores.</p>")
        return
    several: Iterable[tuple[str, Any]] = (evaluation.get("targets") or {}).items()
    yield section("Evaluation", evaluation_section(evaluation))
    for name, metrics in several:
        yield section(f"Evaluation of {name}", evaluation_section(metrics))


def _origin(card: ModelCardView) -> str:
    origin = card.origin
    facts = {
        "Model": card.id,
        "Parameters": f"{origin.parameters:,}",
        "Weights": f"{origin.weights_bytes:,} bytes, SHA-256 {origin.weights_sha256}",
        "Numeric fingerprint": origin.fingerprint,
        "Fine-tuned from": origin.base_model_id or origin.base_weights_id or "nothing; trained from initial weights",
    }
    return table(facts.items())
