"""What can be asked of the engine: layers, loss, optimizer, schedule, training. The one definition."""

from engine.spec.base import MAX_BATCH, MAX_EPOCHS, MAX_LAYERS, MAX_SEED, MAX_WIDTH, Precision, Spec
from engine.spec.dense import ActivationName, ActivationSpec, DenseSpec, DropoutSpec, InitializerName
from engine.spec.layers import LayerSpec, ModelSpec, ResidualSpec
from engine.spec.losses import LossName, MetricName
from engine.spec.optimizers import AdamSpec, AdamWSpec, OptimizerSpec, SgdSpec
from engine.spec.schedules import ConstantSpec, CosineSpec, ExponentialSpec, ScheduleSpec, StepSpec
from engine.spec.shaping import FlattenSpec, ReshapeSpec
from engine.spec.training import EarlyStoppingSpec, TrainingSpec, ValidationSpec

__all__ = [
    "MAX_BATCH",
    "MAX_EPOCHS",
    "MAX_LAYERS",
    "MAX_SEED",
    "MAX_WIDTH",
    "ActivationName",
    "ActivationSpec",
    "AdamSpec",
    "AdamWSpec",
    "ConstantSpec",
    "CosineSpec",
    "DenseSpec",
    "DropoutSpec",
    "EarlyStoppingSpec",
    "ExponentialSpec",
    "FlattenSpec",
    "InitializerName",
    "LayerSpec",
    "LossName",
    "MetricName",
    "ModelSpec",
    "OptimizerSpec",
    "Precision",
    "ReshapeSpec",
    "ResidualSpec",
    "ScheduleSpec",
    "SgdSpec",
    "Spec",
    "StepSpec",
    "TrainingSpec",
    "ValidationSpec",
]
