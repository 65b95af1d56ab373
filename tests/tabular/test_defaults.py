"""The smallest job learns: defaults beat the naive baseline on tables of several kinds."""

from collections.abc import Callable

import numpy as np
import pytest

from engine.batches import Rows
from engine.network import Network
from engine.training.loop import train
from engine.training.state import final_parameters, initialize_training
from tabular.evaluation.evaluation import evaluate
from tabular.planning.planner import plan
from tabular.planning.request import PlanRequest
from tabular.preprocessing.training_arrays import make_training_arrays
from tests.support.reading import Reader
from tests.support.tables import flowers
from tests.support.tabular_jobs import trained


def credit() -> tuple[str, str]:
    """Labels and amounts, as a bank has them: 600 rows, noisy."""
    rng = np.random.default_rng(5)
    lines = ["status,amount,months,grade"]
    for _ in range(600):
        status, months = rng.integers(4), rng.integers(6, 60)
        amount = np.exp(rng.normal(7, 1))
        risk = status - months / 30 + rng.normal(0, 0.7)
        lines.append(f"A{status},{amount:.0f},{months},{'good' if risk > 0.5 else 'bad'}")
    return "\n".join(lines), "grade"


def echoes() -> tuple[str, str]:
    """60 readings of 200 things, two classes whose means differ a little everywhere."""
    rng = np.random.default_rng(5)
    kind = rng.integers(2, size=200)
    readings = rng.normal(size=(200, 60)) + 0.5 * kind[:, None] * np.sin(np.arange(60) / 5)
    lines = [",".join(f"{value:.4f}" for value in row) + f",{'RM'[k]}" for row, k in zip(readings, kind, strict=True)]
    return "\n".join(lines), "column_61"


def curve() -> tuple[str, str]:
    """A number that bends with another and shifts with a label."""
    rng = np.random.default_rng(5)
    x, group = rng.uniform(-3, 3, size=800), rng.integers(3, size=800)
    y = 100 + 20 * np.sin(x) + 10 * group + rng.normal(0, 3, size=800)
    return "x,group,y\n" + "\n".join(f"{a:.4f},g{g},{b:.3f}" for a, g, b in zip(x, group, y, strict=True)), "y"


@pytest.mark.parametrize(
    ("make", "measure", "least"), [(credit, "accuracy", 0.8), (echoes, "accuracy", 0.85), (curve, "r2", 0.9)]
)
def test_the_smallest_job_learns(read: Reader, make: Callable[[], tuple[str, str]], measure: str, least: float) -> None:
    text, target = make()
    data = read(text)
    planned = plan(data.profile, PlanRequest(target=target))
    rows = make_training_arrays(data.table, planned)
    network = Network(
        planned.layers,
        inputs=rows.preprocessor.width,
        outputs=rows.target.outputs,
        loss=planned.loss,
        precision=planned.training.precision,
    )
    training = Rows(rows.x, rows.y)
    state = initialize_training(network, planned.training, training)
    for _ in train(network, state, planned.training, training, Rows(rows.validation_x, rows.validation_y)):
        pass
    network.parameters.vector[:] = final_parameters(state)
    found = evaluate(rows.target, rows.y, rows.validation_y, network.predict(rows.validation_x))
    assert found[measure] >= least
    assert found[measure] > found["baseline"][measure] + 0.1


def test_a_line_search_learns_with_the_layers_that_it_gets(read: Reader) -> None:
    model = trained(read(flowers(200)), "kind", training={"optimizer": {"type": "lbfgs"}, "epochs": 60})
    assert model.evaluation["accuracy"] > 0.9
