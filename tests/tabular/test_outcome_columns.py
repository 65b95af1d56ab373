"""Counts with an exposure, amounts, times until an event, and ordered classes are learned and answered."""

from typing import Any

import numpy as np
import pytest

from tabular.errors import InvalidPlan
from tabular.evaluation.regression import deviance
from tests.support.reading import Reader
from tests.support.tabular_jobs import csv, plan_job, train_job

RNG = np.random.default_rng(5)
X = RNG.normal(size=400).round(3)
YEARS = RNG.choice([0.5, 1.0, 2.0, 8.0], 400)
TRAINING = {"epochs": 30, "batch_size": 64, "optimizer": {"type": "adam", "learning_rate": 0.01}}


def claims() -> dict[str, list[Any]]:
    counts = RNG.poisson(np.exp(0.8 * X + 1) * YEARS)
    return {"x": X.tolist(), "years": YEARS.tolist(), "claims": counts.tolist()}


def lifetimes() -> dict[str, list[Any]]:
    times, limits = RNG.exponential(np.exp(-1.2 * X)) * 10 + 0.1, RNG.uniform(2, 30, 400)
    seen = np.minimum(times, limits).round(2)
    return {"x": X.tolist(), "lost": np.where(times > limits, "yes", "no").tolist(), "days": seen.tolist()}


def test_counts_are_learned_per_unit_of_exposure_and_answered_for_the_exposure_of_a_row(read: Reader) -> None:
    model = train_job(read(csv(claims())), "claims", exposure="years", training=TRAINING)
    assert (model.plan.loss, [feature.column for feature in model.plan.features]) == ("poisson", ["x"])
    once, eight, alone = model.predict([{"x": 1, "years": 1}, {"x": 1, "years": 8}, {"x": 1}])
    assert eight["value"] == pytest.approx(8 * once["value"])
    assert alone == once
    assert once["value"] == pytest.approx(np.exp(1.8), rel=0.2)
    assert model.evaluation["poisson_deviance"] < 0.5 * model.evaluation["baseline"]["poisson_deviance"]


def test_times_until_an_event_are_answered_with_risks_and_survival(read: Reader) -> None:
    model = train_job(read(csv(lifetimes())), "days", censored="lost", training=TRAINING)
    assert (model.plan.loss, [feature.column for feature in model.plan.features]) == ("cox", ["x"])
    assert model.evaluation["concordance"] > 0.7
    high, low = model.predict([{"x": 1}, {"x": -1}])
    assert high["relative_risk"] > 2 * low["relative_risk"]
    assert high["value"] == pytest.approx(np.log(2) * 10 * np.exp(-1.2), rel=0.35)
    assert low["value"] is None or low["value"] > 2 * high["value"]
    curve = [point["probability"] for point in high["survival"]]
    assert curve == sorted(curve, reverse=True)
    assert all(0 <= p <= 1 for p in curve)


@pytest.mark.parametrize("loss", ["gamma", {"type": "tweedie", "power": 1.4}])
def test_amounts_of_any_unit_are_learned(read: Reader, loss: Any) -> None:
    amounts = 1e6 * np.exp(X) * RNG.gamma(5, 0.2, 400)
    model = train_job(read(csv({"x": X.tolist(), "y": amounts.tolist()})), "y", training={**TRAINING, "loss": loss})
    name = f"{loss if isinstance(loss, str) else loss['type']}_deviance"
    assert model.evaluation[name] < 0.5 * model.evaluation["baseline"][name]
    assert model.predict([{"x": 1}])[0]["value"] == pytest.approx(1e6 * np.e, rel=0.3)


def test_ordered_classes_keep_the_requested_order(read: Reader) -> None:
    grades = np.array(["low", "mid", "high"])[np.digitize(X + 0.2 * RNG.normal(size=400), [-0.5, 0.6])]
    data = read(csv({"x": X.tolist(), "grade": grades.tolist()}))
    loss = {"type": "ordinal", "order": ["low", "mid", "high"]}
    model = train_job(data, "grade", training={**TRAINING, "loss": loss})
    assert model.evaluation["accuracy"] > 0.8
    (answer,) = model.predict([{"x": 2}])
    assert (answer["label"], list(answer["probabilities"])) == ("high", ["low", "mid", "high"])
    assert sum(answer["probabilities"].values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("request_", "pointer", "says"),
    [
        ({"exposure": "yeers"}, "/exposure", "'years'"),
        ({"exposure": "years", "training": {"loss": "huber"}}, "/exposure", "poisson or gamma or tweedie"),
        ({"exposure": "none"}, "/exposure", "above 0"),
        ({"exposure": "years", "features": [{"column": "years"}]}, "/exposure", "also a feature"),
        ({"censored": "x"}, "/censored", "boolean"),
        ({"censored": "lost", "training": {"loss": "gamma"}}, "/censored", "cox"),
        ({"censored": "all"}, "/censored", "not seen"),
        ({"censored": "always"}, "/censored", "not seen"),
        ({"training": {"loss": "gamma"}}, "/training/loss", "above 0"),
        ({"training": {"loss": "cox", "early_stopping": {"metric": "val_mae"}}}, "/training/early_stopping", "conc"),
        ({"training": {"early_stopping": {"metric": "val_concordance"}}}, "/training/early_stopping", "cox"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_columns_that_do_not_fit_are_rejected(read: Reader, request_: dict[str, Any], pointer: str, says: str) -> None:
    data = read(
        csv({**claims(), "none": [0] * 400, "all": [1] * 400, "always": ["true"] * 400, "lost": lifetimes()["lost"]})
    )
    with pytest.raises(InvalidPlan) as caught:
        plan_job(data, "claims", task="regression", **request_)
    found = {problem.pointer: problem.detail for problem in caught.value.problems}
    assert says in next(detail for place, detail in found.items() if place.startswith(pointer))


def test_an_order_that_lacks_a_class_is_rejected_with_all_differences(read: Reader) -> None:
    data = read(csv({"x": X.tolist(), "grade": ["a", "b", "c", "a"] * 100}))
    with pytest.raises(InvalidPlan, match="lacks c and lists d"):
        plan_job(data, "grade", training={"loss": {"type": "ordinal", "order": ["a", "b", "d"]}})


@pytest.mark.parametrize("mean", [1e3, 1e7])
def test_large_counts_reach_the_deviance_of_their_noise(read: Reader, mean: float) -> None:
    rates = mean * np.exp(0.5 * X - 0.3 * YEARS)
    columns = {"x": X.tolist(), "years": YEARS.tolist(), "y": RNG.poisson(rates).tolist()}
    linear = {"model": [], "training": {"loss": "poisson", "epochs": 60, "optimizer": {"type": "lbfgs"}}}
    model = train_job(read(csv(columns)), "y", **linear)
    noise = deviance(model.arrays.truth[:, 0], rates[model.arrays.validation_rows], 1)
    assert model.evaluation["poisson_deviance"] < 1.1 * noise
