"""Rows of several requests are predicted together, without a difference for the requests."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from engine.errors import PointedProblem
from service.predictions.batching import PredictionBatches
from store.ids import ProjectId
from tabular.errors import InvalidRows
from tabular.trained_model.trained_model import Answers, Rows

OURS = ProjectId("prj_ours")


class Model:
    """A model that answers with the number of each row, and notes what it was asked together."""

    forecast = None
    is_busy = False

    def __init__(self, flops: int) -> None:
        self.flops = flops
        self.calls: list[int] = []

    def predict(self, rows: Rows) -> Answers:
        return [{"value": row["x"]} for row in rows]

    def predict_each(self, requests: Sequence[Rows]) -> list[Any]:
        self.calls.append(len(requests))
        invalid = InvalidRows([PointedProblem(pointer="/rows/0/x", detail="wrong")])
        return [invalid if rows[0]["x"] < 0 else self.predict(rows) for rows in requests]


class Loaded:
    """The loaded models: there is one."""

    def __init__(self, model: Model) -> None:
        self.current = self.get = lambda _project, _model_id: model


SIZES = [pytest.param(1, id="quick"), pytest.param(10**9, id="in a thread")]


@pytest.mark.parametrize("flops", SIZES)
def test_requests_at_the_same_time_are_predicted_together(flops: int) -> None:
    model = Model(flops)
    batches = PredictionBatches(Loaded(model))  # type: ignore[arg-type]  # a stand-in

    async def use() -> list[Any]:
        rows = [[{"x": number}, {"x": number}] for number in (*range(100), -1)]
        return await asyncio.gather(*(batches.predict(OURS, "mdl_1", each) for each in rows), return_exceptions=True)

    *answers, invalid = asyncio.run(use())
    assert answers == [[{"value": number}] * 2 for number in range(100)]
    assert isinstance(invalid, InvalidRows)
    assert (len(model.calls) <= 3, sum(model.calls)) == (True, 101)
    assert (batches._running, dict(batches._waiting), dict(batches._quick)) == ({}, {}, {})


@pytest.mark.parametrize("flops", SIZES)
def test_an_error_reaches_every_request(flops: int) -> None:
    model = Model(flops)
    model.predict_each = lambda _requests: 1 / 0  # type: ignore[assignment,method-assign,return-value]
    batches = PredictionBatches(Loaded(model))  # type: ignore[arg-type]  # a stand-in

    async def use() -> None:
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await batches.predict(OURS, "mdl_1", [{"x": 1}])

    asyncio.run(use())
