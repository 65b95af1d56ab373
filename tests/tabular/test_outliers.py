"""One absurd value among 1,500 rows does not ruin a job with default settings."""

import numpy as np
import pytest

from tests.support.reading import Reader
from tests.support.tabular_jobs import csv, train_job


def table(*, amounts: bool = False) -> dict[str, list[float]]:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(1_500, 4))
    if amounts:
        x = 50 + 10 * x
    y = x @ [2.0, -1.0, 0.5, 1.0] + 0.2 * rng.normal(size=1_500) * x.std()
    return {f"x{index}": column.round(4).tolist() for index, column in enumerate(x.T)} | {"y": y.round(4).tolist()}


@pytest.mark.parametrize("value", [1e30, -1e12, 1e5])
@pytest.mark.parametrize("amounts", [False, True])
def test_a_job_with_one_absurd_value_learns_the_other_rows(read: Reader, *, value: float, amounts: bool) -> None:
    columns = table(amounts=amounts)
    columns["x0"][700] = value
    model = train_job(read(csv(columns)), "y")
    assert [feature.encoding for feature in model.plan.features] == ["robust", *["standardize"] * 3]
    assert model.evaluation["r2"] > 0.97
