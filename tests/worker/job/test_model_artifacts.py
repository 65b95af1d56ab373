"""Tests for worker/job/model_artifacts.py; tests/worker/test_runner.py covers whole models."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from engine.batches import Rows
from worker.job.loading import LoadedJob
from worker.job.model_artifacts import MAX_SAMPLE_ROWS, _sample, in_target_units


def standardized(loss_scale: float, error_scale: float) -> LoadedJob:
    """Return a job with a target of these scales."""
    target = SimpleNamespace(loss_scale=loss_scale, error_scale=error_scale)
    return cast("LoadedJob", SimpleNamespace(target=target))


def test_losses_and_errors_are_scaled_to_the_units_of_the_target() -> None:
    metrics = {"train_loss": 0.5, "val_loss": 0.25, "val_mae": 0.5, "val_r2": 0.9}
    converted = in_target_units(standardized(loss_scale=100.0, error_scale=10.0), metrics)
    assert converted == {"train_loss": 50.0, "val_loss": 25.0, "val_mae": 5.0, "val_r2": 0.9}


def test_metrics_that_overflow_in_the_units_of_the_target_are_null() -> None:
    converted = in_target_units(standardized(loss_scale=1e200, error_scale=1.0), {"train_loss": 1e200, "val_mae": 1.0})
    assert converted == {"train_loss": None, "val_mae": 1.0}


@pytest.mark.parametrize("count", [1, MAX_SAMPLE_ROWS, 2 * MAX_SAMPLE_ROWS + 1])
def test_a_sample_has_evenly_spaced_rows_up_to_the_limit(count: int) -> None:
    rows = Rows(np.arange(count, dtype=np.float32)[:, None], np.zeros(count, dtype=np.float32), None)
    sample = _sample(rows)
    assert len(sample) <= MAX_SAMPLE_ROWS
    assert len(set(np.diff(sample.x[:, 0]))) <= 1
