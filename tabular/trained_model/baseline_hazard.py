"""Learn when events happen, once the networks of a model tell who has the higher risk."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.batches import Rows
from tabular.preprocessing.target import TargetEncoder
from tabular.trained_model.trained_model import TrainedModel


def with_baseline_hazard(model: TrainedModel, training: Sequence[Rows]) -> TrainedModel:
    """Return the model with the hazard of its training rows if it predicts times; otherwise the model itself.

    `training`: the training rows, with the inputs of each bag of the model.
    """
    if not model.target.is_survival:
        return model
    rows = training[0]
    risk = model.raw_outputs([each.take(each.x) for each in training])[:, 0]
    weights: npt.NDArray[Any] = np.ones(len(rows)) if rows.sample_weights is None else rows.take(rows.sample_weights)
    column = model.target.columns[0].with_hazard(risk, rows.take(rows.y), weights.astype(np.float64))
    return replace(model, target=TargetEncoder.of(column))
