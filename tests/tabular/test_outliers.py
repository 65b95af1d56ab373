"""One absurd value among 1,500 rows does not ruin a job with default settings."""

import numpy as np
import pytest

from tests.support.reading import Reader
from tests.support.tabular_jobs import csv, plan_job, train_job


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
    data = read(csv(columns))
    plain = plan_job(data, "y", model=[{"type": "dense", "units": 64}])
    assert [feature.encoding for feature in plain.features] == ["robust", *["standardize"] * 3]
    assert train_job(data, "y").evaluation["r2"] > 0.97


def test_the_warning_names_the_cell_and_what_was_done(read: Reader) -> None:
    columns = table()
    columns["x0"][700] = 1e30
    for layers, encoding in ((None, "numeric_embedding"), ([{"type": "dense", "units": 64}], "robust")):
        warnings = plan_job(read(csv(columns)), "y", model=layers).warnings
        (warning,) = [each for each in warnings if each.code == "robust_scaling"]
        assert (warning.column, warning.row) == ("x0", 701)
        assert "in row 701" in warning.detail
        assert f"encoded as {encoding}" in warning.detail


@pytest.mark.parametrize("value", [1e25, -1e9])
def test_the_advice_for_an_absurd_target_works(read: Reader, value: float) -> None:
    columns = table()
    columns["y"][700] = value
    data = read(csv(columns))
    (warning,) = [each for each in plan_job(data, "y").warnings if each.code == "target_outlier"]
    assert (warning.column, warning.row) == ("y", 701)
    assert '"loss": "mean_absolute_error"' in (warning.fix or "")
    model = train_job(data, "y", training={"loss": "mean_absolute_error"})
    rows = [{name: column[row] for name, column in columns.items() if name != "y"} for row in range(300)]
    predicted = np.array([answer["value"] for answer in model.predict(rows)])
    true = np.array(columns["y"][:300])
    assert 1 - np.var(predicted - true) / np.var(true) > 0.95
