"""What a job will do with a table, from its profile alone: before any row is read, all problems at once."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from engine.spec import LayerSpec, LossName, ModelSpec, TrainingSpec
from tabular.dataset import DataWarning, Profile
from tabular.defaults import default_layers, default_training
from tabular.features import FeaturePlan, plan_features
from tabular.findings import Findings
from tabular.spec import FeatureSpec, Task
from tabular.split import validation_rows
from tabular.tasks import plan_loss, plan_target
from tabular.training_rules import check_training, fit_batch


class Plan(BaseModel):
    """A job, resolved: every default filled in, every name checked against the table.

    `classes`: in the order of the outputs, None for numbers and when there are more than 20 (they are read
    from the rows). `inputs_at_most`: one-hot inputs depend on the training rows; the network is never wider.
    `rows`: rows with a target, of which `training_rows` are learned from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: str
    task: Task
    classes: tuple[str, ...] | None
    loss: LossName
    outputs: int
    features: tuple[FeaturePlan, ...]
    inputs_at_most: int
    rows: int
    training_rows: int
    layers: tuple[LayerSpec, ...]
    training: TrainingSpec
    warnings: tuple[DataWarning, ...]


def plan(  # noqa: PLR0913, PLR0917 - the parts of a job, each named as in the request
    profile: Profile,
    target: str,
    features: Sequence[FeatureSpec] | None,
    task: Task | None,
    model: ModelSpec | None,
    training: TrainingSpec,
) -> Plan:
    """Return what the job will do.

    Fields of `training` that were not set (Pydantic's `model_fields_set`) get defaults that suit the table.

    Raises:
        InvalidPlan: the target, features, task or training do not fit the table; lists everything.
    """
    findings = Findings()
    goal = plan_target(profile, target, task, findings)
    chosen = plan_features(profile, target, features, findings)
    if goal is None:
        findings.raise_problems()
        raise AssertionError("a target that cannot be planned leaves a problem")
    loss = plan_loss(goal, training.loss, findings)
    check_training(training, goal, findings)
    findings.raise_problems()

    inputs = sum(feature.inputs_at_most for feature in chosen)
    learned = goal.rows - validation_rows(goal.rows, training.validation.fraction)
    resolved = default_training(fit_batch(training, learned, findings), learned, inputs)
    return Plan(
        target=target,
        task=goal.task,
        classes=goal.classes,
        loss=loss,
        outputs=goal.outputs,
        features=chosen,
        inputs_at_most=inputs,
        rows=goal.rows,
        training_rows=learned,
        layers=default_layers(learned, inputs) if model is None else tuple(model.layers),
        training=resolved.model_copy(update={"loss": loss}),
        warnings=tuple(findings.warnings),
    )
