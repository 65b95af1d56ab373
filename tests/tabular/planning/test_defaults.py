"""The default layers and training learn tables of different kinds."""

from collections.abc import Callable

import numpy as np
import pytest

from engine.batches import Rows
from engine.spec import AdamWSpec, TrainingSpec
from engine.training.loop import train
from engine.training.state import final_parameters, initialize_training
from tabular.evaluation.evaluation import evaluate
from tabular.planning.default_texts import TRAINING_DEFAULTS, TrainingRequest
from tabular.planning.defaults import default_training
from tabular.planning.network import build_network
from tabular.planning.planner import plan
from tabular.planning.request import PlanRequest
from tabular.preprocessing.training_arrays import make_training_arrays
from tests.support.reading import Reader
from tests.support.tables import flowers
from tests.support.tabular_jobs import train_job


def credit() -> tuple[str, str]:
    """Return noisy credit data with labels and amounts: 600 rows."""
    rng = np.random.default_rng(5)
    lines = ["status,amount,months,grade"]
    for _ in range(600):
        status, months = rng.integers(4), rng.integers(6, 60)
        amount = np.exp(rng.normal(7, 1))
        risk = status - months / 30 + rng.normal(0, 0.7)
        lines.append(f"A{status},{amount:.0f},{months},{'good' if risk > 0.5 else 'bad'}")
    return "\n".join(lines), "grade"


def echoes() -> tuple[str, str]:
    """Return 200 rows of 60 readings, with two classes whose means differ slightly in every reading."""
    rng = np.random.default_rng(5)
    kind = rng.integers(2, size=200)
    readings = rng.normal(size=(200, 60)) + 0.5 * kind[:, None] * np.sin(np.arange(60) / 5)
    lines = [",".join(f"{value:.4f}" for value in row) + f",{'RM'[k]}" for row, k in zip(readings, kind, strict=True)]
    return "\n".join(lines), "column_61"


def curve() -> tuple[str, str]:
    """Return a number that depends on the sine of another and on a label."""
    rng = np.random.default_rng(5)
    x, group = rng.uniform(-3, 3, size=800), rng.integers(3, size=800)
    y = 100 + 20 * np.sin(x) + 10 * group + rng.normal(0, 3, size=800)
    return "x,group,y\n" + "\n".join(f"{a:.4f},g{g},{b:.3f}" for a, g, b in zip(x, group, y, strict=True)), "y"


@pytest.mark.parametrize(
    ("make", "measure", "least"), [(credit, "accuracy", 0.8), (echoes, "accuracy", 0.85), (curve, "r2", 0.9)]
)
def test_the_defaults_learn_different_tables(
    read: Reader, make: Callable[[], tuple[str, str]], measure: str, least: float
) -> None:
    text, target = make()
    data = read(text)
    planned = plan(data.profile, PlanRequest(target=target))
    rows = make_training_arrays(data.table, planned)
    network = build_network(planned, rows.preprocessor.width, rows.preprocessor.wave_inputs)
    training = Rows(rows.x, rows.y)
    state = initialize_training(network, planned.training, training)
    for _ in train(network, state, planned.training, training, Rows(rows.validation_x, rows.validation_y)):
        pass
    network.parameters.vector[:] = final_parameters(state)
    outputs = rows.target.finish(network.predict(rows.validation_x))
    found = evaluate(rows.target, rows.training_truth, rows.truth, outputs)
    assert found[measure] >= least
    assert found[measure] > found["baseline"][measure] + 0.1


def test_lbfgs_learns_with_the_default_layers(read: Reader) -> None:
    model = train_job(read(flowers(200)), "kind", training={"optimizer": {"type": "lbfgs"}, "epochs": 60})
    assert model.evaluation["accuracy"] > 0.9


def test_the_json_schema_shows_the_defaults_that_planning_chooses() -> None:
    fields = TrainingRequest.model_json_schema()["properties"]
    assert [name for name in TRAINING_DEFAULTS if "default" in fields[name]] == []
    assert "from 20 to 200" in fields["epochs"]["description"]
    assert fields["accumulate"]["default"] == TrainingSpec().accumulate == 1


@pytest.mark.parametrize(("rows", "batch_size"), [(10, 10), (4_999, 32), (5_000, 128), (99_999, 128), (100_000, 512)])
def test_the_default_batch_size_depends_on_the_rows(rows: int, batch_size: int) -> None:
    assert default_training(TrainingSpec(), rows, inputs=1).batch_size == batch_size
    assert f"{batch_size}" in TRAINING_DEFAULTS["batch_size"] or rows == batch_size


def test_few_rows_per_input_get_more_regularization() -> None:
    few, ample = (default_training(TrainingSpec(), rows, inputs=10).optimizer for rows in (199, 200))
    assert isinstance(few, AdamWSpec)
    assert isinstance(ample, AdamWSpec)
    assert (few.weight_decay, ample.weight_decay) == (1.0, 0.01)


def test_a_training_request_keeps_which_fields_were_set() -> None:
    spec = TrainingRequest.model_validate({"epochs": 3, "optimizer": {"type": "sgd"}}).to_spec()
    assert type(spec) is TrainingSpec
    assert spec.model_fields_set == {"epochs", "optimizer"}
    assert spec == TrainingSpec.model_validate({"epochs": 3, "optimizer": {"type": "sgd"}})
