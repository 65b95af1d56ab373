"""Loaded models take a limited number of bytes."""

import pytest

from service.predictions.loaded_models import LoadedModels
from store.artifacts import models
from store.db.transaction import transaction
from store.errors import NotFound
from store.ids import DEFAULT_PROJECT
from tests.support.worker_fixture import WorkerFixture, worker_fixture  # noqa: F401 - a fixture

ROW = {"length": 0.1, "width": 2.9, "color": "red"}


def test_models_that_were_not_used_for_longest_are_dropped(worker_fixture: WorkerFixture) -> None:  # noqa: F811
    dataset_id = worker_fixture.upload()
    jobs = [worker_fixture.train(dataset_id, preset="fast", training={"epochs": 0}) for _ in range(3)]
    ids = [job.model_id or "" for job in jobs]
    loaded = LoadedModels(worker_fixture.sessions)
    loaded.get(DEFAULT_PROJECT, ids[0])
    each = loaded._bytes
    assert each > loaded.get(DEFAULT_PROJECT, ids[0]).bags[0].networks[0].parameters.vector.nbytes
    limited = LoadedModels(worker_fixture.sessions, max_bytes=int(2.5 * each))
    for model_id in [*ids, ids[1]] * 2:
        limited.get(DEFAULT_PROJECT, model_id).predict([ROW])
        assert limited._bytes <= 2.5 * each
    assert [limited.current(DEFAULT_PROJECT, model_id) is None for model_id in ids] == [True, False, False]
    with transaction(worker_fixture.sessions) as tx:
        models.remove(tx, DEFAULT_PROJECT, ids[1])
    with pytest.raises(NotFound):
        limited.get(DEFAULT_PROJECT, ids[1])
    assert limited._bytes <= 1.5 * each  # a deleted model would otherwise answer while the database cannot be reached
