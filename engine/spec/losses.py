"""Which losses there are, and which metrics come with them."""

from __future__ import annotations

from typing import Literal

LossName = Literal["softmax_cross_entropy", "sigmoid_cross_entropy", "mean_squared_error"]
MetricName = Literal["val_loss", "train_loss", "val_accuracy", "val_r2", "val_mae"]
