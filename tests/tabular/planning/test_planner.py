"""A job is planned from the profile alone, and all problems are reported together."""

from typing import Any

import pytest

from engine.spec import (
    AdamWSpec,
    DenseSpec,
    EarlyStoppingSpec,
    ModelSpec,
    SigmoidCrossEntropySpec,
    SoftmaxCrossEntropySpec,
    TrainingSpec,
    ValidationSpec,
)
from tabular.errors import InvalidPlan
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.planning.request import PlanRequest
from tabular.profile import Column, Profile, ValueCount
from tabular.spec import FeatureSpec


def number(name: str, **facts: Any) -> Column:
    return Column(**{"name": name, "type": "number", "missing": 0, "distinct": 80, "integer": False, **facts})


def category(name: str, *labels: str, **facts: Any) -> Column:
    top = tuple(ValueCount(value=label, count=50) for label in labels)
    return Column(**{"name": name, "type": "category", "missing": 0, "distinct": len(labels), "top": top, **facts})


def table(*columns: Column, rows: int = 100) -> Profile:
    return Profile(rows=rows, columns=columns)


X = number("x")
JOB = category("job", "clerk", "nurse")


def planned(profile: Profile, target: str, **parts: Any) -> Plan:
    return plan(profile, PlanRequest(target=target, **parts))


def pointers(profile: Profile, target: str, **parts: Any) -> list[str]:
    with pytest.raises(InvalidPlan) as caught:
        planned(profile, target, **parts)
    return [problem.pointer for problem in caught.value.problems]


def test_two_labels_get_one_sigmoid_output() -> None:
    found = planned(table(X, JOB), "job")
    assert isinstance(found.loss, SigmoidCrossEntropySpec)
    assert (found.task, found.outputs, found.classes) == ("classification", 1, ("clerk", "nurse"))


def test_more_labels_get_softmax_outputs_in_order() -> None:
    found = planned(table(X, category("y", "c", "a", "b")), "y")
    assert isinstance(found.loss, SoftmaxCrossEntropySpec)
    assert (found.outputs, found.classes) == (3, ("a", "b", "c"))


def test_a_number_target_is_a_regression() -> None:
    found = planned(table(X, JOB), "x")
    assert (found.task, found.loss, found.outputs, found.classes) == ("regression", "mean_squared_error", 1, None)


def test_few_whole_numbers_become_classes_with_a_warning() -> None:
    top = tuple(ValueCount(value=str(n), count=10) for n in (10, 9, 2))
    grade = number("grade", integer=True, distinct=3, top=top)
    found = planned(table(X, grade), "grade")
    assert (found.task, found.classes) == ("classification", ("2", "9", "10"))
    assert '"task": "regression"' in found.warnings[0].fix
    assert planned(table(X, grade), "grade", task="regression").task == "regression"


@pytest.mark.parametrize("facts", [{"distinct": 21}, {"distinct": 20, "integer": False}])
def test_other_numbers_are_a_regression(facts: dict[str, Any]) -> None:
    assert planned(table(X, number("y", **{"integer": True, **facts})), "y").task == "regression"


def test_whole_numbers_that_rarely_repeat_are_a_regression() -> None:
    assert planned(table(X, number("y", integer=True, distinct=15), rows=30), "y").task == "regression"


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (category("y", "a", type="text"), "text"),
        (category("y", "a", type="datetime"), "datetime"),
        (category("y", "a"), "same value"),
        (number("y", distinct=0, missing=100), "0 rows"),
        (
            number("y", distinct=1, missing=99),
            "1 row with a value; at least 2 are needed. Upload more rows with a value.",
        ),
        (category("y", distinct=1_001, top=None), "1,000"),
    ],
)
def test_a_target_that_cannot_be_learned_is_rejected(target: Column, says: str) -> None:
    with pytest.raises(InvalidPlan, match=says):
        planned(table(X, target), "y")


def test_a_misspelled_target_suggests_the_closest_column() -> None:
    with pytest.raises(InvalidPlan, match="Did you mean 'income'"):
        planned(table(X, number("income")), "incme")


def test_rows_without_a_target_are_left_out_with_a_warning() -> None:
    found = planned(table(X, number("y", missing=40)), "y")
    assert (found.rows, found.training_rows) == (60, 48)
    assert found.warnings[0].code == "rows_without_target"


def test_all_problems_are_reported_together() -> None:
    features = [
        FeatureSpec(column="y"),
        FeatureSpec(column="x", encoding="none"),
        FeatureSpec(column="x"),
        FeatureSpec(column="z"),
        FeatureSpec(column="job", encoding="standardize"),
    ]
    training = TrainingSpec(
        loss="softmax_cross_entropy",
        class_weight="balanced",
        validation=ValidationSpec(fraction=0),
        early_stopping=EarlyStoppingSpec(metric="val_loss"),
    )
    assert pointers(table(X, JOB, number("y")), "y", features=features, training=training) == [
        "/features/0/column",
        "/features/2/column",
        "/features/3/column",
        "/features/4/encoding",
        "/training/loss",
        "/training/class_weight",
        "/training/early_stopping/metric",
    ]


def test_a_wrong_target_does_not_hide_wrong_features() -> None:
    assert pointers(table(X, JOB), "nothing", features=[FeatureSpec(column="z")]) == ["/target", "/features/0/column"]


def test_labels_cannot_be_a_regression() -> None:
    assert pointers(table(X, JOB), "job", task="regression") == ["/task"]


def test_columns_without_information_are_skipped_with_a_warning() -> None:
    columns = [
        category("note", type="text", top=None, distinct=90),
        number("same", distinct=1),
        number("empty", distinct=0, missing=100),
        category("id", distinct=100, top=None, singletons=100),
        number("row_id", integer=True, distinct=100, min=1, max=100),
    ]
    found = planned(table(X, JOB, *columns), "job")
    assert [feature.column for feature in found.features] == ["x"]
    assert [warning.column for warning in found.warnings] == ["note", "same", "empty", "id", "row_id"]


def test_a_table_without_a_usable_column_is_rejected() -> None:
    assert pointers(table(JOB, number("same", distinct=1)), "job") == ["/features"]


def test_inputs_never_exceed_the_planned_maximum() -> None:
    many = category("c", distinct=500, top=None, singletons=20, missing=3)
    features = planned(table(X, many, number("n", missing=2), JOB), "job").features
    assert [feature.inputs_at_most for feature in features] == [5, 102, 6]


@pytest.mark.parametrize(("rows", "fraction"), [(2, 0.9), (1, 0.2)])
def test_a_validation_fraction_that_leaves_no_row_is_rejected(rows: int, fraction: float) -> None:
    training = TrainingSpec(validation=ValidationSpec(fraction=fraction))
    found = pointers(table(X, number("y", distinct=rows), rows=rows), "y", training=training)
    assert found in (["/training/validation/fraction"], ["/target"])


def test_a_batch_larger_than_the_data_is_reduced_with_a_warning() -> None:
    found = planned(table(X, JOB), "job", training=TrainingSpec(batch_size=4_096))
    assert found.training.batch_size == 80
    assert "batch_size_reduced" in [warning.code for warning in found.warnings]
    assert not planned(table(X, JOB, rows=10), "job").warnings


def test_requested_settings_are_kept() -> None:
    validation = ValidationSpec(fraction=0.3, by="random")
    training = TrainingSpec(epochs=7, batch_size=10, optimizer=AdamWSpec(learning_rate=0.5), validation=validation)
    model = ModelSpec(layers=(DenseSpec(units=3),))
    found = planned(table(X, JOB), "job", training=training, model=model)
    assert found.layers == model.layers
    assert found.training == training.model_copy(update={"loss": found.loss})


def test_requested_epochs_run_without_early_stopping() -> None:
    assert planned(table(X, JOB), "job", training=TrainingSpec(epochs=9)).training.early_stopping is None
    assert planned(table(X, JOB), "job").training.early_stopping is not None


def test_a_plan_survives_json_and_planning_again() -> None:
    first = planned(table(X, JOB), "job", model=ModelSpec(layers=(DenseSpec(units=3),)))
    assert Plan.model_validate_json(first.model_dump_json()) == first
    again = planned(table(X, JOB), "job", model=ModelSpec(layers=first.layers), training=first.training)
    assert again == first


def test_a_model_without_hidden_layers_is_allowed() -> None:
    assert planned(table(X, JOB), "job", model=ModelSpec(layers=())).layers == ()
