"""Trained models answer raw rows the same in ONNX Runtime: known, unknown and missing values included."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.network import Network
from engine.streams import stream
from tabular.preprocessing.forecast import Forecast
from tabular.sequence import SequenceSpec
from tabular.trained_model.calibration import Calibration
from tabular.trained_model.detailed_predictions import Details, predict_in_detail
from tabular.trained_model.onnx.model import NoOnnxForm, export_onnx
from tabular.trained_model.trained_model import TrainedModel
from tabular.uncertainty.uncertainty import Uncertainty
from tests.support.onnx_runs import as_inputs, assert_same_answers, open_session, run_onnx
from tests.support.reading import Reader
from tests.support.tabular_jobs import train_job
from tests.support.typed_files import read_as

ROWS = 90
NEW_ROWS: list[dict[str, Any]] = [
    {"size": None},
    {"size": -1e30, "color": "unheard of", "sold": "maybe", "day": "1812-06-24T00:00:00Z", "grade": "z"},
    {"size": 1e30, "color": " green", "sold": "TRUE", "day": "05.03.2021", "code": 99999},
    {"size": 0.5, "color": "?", "sold": "n", "day": "2031-12-31", "code": 3, "rate": 0.25, "grade": "b"},
]


def shop() -> str:
    """Return CSV with columns of every type, some values missing, and targets of every kind that follow from them."""
    rng = np.random.default_rng(3)
    lines = ["size,rate,code,color,sold,day,grade,kind,yes,price,visits"]
    for number in range(ROWS):
        size, rate, code, kind = rng.lognormal(2), rng.uniform(), int(rng.integers(0, 5)), int(rng.integers(0, 3))
        color, sold = ("red", "green", "blue")[kind] if rng.random() < 0.8 else "?", rng.random() < 0.5
        day = f"{1 + number % 28:02}.{1 + number % 12:02}.{2000 + number % 20}" if number % 9 else ""
        price, visits = 1e12 + 3 * size + code, rng.poisson(1 + code)
        cells = [f"{size:.3f}" if number % 11 else "", f"{rate:.4f}", code, color, ("Yes", "No")[int(sold)], day]
        cells += [
            "abc"[number % 3],
            ("iris", "rose", "tulip")[kind],
            ("on", "off")[int(size > 8)],
            f"{price:.2f}",
            visits,
        ]
        lines.append(",".join(map(str, cells)))
    return "\n".join(lines) + "\n"


FEATURES = [
    {"column": "size"},
    {"column": "rate", "encoding": "quantile"},
    {"column": "code", "encoding": "one_hot"},
    {"column": "color", "encoding": "embedding", "size": 3},
    {"column": "sold"},
    {"column": "day"},
    {"column": "grade", "encoding": "ordinal"},
]
TARGETS: dict[str, tuple[Any, dict[str, Any]]] = {
    "classes": ("kind", {}),
    "two classes": ("yes", {}),
    "two outputs": ("yes", {"loss": "softmax_cross_entropy"}),
    "numbers": ("price", {}),
    "numbers in float64": ("price", {"precision": "float64"}),
    "quantiles": ("price", {"loss": {"type": "quantile", "quantiles": [0.1, 0.5, 0.9]}}),
    "counts": ("visits", {"loss": "poisson"}),
    "several": (["kind", "price", "yes"], {}),
}

PLAIN = [{"column": "size"}, {"column": "rate", "encoding": "numeric_embedding"}]

Trainer = Callable[..., TrainedModel]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    """Return a function that trains on the shop's table."""
    source = tmp_path_factory.mktemp("shop") / "source.csv"
    source.write_text(shop(), "utf-8")
    data = read_as("csv", source)

    def train(target: Any, features: list[dict[str, Any]] = FEATURES, **training: Any) -> TrainedModel:
        outcome = {name: training.pop(name) for name in ("exposure", "censored") if name in training}
        return train_job(data, target, features=features, training={"epochs": 3, **training}, **outcome).stored

    return train


def assert_same(model: TrainedModel, rows: list[dict[str, Any]]) -> None:
    data = export_onnx(model, model_id="mdl_1")
    assert_same_answers(run_onnx(data, as_inputs(open_session(data), rows)), model.predict(rows))


def rows_of(text: str) -> list[dict[str, Any]]:
    """Return the rows of the table as an application has them, and new ones."""
    names, *lines = (line.split(",") for line in text.splitlines())
    numbers = {"size", "rate", "code"}
    known = [dict(zip(names[:7], line, strict=False)) for line in lines]
    typed = [
        {name: (float(cell) if cell else None) if name in numbers else cell for name, cell in row.items()}
        for row in known
    ]
    return typed + NEW_ROWS


@pytest.mark.parametrize(("target", "training"), TARGETS.values(), ids=TARGETS.keys())
def test_targets_are_answered_the_same(trained: Trainer, target: Any, training: dict[str, Any]) -> None:
    assert_same(trained(target, **training), rows_of(shop()))


def test_ensembles_with_a_temperature_are_answered_the_same(trained: Trainer) -> None:
    first, second = trained("kind"), trained("kind", PLAIN)
    bags = (
        replace(
            first.bags[0], networks=(*first.bags[0].networks, trained("kind", seed=5).bags[0].networks[0]), weight=0.25
        ),
        replace(second.bags[0], weight=0.75),
    )
    assert_same(replace(first, bags=bags, calibration=Calibration(temperatures=(1.7,))), rows_of(shop()))


def test_temperature_of_one_output_and_limits_of_a_number_are_applied(trained: Trainer) -> None:
    model = trained(["price", "yes"])
    price, yes = model.target.columns
    target = replace(model.target, columns=(replace(price, clamp=(price.mean, price.mean + price.stddev)), yes))
    assert_same(replace(model, target=target, calibration=Calibration(temperatures=(1.0, 0.6))), rows_of(shop()))


def test_windows_are_answered_the_same(trained: Trainer) -> None:
    model = trained("price", PLAIN)
    sequence = SequenceSpec(order_by="day", window=3, horizon=1, group_by="grade")
    width = 3 * model.bags[0].preprocessor.width
    network = Network([], inputs=width, outputs=1, loss="mean_squared_error", precision="float32")
    network.initialize(stream(1, "init"))
    forecast = Forecast(sequence=sequence, types={"day": "datetime", "grade": "category"})
    model = replace(model, bags=(replace(model.bags[0], networks=(network,)),), forecast=forecast)
    rows = [
        {"size": size, "rate": rate, "day": f"2024-01-0{day}", "grade": grade}
        for grade in "ab"
        for day, (size, rate) in enumerate([(1.0, 0.2), (None, 0.9), (7.5, None)], 1 if grade == "a" else 4)
    ]
    inputs = {
        name: np.array([[row[name] for row in rows[:3]], [row[name] for row in rows[3:]]], float)
        for name in ("size", "rate")
    }
    data = export_onnx(model, model_id="mdl_1")
    assert_same_answers(run_onnx(data, inputs), model.predict(rows))


def test_intervals_and_label_sets_are_answered_at_any_level(trained: Trainer) -> None:
    model, rng = trained(["price", "kind"], PLAIN[:1]), np.random.default_rng(7)
    price = model.target.columns[0]
    outputs = np.column_stack([rng.normal(price.mean, price.stddev, 300), rng.dirichlet([1, 1, 1], 300)])
    spread = np.linspace(0.1, 2, 300)[np.argsort(np.argsort(outputs[:, 0]))] * price.stddev
    truth = np.column_stack([outputs[:, 0] + spread * rng.normal(size=300), rng.integers(0, 3, 300)])
    model = replace(model, uncertainty=Uncertainty.fit(model.target, truth, outputs))
    data, rows = export_onnx(model, model_id="mdl_1"), rows_of(shop())
    inputs = as_inputs(open_session(data), rows)
    assert_same_answers(run_onnx(data, inputs), predict_in_detail(model, rows, Details(interval=0.9)))
    at_level = run_onnx(data, inputs | {"interval": np.array([0.637])})
    assert_same_answers(at_level, predict_in_detail(model, rows, Details(interval=0.637)))
    without = run_onnx(data, inputs | {"interval": np.array([0.999])})
    assert np.isnan(without["price.low"]).all()
    assert without["kind.set"].all()


def test_values_are_for_the_exposure_of_a_row(trained: Trainer) -> None:
    model = trained("visits", PLAIN[:1], exposure="rate")
    rows = [{"size": size, "rate": rate} for size in (1.0, 8.0, None) for rate in (0.5, 4.0, None)]
    assert_same(model, rows)
    data = export_onnx(model, model_id="mdl_1")
    assert np.isnan(run_onnx(data, as_inputs(open_session(data), [{"size": 1.0, "rate": 0.0}]))["value"]).all()


def test_times_until_an_event_are_answered_the_same(trained: Trainer) -> None:
    model = trained("size", [{"column": "rate"}, {"column": "color"}], censored="sold")
    assert_same(model, [{"rate": rate, "color": color} for rate in (-5.0, 0.2, 30.0) for color in ("red", None)])


def test_everything_without_a_form_is_named_at_once(trained: Trainer) -> None:
    features = [{"column": name, "encoding": "hashed_text", "size": 8} for name in ("color", "grade")]
    with pytest.raises(NoOnnxForm) as caught:
        export_onnx(trained("kind", features), model_id="mdl_1")
    assert [problem.pointer for problem in caught.value.problems] == [
        "/preprocessing/features/columns/color",
        "/preprocessing/features/columns/grade",
    ]
    assert caught.value.problems[0].detail == (
        "The encoding 'hashed_text' of the column 'color' has no ONNX form: ONNX cannot compute the hash of a word. "
        "Train without this column, or with another encoding."
    )


def test_a_column_called_like_an_answer_keeps_its_name(read: Reader) -> None:
    lines = [f"{number % 7},{'xy'[number % 2]}" for number in range(60)]
    model = train_job(read("label,kind\n" + "\n".join(lines) + "\n"), "kind", training={"epochs": 1}).stored
    outputs = run_onnx(export_onnx(model, model_id="mdl_1"), {"label": np.array([[3.0]])})
    assert list(outputs) == ["label_", "probabilities"]


def test_equal_models_give_equal_files(trained: Trainer) -> None:
    model = trained("kind")
    assert export_onnx(model, model_id="m") == export_onnx(model, model_id="m")
