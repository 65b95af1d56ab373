"""Every training problem is found by its name, and a healthy run has no findings."""

from typing import Any

import numpy as np
import pytest

from engine.batches import Rows
from engine.diagnostics.findings import LARGE_STEP, FindingCode, find
from engine.spec import (
    AdamSpec,
    ColumnEmbeddingSpec,
    DenseSpec,
    EmbeddedColumnSpec,
    EmbeddingSpec,
    FlattenSpec,
    LayerSpec,
    SgdSpec,
)
from engine.training.events import EpochEnd
from tests.support.training_runs import classifier, line, moons, regressor, run, spec


def history(
    *layers: LayerSpec, rows: Rows | None = None, validation: Rows | None = None, **settings: Any
) -> list[EpochEnd]:
    """Return the epochs of a run."""
    rows = rows or moons()
    network = classifier(*layers, inputs=rows.x.shape[1])
    _, events = run(network, spec(**settings), rows, validation)
    return [event for event in events if isinstance(event, EpochEnd)]


def codes(ends: list[EpochEnd]) -> set[FindingCode]:
    return {finding.code for finding in find(ends)}


def test_a_healthy_run_has_no_findings() -> None:
    ends = history(DenseSpec(units=16), DenseSpec(units=16), validation=moons(seed=1), epochs=15)
    assert find(ends, class_counts=(150, 150)) == ()


def test_no_epochs_have_no_findings() -> None:
    assert find([]) == ()


def test_gradients_vanish_in_many_sigmoid_layers() -> None:
    ends = history(*[DenseSpec(units=8, activation="sigmoid")] * 8, epochs=1)
    finding = next(finding for finding in find(ends) if finding.code == "vanishing_gradients")
    assert finding.layers[0] == "layers[0] (dense)"
    assert "output" not in finding.layers


@pytest.mark.parametrize(
    "embedding",
    [
        EmbeddingSpec(vocabulary=100_000, units=8),
        ColumnEmbeddingSpec(columns=(EmbeddedColumnSpec(column=0, categories=100_000, size=8),)),
    ],
    ids=lambda spec: spec.type,
)
def test_rare_categories_of_an_embedding_are_not_vanishing_gradients(embedding: LayerSpec) -> None:
    rng = np.random.default_rng(0)
    rows = Rows(rng.integers(0, 1_000, (60, 5)).astype(np.float32), rng.integers(0, 2, 60))
    layers = (embedding, FlattenSpec(), DenseSpec(units=8))
    assert "vanishing_gradients" not in codes(history(*layers, rows=rows, epochs=1))


def test_layers_with_zero_weights_have_no_relative_step() -> None:
    ends = history(DenseSpec(units=8, initializer="zeros", activation="linear"), epochs=1, batch_size=300)
    assert codes(ends) == set()


def test_gradients_explode_before_divergence() -> None:
    _, events = run(regressor(), spec(epochs=100, batch_size=200, optimizer=SgdSpec(learning_rate=1.2)), line())
    assert events[-1].reason == "diverged"
    assert "exploding_gradients" in codes([event for event in events if isinstance(event, EpochEnd)])


def test_a_step_that_is_too_large_kills_units() -> None:
    settings = {"epochs": 2, "optimizer": AdamSpec(learning_rate=3.0)}
    finding = next(f for f in find(history(DenseSpec(units=16), **settings)) if f.code == "dead_units")
    assert finding.layers == ("layers[0] (dense)",)


def test_unscaled_inputs_saturate_units() -> None:
    rows = moons()
    ends = history(DenseSpec(units=16, activation="tanh"), rows=Rows(rows.x * 100, rows.y), epochs=1)
    assert "saturation" in codes(ends)


def test_a_loss_that_stops_falling_is_a_plateau() -> None:
    assert "plateau" in codes(history(epochs=40, optimizer=AdamSpec(learning_rate=0.1)))


def test_memorizing_noise_is_overfitting() -> None:
    rng = np.random.default_rng(0)
    rows, validation = (Rows(rng.standard_normal((60, 10)), rng.integers(0, 2, 60)) for _ in range(2))
    ends = history(
        DenseSpec(units=64), rows=rows, validation=validation, epochs=60, optimizer=AdamSpec(learning_rate=0.01)
    )
    assert "overfitting" in codes(ends)


def test_class_imbalance_is_found_from_the_counts() -> None:
    ends = history(epochs=1)
    assert [finding.code for finding in find(ends, class_counts=(990, 10))] == ["class_imbalance"]
    assert find(ends, class_counts=(600, 400)) == ()


@pytest.mark.parametrize(("rate", "code"), [(1.0, "learning_rate_too_high"), (1e-8, "learning_rate_too_low")])
def test_learning_rates_are_judged_by_their_relative_steps(rate: float, code: FindingCode) -> None:
    ends = history(DenseSpec(units=16), epochs=1, optimizer=AdamSpec(learning_rate=rate))
    assert code in codes(ends)


def test_large_steps_of_output_weights_that_start_at_zero_are_no_finding() -> None:
    ends = history(DenseSpec(units=16), epochs=1, output_initializer="zeros", optimizer=AdamSpec(learning_rate=0.005))
    (output,) = [layer for layer in ends[0].layers if layer.label == "output"]
    assert (output.update or 0) > LARGE_STEP * (output.weight or 1)
    assert "learning_rate_too_high" not in codes(ends)


def test_every_finding_has_numbers_and_advice() -> None:
    for finding in find(history(*[DenseSpec(units=8, activation="sigmoid")] * 8, epochs=1), class_counts=(1, 99)):
        assert any(character.isdigit() for character in finding.seen)
        assert finding.advice.endswith(".")


def epochs(*losses: float, validated: bool = False) -> list[EpochEnd]:
    """Return epochs with these losses. The validation losses are the same."""
    kinds = ("train_loss", "val_loss") if validated else ("train_loss",)
    about = {"learning_rate": 0.1, "gradient_norm": 1.0, "seconds": 0.1}
    return [
        EpochEnd(epoch=number, metrics={**dict.fromkeys(kinds, loss), **about})
        for number, loss in enumerate(losses, start=1)
    ]


def test_negative_losses_may_fall_but_not_fluctuate() -> None:
    falling = epochs(-12.0, -12.5, -12.6, -12.7, -12.8, -12.9, -12.9, -12.9, validated=True)
    fluctuating = epochs(-12.0, -8.0, -12.0, -8.0, -12.0, -8.0, -12.0)
    assert find(falling) == ()
    (finding,) = find(fluctuating)
    assert finding.code == "learning_rate_too_high"
    assert finding.seen == "the training loss rose in 3 of the last 7 epochs"


def test_steps_that_throw_a_relu_network_off_in_its_first_epoch_are_too_large() -> None:
    rows = line()
    network = regressor(DenseSpec(units=32), DenseSpec(units=32))
    _, events = run(network, spec(optimizer=AdamSpec(learning_rate=0.9), epochs=4, batch_size=20), rows)
    ends = [event for event in events if isinstance(event, EpochEnd)]
    finding = next(finding for finding in find(ends, first_loss=1.0) if finding.code == "learning_rate_too_high")
    assert "in epoch 1, and 1 before the first update" in finding.seen


def made_up(training: list[float], validation: list[float], rates: list[float]) -> list[EpochEnd]:
    """Return epochs with these losses and learning rates."""
    each = zip(training, validation, rates, strict=True)
    return [
        EpochEnd(
            epoch=number,
            metrics={"train_loss": loss, "val_loss": val_loss, "learning_rate": rate, "gradient_norm": 1.0},
        )
        for number, (loss, val_loss, rate) in enumerate(each, start=1)
    ]


def test_what_a_schedule_or_an_easy_validation_set_explains_is_no_finding() -> None:
    flat = [1.0, *[0.5] * 20]
    assert codes(made_up(flat, flat, [0.1] * 21)) == {"plateau"}
    assert codes(made_up(flat, flat, [0.1] * 10 + [0.01] * 11)) == set()
    falling = [1.0 / number for number in range(1, 11)]
    assert codes(made_up([loss + 1 for loss in falling], [0.2, *[0.3] * 9], [0.1] * 10)) == set()
    assert "overfitting" in codes(made_up(falling, [0.2, *[0.3] * 9], [0.1] * 10))


def test_losses_are_shown_in_the_units_of_the_target() -> None:
    flat = [1.0, *[0.5] * 20]
    (finding,) = find(made_up(flat, flat, [0.1] * 21), loss_scale=100.0)
    assert "50 in the last 10 epochs" in finding.seen
