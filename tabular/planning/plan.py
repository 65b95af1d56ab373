"""What a job will do with a table, from its profile alone: before any row is read, all problems at once."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from engine.spec import (
    LayerSpec,
    LossName,
    LossSpec,
    ModelSpec,
    MultiTargetSpec,
    SingleLossSpec,
    TrainingSpec,
    loss_spec,
)
from tabular.planning.defaults import default_layers, default_training
from tabular.planning.embeddings import check_front, front, with_vectors
from tabular.planning.features import FeaturePlan, plan_features
from tabular.planning.findings import Findings
from tabular.planning.layer_rules import check_layers
from tabular.planning.layers import Shape, check_embedding, check_frozen, check_outputs, end_of, inputs_of, reading
from tabular.planning.losses import LossPlan, implied_task, plan_loss
from tabular.planning.sample_weights import check_sample_weight
from tabular.planning.split import validation_rows
from tabular.planning.targets import Goal, plan_goal
from tabular.planning.training_rules import check_training, fit_batch, warn_of_training
from tabular.profile import DataWarning, Profile
from tabular.spec import FeatureSpec, Target, Task


class TargetPart(BaseModel):
    """One column of several to predict; `classes` is known as in the plan."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    task: Task
    classes: tuple[str, ...] | None
    loss: SingleLossSpec


class Plan(BaseModel):
    """A job, resolved: every default filled in, every name checked against the table.

    `target`: one column, or several, of which `targets` then tells more. `task`: None if columns of several are of
    both kinds. `classes`: of all columns, in the order of the outputs, None for numbers and when there are more
    than 20 (they are read from the rows). `outputs`: their number, or (moments, outputs) for an answer at each
    moment of a sequence. `inputs_at_most`: one-hot inputs depend on the training rows; the network is never wider.
    `sample_weight`: the column that says how much a row counts; rows of weight 0 are left out, and still in `rows`.
    `layers`: those asked for, behind one that looks up the vectors of embedded features, if there are any; what
    `training` says of layers counts that one, too.
    `rows`: rows with a target, of which `training_rows` are learned from; at least so many when several
    targets miss values.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: str | tuple[str, ...]
    targets: tuple[TargetPart, ...] = ()
    sample_weight: str | None = None
    task: Task | None
    classes: tuple[str, ...] | None
    loss: LossName | LossSpec
    outputs: int | tuple[int, int]
    features: tuple[FeaturePlan, ...]
    inputs_at_most: int
    rows: int
    training_rows: int
    layers: tuple[LayerSpec, ...]
    training: TrainingSpec
    warnings: tuple[DataWarning, ...]

    @property
    def parts(self) -> tuple[TargetPart, ...]:
        """The columns to predict; the classes of a single one are read from its rows."""
        if isinstance(self.target, tuple) or self.task is None:
            return self.targets
        loss = loss_spec(self.loss)
        if isinstance(loss, MultiTargetSpec):
            raise TypeError("a single target has a single loss")
        return (TargetPart(column=self.target, task=self.task, classes=None, loss=loss),)


def plan(  # noqa: PLR0913, PLR0917 - the parts of a job, each named as in the request
    profile: Profile,
    target: Target,
    features: Sequence[FeatureSpec] | None,
    task: Task | None,
    model: ModelSpec | None,
    training: TrainingSpec,
    *,
    sample_weight: str | None = None,
    vectors: Mapping[str, int] | None = None,
    kept: int | None = None,
) -> Plan:
    """Return what the job will do.

    `vectors`: of a model to go on from, how many it has learned for its embedded columns. `kept`: how many of its
    first layers stay as they are; None without such a model.

    Fields of `training` that were not set (Pydantic's `model_fields_set`) get defaults that suit the table.

    Raises:
        InvalidPlan: the target, features, task, layers or training do not fit the table; lists everything.
    """
    findings = Findings()
    names = (target,) if isinstance(target, str) else tuple(target)
    asked_layers = () if model is None else tuple(model.layers)
    goal = plan_goal(profile, names, task or implied_task(profile, names, training.loss), findings)
    weights = check_sample_weight(profile, sample_weight, names, features, findings)
    found = plan_features(profile, names, features, findings, reading(asked_layers), besides=weights)
    chosen = with_vectors(found, vectors or {})
    inputs = inputs_of(chosen, profile)
    end = None
    if not findings.problems:
        check_front(asked_layers, chosen, reading(asked_layers), findings)
        check_embedding(asked_layers, chosen, profile, findings, asked=features is not None)
        end = end_of(asked_layers, inputs, findings)
    if goal is None:
        findings.raise_problems()
        raise AssertionError("a target that cannot be planned leaves a problem")

    goal = _arranged(goal, end, training, findings)
    loss = plan_loss(goal, training.loss, findings)
    check_training(training, goal, findings)
    learned = goal.rows - validation_rows(goal.rows, training.validation.fraction)
    layers = default_layers(learned, inputs.most, training) if model is None else asked_layers
    if end is not None:
        check_frozen(layers, training.frozen, inputs, findings)
        check_layers(layers, inputs, training, learned, {*training.frozen, *range(kept or 0)}, findings)
    if not findings.problems:
        check_outputs(layers, inputs, loss, findings)
    findings.raise_problems()

    looked_up = front(chosen)
    resolved = default_training(fit_batch(training, learned, findings), learned, inputs.most, asked_layers)
    warn_of_training(resolved, learned, findings, from_nothing=kept is None)
    return Plan(
        target=names if goal.several else names[0],
        targets=_parts(goal, loss) if goal.several else (),
        sample_weight=sample_weight,
        task=goal.task,
        classes=goal.classes,
        loss=loss.loss,
        outputs=loss.outputs,
        features=chosen,
        inputs_at_most=sum(feature.inputs_at_most for feature in chosen),
        rows=goal.rows,
        training_rows=learned,
        layers=(*looked_up, *layers),
        training=resolved.model_copy(
            update={"loss": loss.loss, "frozen": tuple(place + len(looked_up) for place in resolved.frozen)}
        ),
        warnings=tuple(findings.warnings),
    )


def _arranged(goal: Goal, end: Shape | None, training: TrainingSpec, findings: Findings) -> Goal:
    """Let a network that ends in as many moments as there are targets answer at each, if they share their classes."""
    if end is None or len(end) != 2 or not goal.several:
        return goal
    weighted = not isinstance(training.loss, str) and training.loss.type == "multi_target"
    arranged = goal.at_positions() if len(goal.targets) == end[0] and not weighted else None
    if arranged is None:
        detail = f"The layers end in {end[0]} moments of {end[1]} features, which are read as one row for all targets."
        fix = "For an answer at each moment, name as many targets, with the same classes, and one loss."
        findings.warn("moments_joined", detail, fix=fix)
    return arranged or goal


def _parts(goal: Goal, loss: LossPlan) -> tuple[TargetPart, ...]:
    return tuple(
        TargetPart(column=target.column.name, task=target.task, classes=target.classes, loss=each)
        for target, each in zip(goal.targets, loss.each, strict=True)
    )
