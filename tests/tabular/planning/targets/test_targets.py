"""One or several targets are planned with their tasks, classes and losses."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tabular.errors import InvalidPlan
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.profile import Column, Profile, ValueCount
from tabular.spec import Target
from tests.support.plan_requests import plan_request


def labels(name: str, *values: str, kind: Any = "category", **facts: Any) -> Column:
    top = tuple(ValueCount(value=value, count=25) for value in values)
    return Column(**{"name": name, "type": kind, "missing": 0, "distinct": len(values), "top": top, **facts})


def digits(name: str, *values: int, **facts: Any) -> Column:
    ends = {"integer": True, "min": min(values), "max": max(values)}
    return labels(name, *map(str, values), kind="number", **ends, **facts)


def number(name: str, **facts: Any) -> Column:
    return Column(**{"name": name, "type": "number", "missing": 0, "distinct": 80, "integer": False, **facts})


X, Y, Z = number("x"), number("y", min=-2.0), number("z", min=0.0)
UP, OUT = labels("up", "no", "yes", kind="boolean"), labels("out", "no", "yes", kind="boolean")
SIZE, COLOR = labels("size", "s", "m", "l"), labels("color", "red", "green", "blue", "grey")
SORTED = [digits(f"s{n}", *range(n, n + 6)) for n in range(3)]
TIME_STEPS = [{"type": "reshape", "shape": [3, 1]}]


def planned(
    columns: list[Column], targets: list[str], layers: list[Any] | None = None, task: Any = None, **training: Any
) -> Plan:
    named = tuple(targets) if len(targets) > 1 else targets[0]
    profile = Profile(rows=100, columns=tuple(columns))
    return plan(profile, plan_request(named, layers=layers, task=task, training=training))


def rejected(*arguments: Any, **training: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidPlan) as caught:
        planned(*arguments, **training)
    return [(problem.pointer, problem.detail) for problem in caught.value.problems]


def test_several_numbers_are_one_regression() -> None:
    found = planned([X, Y, Z], ["y", "z"])
    assert (found.task, found.loss, found.outputs, found.classes) == ("regression", "mean_squared_error", 2, None)
    assert [feature.column for feature in found.features] == ["x"]


def test_several_booleans_get_one_sigmoid_each() -> None:
    found = planned([X, UP, OUT], ["up", "out"])
    assert (found.task, found.loss, found.outputs) == ("classification", "sigmoid_cross_entropy", 2)
    assert found.classes == ("no", "yes")


def test_targets_with_different_classes_get_separate_outputs() -> None:
    found = planned([X, SIZE, COLOR], ["size", "color"])
    assert not isinstance(found.loss, str)
    assert found.loss.type == "multi_target"
    assert [(part.outputs, part.loss.type, part.weight) for part in found.loss.targets] == [
        (3, "softmax_cross_entropy", 0.5),
        (4, "softmax_cross_entropy", 0.5),
    ]
    assert (found.outputs, found.classes) == (7, None)
    assert [part.classes for part in found.targets] == [("l", "m", "s"), ("blue", "green", "grey", "red")]


def test_numbers_and_labels_are_predicted_together() -> None:
    found = planned([X, Y, UP, SIZE], ["y", "up", "size"])
    assert (found.task, found.outputs) == (None, 5)
    assert [part.task for part in found.targets] == ["regression", "classification", "classification"]


def test_time_steps_share_the_classes_of_small_whole_numbers() -> None:
    inputs = [number(f"i{n}") for n in range(3)]
    found = planned([*inputs, *SORTED], ["s0", "s1", "s2"], TIME_STEPS)
    assert (found.loss, found.outputs) == ("softmax_cross_entropy", (3, 8))
    assert found.classes == tuple("01234567")
    assert [warning.code for warning in found.warnings] == ["numbers_as_classes"]


def test_a_network_without_time_steps_answers_side_by_side() -> None:
    found = planned([X, *SORTED], ["s0", "s1", "s2"], [{"type": "dense", "units": 4}])
    assert found.outputs == 18


@pytest.mark.parametrize("targets", [["size", "color", "up"], ["s0", "s1"], ["y", "z", "w"]])
def test_time_steps_without_answers_are_joined_with_a_warning(targets: list[str]) -> None:
    inputs = [number(f"i{n}") for n in range(3)]
    columns = [*inputs, SIZE, COLOR, UP, Y, Z, number("w"), *SORTED]
    columns = [column for column in columns if column.name in targets or column.name.startswith("i")]
    found = planned(columns, targets, TIME_STEPS)
    assert isinstance(found.outputs, int)
    assert "moments_joined" in [warning.code for warning in found.warnings]


def test_two_shared_classes_are_one_output_per_time_step() -> None:
    tags = [labels(f"t{n}", "in", "out") for n in range(3)]
    found = planned([*(number(f"i{n}") for n in range(3)), *tags], ["t0", "t1", "t2"], TIME_STEPS)
    assert (found.loss, found.outputs) == ("sigmoid_cross_entropy", (3, 1))


def test_a_large_shared_vocabulary_is_the_range_of_its_numbers() -> None:
    words = [digits(f"w{n}", *range(n, 50 + n), singletons=0) for n in range(3)]
    words = [Column(**{**{name: getattr(w, name) for name in w.__slots__}, "top": None}) for w in words]
    found = planned([*(number(f"i{n}") for n in range(3)), *words], ["w0", "w1", "w2"], TIME_STEPS, "classification")
    assert found.outputs == (3, 52)
    assert found.classes == tuple(map(str, range(52)))


def test_numbers_are_classes_only_if_all_targets_look_like_classes() -> None:
    assert planned([X, Y, SORTED[0]], ["y", "s0"]).task == "regression"
    assert planned([X, *SORTED], ["s0", "s1"], task="regression").loss == "mean_squared_error"


def test_problems_of_each_target_have_its_pointer() -> None:
    found = rejected([X, labels("t", "a", "b", kind="text"), Y], ["y", "t", "nix", "y"])
    assert [pointer for pointer, _ in found] == ["/target/1", "/target/2", "/target/3"]


@pytest.mark.parametrize(
    ("largest", "precision", "fix"),
    [
        (1e31, "float32", "Divide the column by a power of ten, or set `training.precision` to float64."),
        (1e160, "float32", "Divide the column by a power of ten."),
        (1e160, "float64", "Divide the column by a power of ten."),
    ],
)
def test_targets_too_large_for_the_precision_are_rejected(largest: float, precision: str, fix: str) -> None:
    (pointer, detail), *_ = rejected([X, number("a", min=-largest, max=1.0)], ["a"], precision=precision)
    assert pointer == "/target"
    assert f"{largest:.3g}" in detail
    assert detail.endswith(fix)


def test_large_targets_that_fit_the_precision_are_planned() -> None:
    assert planned([X, number("a", min=-1e100, max=1e100)], ["a"], precision="float64").task == "regression"


def test_rows_need_a_value_of_every_target() -> None:
    gaps = [number("a", missing=30), number("b", missing=20)]
    assert planned([X, *gaps], ["a", "b"]).rows == 50
    assert rejected([X, number("a", missing=60), number("b", missing=40)], ["a", "b"])[0][0] == "/target"


def test_targets_are_not_features() -> None:
    assert [feature.column for feature in planned([X, Y, Z, UP], ["y", "z"]).features] == ["x", "up"]


@pytest.mark.parametrize("loss", ["mean_absolute_error", "huber", "poisson", {"type": "huber", "delta": 2.0}])
def test_a_requested_loss_for_numbers_is_used(loss: Any) -> None:
    found = planned([X, Z], ["z"], loss=loss)
    assert (found.outputs, found.training.loss) == (1, found.loss)
    assert found.loss == loss or found.loss.model_dump() == loss  # type: ignore[union-attr]


def test_a_loss_for_numbers_makes_few_whole_numbers_a_regression() -> None:
    found = planned([X, SORTED[0]], ["s0"], loss="poisson")
    assert (found.task, found.warnings) == ("regression", ())


def test_every_quantile_of_every_target_is_an_output() -> None:
    loss = {"type": "quantile", "quantiles": [0.1, 0.5, 0.9]}
    assert planned([X, Y], ["y"], loss=loss).outputs == 3
    assert planned([X, Y, Z], ["y", "z"], loss=loss).outputs == 6


def test_label_smoothing_needs_classes() -> None:
    loss = {"type": "softmax_cross_entropy", "label_smoothing": 0.1}
    assert planned([X, SIZE], ["size"], loss=loss).outputs == 3
    found = planned([X, SIZE, COLOR], ["size", "color"], loss=loss)
    assert [part.loss.label_smoothing for part in found.targets] == [0.1, 0.1]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("targets", "loss", "pointer", "says"),
    [
        (["y"], "poisson", "/training/loss", "has values down to -2"),
        (["y"], "softmax_cross_entropy", "/training/loss", "huber"),
        (["size"], "huber", "/training/loss", "softmax_cross_entropy"),
        (["up"], "huber", "/training/loss", "sigmoid_cross_entropy or sigmoid_focal or softmax_cross_entropy"),
        (["y", "size"], "huber", "/training/loss", "3 classes"),
        (
            ["up", "out"],
            {"type": "sigmoid_cross_entropy", "positive_weight": [1.0, 2.0, 3.0]},
            "/training/loss/positive_weight",
            "2 outputs",
        ),
        (
            ["up"],
            {"type": "multi_target", "targets": [{"outputs": 1, "loss": {"type": "sigmoid_cross_entropy"}}]},
            "/training/loss/targets",
            "1 column",
        ),
    ],
)
def test_a_loss_that_does_not_fit_is_rejected(targets: list[str], loss: Any, pointer: str, says: str) -> None:
    columns = [X, *(column for column in (Y, UP, OUT, SIZE) if column.name in targets)]
    ((found, detail),) = rejected(columns, targets, loss=loss)
    assert found == pointer
    assert says in detail


def test_two_classes_with_softmax_have_two_outputs() -> None:
    found = planned([X, UP], ["up"], loss="softmax_cross_entropy")
    assert (found.loss, found.outputs, found.classes) == ("softmax_cross_entropy", 2, ("no", "yes"))


def test_losses_of_several_targets_are_checked_individually() -> None:
    parts = [
        {"outputs": 2, "loss": {"type": "huber"}},
        {"outputs": 3, "loss": {"type": "mean_squared_error"}},
        {"outputs": 1, "loss": {"type": "sigmoid_cross_entropy", "positive_weight": [1.0, 2.0]}},
    ]
    found = rejected([X, Y, SIZE, UP], ["y", "size", "up"], loss={"type": "multi_target", "targets": parts})
    assert [pointer for pointer, _ in found] == [
        "/training/loss/targets/0/outputs",
        "/training/loss/targets/1/loss",
        "/training/loss/targets/2/loss/positive_weight",
    ]


@pytest.mark.parametrize(
    ("targets", "training", "pointers"),
    [
        (["size"], {"class_weight": [1.0, 2.0]}, ["/training/class_weight"]),
        (["up", "out"], {"class_weight": "balanced"}, ["/training/class_weight"]),
        (["size"], {"schedule": {"type": "plateau", "metric": "val_mae"}}, ["/training/schedule/metric"]),
        (["y"], {"schedule": {"type": "plateau"}, "validation": {"fraction": 0.0}}, ["/training/schedule/metric"]),
        (["y", "up"], {"early_stopping": {"metric": "val_accuracy"}}, []),
        (["y", "up"], {"early_stopping": {"metric": "val_r2"}}, []),
        (["size"], {"class_weight": [1.0, 2.0, 3.0]}, []),
    ],
)
def test_settings_that_do_not_fit_the_task_are_rejected(
    targets: list[str], training: dict[str, Any], pointers: list[str]
) -> None:
    columns = [X, *(column for column in (Y, UP, OUT, SIZE) if column.name in targets)]
    if pointers:
        assert [pointer for pointer, _ in rejected(columns, targets, **training)] == pointers
    else:
        assert planned(columns, targets, **training)


@pytest.mark.parametrize(("target", "place"), [(5, ()), ("", ()), ([], ()), (["a", ""], (1,)), (["a"] * 65, ())])
def test_an_empty_target_is_one_error_at_one_pointer(target: Any, place: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Target).validate_python(target)
    (error,) = caught.value.errors()
    assert [part for part in error["loc"] if isinstance(part, int)] == list(place)


def test_a_plan_of_several_targets_survives_json() -> None:
    first = planned([X, Y, SIZE], ["y", "size"], [{"type": "dense", "units": 3}])
    assert planned([X, Y, SIZE], ["y", "size"], list(first.layers), **first.training.model_dump()) == first
