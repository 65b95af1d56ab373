"""Evaluations of stored models have the scores of the predictions that they serve."""

from typing import Any

import numpy as np
import pytest

from service.predictions.loaded_models import LoadedModels
from store.db.transaction import snapshot
from store.ids import DEFAULT_PROJECT
from store.tables import Model
from tests.support.tabular_jobs import csv
from tests.support.worker_fixture import WorkerFixture

pytestmark = pytest.mark.one_database("sqlite")


def table(seed: int) -> dict[str, Any]:
    """Return 60 rows with a target of mean 10^7 and spread 1."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=60).round(3)
    return {"x": x, "kind": rng.choice(["a", "b"], size=60), "y": (1e7 + x + 0.3 * rng.normal(size=60)).round(3)}


def test_stored_and_fine_tuned_models_and_ensembles_serve_what_was_evaluated(worker_fixture: WorkerFixture) -> None:
    rows = table(1)
    dataset_id, other = worker_fixture.upload(csv(table(0))), worker_fixture.upload(csv(rows))
    training = {"epochs": 4, "validation": {"dataset_id": other}}
    base = worker_fixture.train(dataset_id, target="y", preset="fast", training=training)
    tuned = worker_fixture.train(dataset_id, target="y", init_from={"model_id": base.model_id}, training=training)
    ensemble = {"type": "seeds", "networks": 2}
    several = worker_fixture.train(dataset_id, target="y", ensemble=ensemble, training=training)
    for job in (base, tuned, several):
        assert job.error is None
        residuals = rows["y"] - predicted(worker_fixture, job.model_id or "", rows)
        with snapshot(worker_fixture.sessions) as tx:
            evaluation = tx.get_one(Model, job.model_id).evaluation or {}
        assert evaluation["rows"] == 60
        assert evaluation["mae"] == pytest.approx(np.abs(residuals).mean(), rel=1e-6)
        assert evaluation["rmse"] == pytest.approx(np.sqrt(np.mean(residuals**2)), rel=1e-6)


def predicted(fixture: WorkerFixture, model_id: str, rows: dict[str, Any]) -> np.ndarray:
    sent = [{"x": x, "kind": str(kind)} for x, kind in zip(rows["x"].tolist(), rows["kind"], strict=True)]
    answers = LoadedModels(fixture.sessions).get(DEFAULT_PROJECT, model_id).predict(sent)
    return np.array([answer["value"] for answer in answers])
