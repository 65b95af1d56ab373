"""Collect what a model card says from a model, its job and its data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.model_cards.descriptions import describe_spec, summarize
from service.model_cards.limits_of_use import limits_of_use
from store.artifacts import blobs, datasets, models
from store.artifacts.blobs import BlobInfo
from store.db.transaction import Tx
from store.errors import NotFound
from store.ids import ProjectId
from store.jobs import epochs, jobs
from store.tables import Dataset, Epoch, Job, Model
from tabular.trained_model.stored import fitted_bags

MAX_POINTS = 200  # of the learning curve
CURVES = ("train_loss", "val_loss")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """A model card.

    dataset: None if it was deleted. columns: the columns that the model reads. curve: losses by epoch.
    spec_in_words, limits: sentences.
    """

    model: Model
    job: Job
    dataset: Dataset | None
    weights: BlobInfo
    summary: str
    columns: tuple[dict[str, Any], ...]
    spec_in_words: tuple[str, ...]
    curve: tuple[dict[str, Any], ...]
    limits: tuple[str, ...]


def read_card(tx: Tx, project: ProjectId, model_id: str) -> ModelCard:
    """Return the card of the project's model. Raises `NotFound`."""
    model = models.get(tx, project, model_id)
    job = jobs.get(tx, project, model.job_id)
    dataset = _dataset(tx, project, model.dataset_id)
    columns = _columns(model, dataset)
    return ModelCard(
        model=model,
        job=job,
        dataset=dataset,
        weights=blobs.info(tx, model.blob_id),
        summary=summarize(model.preprocessing["target"]),
        columns=columns,
        spec_in_words=tuple(describe_spec(job.spec, model.architecture)),
        curve=tuple(map(_point, epochs.downsampled(tx, job.id, 0, MAX_POINTS))),
        limits=tuple(limits_of_use(columns, model.evaluation, model.preprocessing)),
    )


def _dataset(tx: Tx, project: ProjectId, dataset_id: str) -> Dataset | None:
    try:
        return datasets.get(tx, project, dataset_id)
    except NotFound:
        return None


def _columns(model: Model, dataset: Dataset | None) -> tuple[dict[str, Any], ...]:
    """Return each column that the model reads: its encodings, and what the data set says about it."""
    profile = {column["name"]: column for column in (dataset.columns if dataset else ())}
    encodings: dict[str, list[str]] = {}
    types: dict[str, str] = {}
    for fitted in _fitted_columns(model.preprocessing):
        names = encodings.setdefault(fitted["name"], [])
        types[fitted["name"]] = fitted["type"]
        if fitted["encoding"] not in names:
            names.append(fitted["encoding"])
    shown = ("missing", "distinct", "min", "max", "mean")
    return tuple(
        {"name": name, "type": types[name], "encodings": names, **_only(profile.get(name, {}), shown)}
        for name, names in encodings.items()
    )


def _fitted_columns(preprocessing: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the fitted columns of all bags."""
    return [column for bag in fitted_bags(preprocessing) for column in bag["columns"]]


def _only(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: values.get(name) for name in names}


def _point(epoch: Epoch) -> dict[str, Any]:
    return {"epoch": epoch.epoch, **_only(epoch.metrics, CURVES)}
