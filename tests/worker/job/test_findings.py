"""Tests for worker/job/findings.py."""

from engine.training.events import EpochEnd
from worker.job.findings import RunDiagnosis, is_diagnosed, layer_sizes


def epoch(number: int, train_loss: float, val_loss: float) -> EpochEnd:
    return EpochEnd(
        epoch=number,
        metrics={"train_loss": train_loss, "val_loss": val_loss, "gradient_norm": 1.0, "learning_rate": 0.1},
    )


def overfitting_run(epochs: int = 40) -> list[EpochEnd]:
    """Return epochs whose training loss falls while their validation loss rises."""
    return [epoch(number, 1 / number, 0.5 + number / 20) for number in range(1, epochs + 1)]


def diagnose(reported: list[dict[str, str]]) -> RunDiagnosis:
    diagnosis = RunDiagnosis(reported)
    for end in overfitting_run():
        diagnosis.add(end)
    return diagnosis


def test_a_finding_becomes_a_warning_with_epoch_and_fix() -> None:
    warnings = diagnose([]).new_warnings()
    assert warnings
    assert warnings[0].keys() == {"code", "column", "detail", "fix"}
    assert warnings[0]["detail"].startswith("Epoch 40: ")


def test_each_kind_of_finding_is_reported_once() -> None:
    diagnosis = diagnose([])
    reported = diagnosis.new_warnings()
    assert diagnosis.new_warnings() == []
    assert diagnose(reported).new_warnings() == []


def test_diagnosis_runs_after_the_same_epochs_on_every_machine() -> None:
    due = [number for number in range(1, 61) if is_diagnosed(number)]
    assert due[:10] == list(range(1, 11))
    assert 20 < len(due) < 30
    assert diagnose([]).is_due is is_diagnosed(40)


def test_epochs_without_statistics_have_no_layer_sizes() -> None:
    assert layer_sizes(epoch(1, 1.0, 1.0)) == []
