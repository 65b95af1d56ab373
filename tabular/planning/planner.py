"""Plan a job from its request and the table's profile, before any row is read; report all problems at once."""

from engine.spec import TrainingSpec
from tabular.planning.defaults import default_layers, default_training
from tabular.planning.embeddings import NetworkLayers, check_front, embedding_layer, with_vectors
from tabular.planning.features import FeaturePlan, plan_features
from tabular.planning.initialization.from_model import with_model_defaults
from tabular.planning.initialization.sources import ModelDescription
from tabular.planning.initialization.take_over import take_over
from tabular.planning.layer_rules import check_layers
from tabular.planning.layers import (
    Inputs,
    Shape,
    check_embedding,
    check_frozen,
    check_outputs,
    end_of,
    inputs_of,
    reading,
)
from tabular.planning.losses import LossPlan, implied_task, plan_loss
from tabular.planning.plan import Plan, TargetPart
from tabular.planning.report import PlanningReport
from tabular.planning.request import PlanRequest
from tabular.planning.sample_weights import check_sample_weight
from tabular.planning.split import validation_rows
from tabular.planning.targets import Goal, plan_goal
from tabular.planning.training_rules import check_training, fit_batch, warn_of_training
from tabular.profile import Profile


def plan(profile: Profile, request: PlanRequest) -> Plan:
    """Return what the job will do.

    Raises:
        InvalidPlan: the target, features, task, layers, training or initialization do not fit the table; lists all.
    """
    report = PlanningReport()
    request = _with_base_defaults(request)
    goal = _plan_targets(profile, request, report)
    features = _plan_features(profile, request, report)
    inputs = inputs_of(features, profile)
    last_shape = _check_first_layers(profile, request, features, inputs, report)
    if goal is None:
        report.raise_problems()
        raise AssertionError("a target that cannot be planned leaves a problem")
    goal = _answer_each_time_step(goal, last_shape, request.training, report)
    loss = plan_loss(goal, request.training.loss, report)
    check_training(request.training, goal, report)
    rows = goal.rows - validation_rows(goal.rows, request.training.validation.fraction)
    own_layers = request.layers if request.model else default_layers(rows, inputs.most, request.training)
    frozen = {*request.training.frozen, *range(_kept(request) or 0)}
    if last_shape is not None:
        check_frozen(own_layers, request.training.frozen, inputs, report)
        check_layers(own_layers, inputs, request.training, rows, frozen, report)
    if not report.problems:
        check_outputs(own_layers, inputs, loss, report)
    report.raise_problems()
    layers = NetworkLayers(embedding=embedding_layer(features), requested=own_layers)
    training = default_training(fit_batch(request.training, rows, report), rows, inputs.most, request.layers)
    warn_of_training(training, rows, report, from_nothing=request.initialization is None)
    planned = Plan(
        target=request.targets if goal.several else request.targets[0],
        targets=_parts(goal, loss) if goal.several else (),
        sample_weight=request.sample_weight,
        task=goal.task,
        classes=goal.classes,
        loss=loss.loss,
        outputs=loss.outputs,
        features=features,
        inputs_at_most=sum(feature.inputs_at_most for feature in features),
        rows=goal.rows,
        training_rows=rows,
        layers=layers.all,
        training=training.model_copy(update={"loss": loss.loss, "frozen": tuple(map(layers.index, training.frozen))}),
        warnings=tuple(report.warnings),
    )
    return take_over(request.initialization, planned, profile)


def _with_base_defaults(request: PlanRequest) -> PlanRequest:
    base = request.initialization
    if base is None or not isinstance(base.source, ModelDescription):
        return request
    return with_model_defaults(request, base.source)


def _kept(request: PlanRequest) -> int | None:
    return request.initialization.init_from.freeze_layers if request.initialization else None


def _plan_targets(profile: Profile, request: PlanRequest, report: PlanningReport) -> Goal | None:
    names = request.targets
    return plan_goal(profile, names, request.task or implied_task(profile, names, request.training.loss), report)


def _plan_features(profile: Profile, request: PlanRequest, report: PlanningReport) -> tuple[FeaturePlan, ...]:
    weights = check_sample_weight(profile, request.sample_weight, request.targets, request.features, report)
    found = plan_features(profile, request.targets, request.features, report, reading(request.layers), besides=weights)
    return with_vectors(found, request.initialization.embedding_rows if request.initialization else {})


def _check_first_layers(
    profile: Profile,
    request: PlanRequest,
    features: tuple[FeaturePlan, ...],
    inputs: Inputs,
    report: PlanningReport,
) -> Shape | None:
    if report.problems:
        return None
    check_front(request.layers, features, reading(request.layers), report)
    check_embedding(request.layers, features, profile, report, asked=request.features is not None)
    return end_of(request.layers, inputs, report)


def _answer_each_time_step(goal: Goal, end: Shape | None, training: TrainingSpec, report: PlanningReport) -> Goal:
    """Let a network that ends in as many time steps as there are targets answer at each, if they share classes."""
    if end is None or len(end) != 2 or not goal.several:
        return goal
    weighted = not isinstance(training.loss, str) and training.loss.type == "multi_target"
    arranged = goal.at_positions() if len(goal.targets) == end[0] and not weighted else None
    if arranged is None:
        detail = f"The layers end in {end[0]} time steps of {end[1]} features. All targets read them as one row."
        fix = "To get one answer per time step, name that many targets with the same classes, and a single loss."
        report.warn("moments_joined", detail, fix=fix)
    return arranged or goal


def _parts(goal: Goal, loss: LossPlan) -> tuple[TargetPart, ...]:
    return tuple(
        TargetPart(column=target.column.name, task=target.task, classes=target.classes, loss=each)
        for target, each in zip(goal.targets, loss.each, strict=True)
    )
