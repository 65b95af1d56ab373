"""Columns that answers depend on are important, and noise is not."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tabular.evaluation.importance import ShuffledRows, permutation_importance
from tabular.preprocessing.column_target import ColumnTarget
from tabular.preprocessing.target import TargetEncoder

NUMBER = TargetEncoder.of(ColumnTarget(column="y", task="regression"))
BINARY = TargetEncoder.of(ColumnTarget(column="y", task="classification", classes=("no", "yes")))
COLUMNS = {"strong": np.array([0]), "weak": np.array([1]), "pair": np.array([2, 4]), "noise": np.array([3])}


def answer(inputs: Sequence[Any]) -> Any:
    """Return a sum that the columns contribute to; of the two inputs of `pair`, only their product counts."""
    x = inputs[0]
    return (3 * x[:, 0] + 0.5 * x[:, 1] + x[:, 2] * x[:, 4])[:, None]


def rows(count: int, seed: int = 0) -> ShuffledRows:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, 5))
    x[:, 4] = np.sign(x[:, 2])  # the two inputs of a pair belong together
    truth = answer([x]) + 0.1 * rng.standard_normal((count, 1))
    return ShuffledRows(inputs=[x], columns=[COLUMNS], outputs=answer, truth=truth)


def importance(parts: Sequence[ShuffledRows], target: TargetEncoder = NUMBER, max_flops: float = 1e9) -> Any:
    return permutation_importance(target, parts, row_flops=10, max_flops=max_flops)


def test_planted_columns_are_found_and_noise_is_not() -> None:
    found = importance([rows(3_000)])
    assert [each["column"] for each in found["columns"]] == ["strong", "pair", "weak", "noise"]
    assert (found["metric"], found["rows"], found["repeats"]) == ("r2", 2_000, 5)
    by_name = {each["column"]: each for each in found["columns"]}
    variance = 9 + 0.25 + 1 - 2 / np.pi  # of 3 a + b / 2 + |c|
    assert by_name["strong"]["importance"] == pytest.approx(2 * 9 / variance, rel=0.1)
    assert by_name["pair"]["importance"] == pytest.approx(2 * (1 - 2 / np.pi) / variance, rel=0.2)
    assert by_name["noise"] == {"column": "noise", "importance": 0, "stddev": 0}
    assert 0 < by_name["strong"]["stddev"] < 0.1


def test_rows_of_folds_are_shuffled_among_themselves() -> None:
    together = importance([rows(400, seed) for seed in range(5)])
    assert together["rows"] == 2_000
    assert [each["column"] for each in together["columns"]] == ["strong", "pair", "weak", "noise"]


def test_classes_are_judged_by_their_log_loss() -> None:
    part = rows(500)

    def probability(inputs: Sequence[Any]) -> Any:
        return 1 / (1 + np.exp(-answer(inputs)))

    classes = ShuffledRows(inputs=part.inputs, columns=part.columns, outputs=probability, truth=(part.truth > 0) * 1.0)
    found = importance([classes], BINARY)
    assert found["metric"] == "log_loss"
    assert found["columns"][0]["column"] == "strong"
    assert found["columns"][0]["importance"] > 0.5


def test_the_cost_is_bounded_by_the_data() -> None:
    assert importance([rows(3_000)], max_flops=40 * 6 * 500)["rows"] == 500
    few = importance([rows(3_000)], max_flops=40 * 3 * 150)
    assert (few["rows"], few["repeats"]) == (112, 3)
    assert importance([rows(3_000)], max_flops=40 * 3 * 50) is None


def test_a_constant_target_has_no_importance() -> None:
    part = rows(50)
    equal = ShuffledRows(inputs=part.inputs, columns=part.columns, outputs=part.outputs, truth=np.ones((50, 1)))
    assert importance([equal]) is None
