"""Networks learn from files in the forms that people send, and predict rows in the same forms."""

import csv
import io
from typing import Any

import numpy as np
import pytest

from tests.support.reading import Read, Reader
from tests.support.tabular_jobs import Model, train_job

RNG_SEED = 5
START = np.datetime64("2012-01-01")


def lines(header: str, rows: list[str]) -> str:
    return "\n".join([header, *rows]) + "\n"


def rows_of(text: str, target: str) -> list[dict[str, Any]]:
    """Return the rows of a CSV file as texts, without the target."""
    rows = list(csv.DictReader(io.StringIO(text)))
    return [{name: value for name, value in row.items() if name != target} for row in rows]


def values_of(predictions: list[dict[str, Any]]) -> np.ndarray[Any, Any]:
    return np.array([prediction["value"] for prediction in predictions])


def served_r2(model: Model, data: Read, text: str, target: str) -> float:
    """Return R² of the predictions of all rows as they stand in the file."""
    y = np.array(data.cells(target), float)
    errors = y - values_of(model.predict(rows_of(text, target)))
    return float(1 - (errors**2).sum() / ((y - y.mean()) ** 2).sum())


def test_amounts_and_shares_are_learned_as_numbers(read: Reader) -> None:
    rng = np.random.default_rng(RNG_SEED)
    table = zip(rng.uniform(90, 5000, 240), rng.integers(500, 5000, 240), rng.integers(2, 70, 240), strict=True)
    rows = [f'"${a:,.2f}","{b:,}",{c}%,{"yes" if a / 5000 + c / 70 > 1 else "no"}' for a, b, c in table]
    data = read(lines("price,qty,margin,sold", rows))
    assert train_job(data, "sold", training={"epochs": 60}).evaluation["accuracy"] >= 0.9


def test_a_share_is_predicted_in_the_unit_of_the_file(read: Reader) -> None:
    a, noise = np.random.default_rng(RNG_SEED).uniform(0, 1, (2, 240))
    text = lines(
        "a,b,rate", [f"{x:.3f},{'xy'[n % 2]},{90 * x + e:.1f}%" for n, (x, e) in enumerate(zip(a, noise, strict=True))]
    )
    data = read(text)
    model = train_job(data, "rate", training={"epochs": 40})
    assert (model.plan.task, model.plan.training.precision) == ("regression", "float32")
    assert model.evaluation["r2"] >= 0.95
    assert served_r2(model, data, text, "rate") >= 0.95


@pytest.mark.parametrize(("offset", "spread"), [(10_000_000_000, 3.0), (1_700_000_000, 9_000.0)])
def test_predictions_of_large_numbers_that_vary_little_are_not_rounded(
    read: Reader, offset: int, spread: float
) -> None:
    u, v = np.random.default_rng(RNG_SEED).normal(size=(2, 300))
    text = lines("u,v,y", [f"{a:.4f},{b:.4f},{offset + spread * (a - b):.3f}" for a, b in zip(u, v, strict=True)])
    data = read(text)
    model = train_job(data, "y", training={"epochs": 20})
    assert model.plan.training.precision == "float32"  # the units are applied in float64, outside the network
    assert model.evaluation["r2"] >= 0.95
    assert served_r2(model, data, text, "y") == pytest.approx(model.evaluation["r2"], abs=0.005)


def test_missing_words_in_rows_mean_the_same_as_null(read: Reader) -> None:
    rows = [f"{20 + n * 7 % 50},{('Gov', 'Self', 'NA', '?')[n % 4]},{'hi' if n % 4 > 1 else 'lo'}" for n in range(200)]
    model = train_job(read(lines("age,work,y", rows)), "y", training={"epochs": 20})
    assert model.evaluation["accuracy"] >= 0.9
    first, *others = model.predict([{"age": 40, "work": word} for word in (None, "NA", "?", "")])
    assert others == [first] * 3
    assert first["label"] == "hi"


def test_dates_with_short_years_are_predicted_in_either_spelling(read: Reader) -> None:
    days = [START + int(day) for day in np.random.default_rng(RNG_SEED).integers(0, 4000, 200)]
    dates = [(f"{day:%m/%d/%y}", (day - START.item()).days) for day in (day.item() for day in days)]
    data = read(lines("hired,pay", [f"{date},{4_100 + age // 3}" for date, age in dates]))
    iso, written = values_of(
        train_job(data, "pay", training={"epochs": 40}).predict([{"hired": "2012-05-05"}, {"hired": "5/5/12"}])
    )
    assert iso == written
    assert iso == pytest.approx(4_140, abs=150)  # of up to 5,433
