"""Tests for worker/job/model_artifacts.py; tests/worker/test_runner.py covers whole models."""

from types import SimpleNamespace
from typing import cast

from worker.job.loaded_job import LoadedJob
from worker.job.model_artifacts import in_target_units


def standardized(loss_scale: float, error_scale: float) -> LoadedJob:
    """Return a job with a target of these scales."""
    target = SimpleNamespace(loss_scale=loss_scale, error_scale=error_scale)
    return cast("LoadedJob", SimpleNamespace(target=target))


def test_losses_and_errors_are_scaled_to_the_units_of_the_target() -> None:
    metrics = {"train_loss": 0.5, "val_loss": 0.25, "val_mae": 0.5, "val_r2": 0.9, "bag_1_val_loss": 0.75}
    converted = in_target_units(standardized(loss_scale=100.0, error_scale=10.0), metrics)
    assert converted == {"train_loss": 50.0, "val_loss": 25.0, "val_mae": 5.0, "val_r2": 0.9, "bag_1_val_loss": 75.0}


def test_metrics_that_overflow_in_the_units_of_the_target_are_null() -> None:
    converted = in_target_units(standardized(loss_scale=1e200, error_scale=1.0), {"train_loss": 1e200, "val_mae": 1.0})
    assert converted == {"train_loss": None, "val_mae": 1.0}
