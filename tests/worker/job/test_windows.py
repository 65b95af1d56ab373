"""Jobs that learn from windows of a time series."""

from typing import Any

import numpy as np
import pytest

from service.predictions.loaded_models import LoadedModels
from store.db.transaction import snapshot
from store.ids import DEFAULT_PROJECT
from store.tables import Model
from tabular.errors import InvalidPlan, InvalidRows
from tests.support.worker_fixture import WorkerFixture
from worker.job.loading import JobLoader

pytestmark = pytest.mark.one_database("sqlite")

SEQUENCE = {"order_by": "hour", "window": 6, "horizon": 2}
TRAINING = {"epochs": 8, "validation": {"folds": 3}}
LONGER = {**TRAINING, "epochs": 10, "optimizer": {"type": "adam", "learning_rate": 0.05}}
GRU = {"layers": [{"type": "gru", "units": 4}]}
LEVEL = np.sin(np.arange(200) / 3).round(4)


def series(missing: int | None = None, repeated: int | None = None) -> str:
    """Return a wave, an hour at a time; one row may be missing, and one repeated."""
    hours = [hour for hour in range(200) if hour != missing] + ([] if repeated is None else [repeated])
    return "\n".join(["hour,level", *(f"{hour},{LEVEL[hour]}" for hour in hours)])


def body(**changes: Any) -> dict[str, Any]:
    return {"target": "level", "sequence": SEQUENCE, "training": TRAINING, **changes}


def test_a_recurrent_network_beats_the_last_value_and_is_fine_tuned(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload(series())
    job = worker_fixture.train(dataset_id, **body(model=GRU, training=LONGER))
    assert job.error is None
    with snapshot(worker_fixture.sessions) as tx:
        model = tx.get_one(Model, job.model_id)
    evaluation = model.evaluation or {}
    assert evaluation["validation"]["folds"] == 3
    assert evaluation["r2"] > 0.6 > evaluation["last_value"]["r2"]
    rows = [{"hour": hour, "level": LEVEL[hour]} for hour in range(150, 170)]
    (answer,) = LoadedModels(worker_fixture.sessions).get(DEFAULT_PROJECT, model.id).predict(rows)
    assert answer["value"] == pytest.approx(LEVEL[171], abs=0.4)
    assert (answer["after"], answer["horizon"]) == ({"hour": 169}, 2)
    with pytest.raises(InvalidRows, match="there are 3"):
        LoadedModels(worker_fixture.sessions).get(DEFAULT_PROJECT, model.id).predict(rows[:3])
    tuned = {"target": "level", "init_from": {"model_id": model.id}, "training": {"epochs": 1}}
    again = worker_fixture.train(dataset_id, **tuned)
    assert again.spec["sequence"] == job.spec["sequence"]
    assert again.spec["init_from"]["head"]
    with pytest.raises(InvalidPlan, match="The base model learned from windows"):
        worker_fixture.queue(dataset_id, **tuned, sequence={**SEQUENCE, "window": 5})


def test_irregular_rows_are_reported_and_targets_come_after_all_training_rows(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload(series(missing=77, repeated=20))
    training = {"validation": {"fraction": 0.2}}
    job_id = worker_fixture.queue(dataset_id, **body(training=training))
    loaded = JobLoader(worker_fixture.sessions).load(worker_fixture.job(job_id))
    details = {warning.code: warning.detail for warning in loaded.warnings}
    assert "1 rows have the same 'hour' as another row" in details["repeated_times"]
    assert "usually grows by 1 from row to row, but 1 steps are longer, up to 2" in details["time_gaps"]
    assert loaded.held_out["from"] == 161
    assert len(loaded.training) == 200 - 7 - loaded.held_out["rows"]
    assert loaded.training.x.shape[1] == 6
