"""Plan a job from its request and the table's profile, before any row is read; report all problems at once."""

from collections.abc import Sequence
from dataclasses import replace

from engine.spec import MultiTargetSpec, TrainingSpec
from tabular.planning.defaults import default_layers, default_training
from tabular.planning.ensemble import plan_ensemble
from tabular.planning.features.feature_plan import FeaturePlan
from tabular.planning.features.features import plan_features
from tabular.planning.features.windowed import check_windowed_features
from tabular.planning.layers.column_embedding import NetworkLayers, added_layers, check_embedded_features
from tabular.planning.layers.embedding import check_embedding
from tabular.planning.layers.inputs import Shape, count_inputs
from tabular.planning.layers.padding import with_padding
from tabular.planning.layers.rules import check_factors, check_frozen, check_layers
from tabular.planning.layers.shapes import HiddenLayers, check_outputs, check_shapes
from tabular.planning.layers.waves import check_waves
from tabular.planning.plan import Plan, TargetPart, order_of
from tabular.planning.presets import find_recipe, recipe_training, smooth_labels, with_preset
from tabular.planning.report import PlanningReport
from tabular.planning.request import PlanRequest
from tabular.planning.sample_weights import check_sample_weight
from tabular.planning.sequence import check_sequence
from tabular.planning.targets.losses import LossPlan, implied_task, plan_loss
from tabular.planning.targets.outcome_columns import check_outcome_columns, with_implied_loss
from tabular.planning.targets.target_outliers import warn_of_target_outliers
from tabular.planning.targets.targets import Targets, plan_targets
from tabular.planning.training_rules import check_training, fit_batch_size, warn_of_training
from tabular.planning.transfer.columns import check_base_columns
from tabular.planning.transfer.defaults import with_base_defaults
from tabular.planning.transfer.transfer import plan_transfer
from tabular.planning.validation.other_dataset import check_other_dataset
from tabular.planning.validation.row_counts import RowCounts, count_rows
from tabular.planning.validation.split import advise_split, group_column, plan_validation
from tabular.profile import Profile


def plan(profile: Profile, request: PlanRequest) -> Plan:
    """Return what the job will do.

    Raises:
        InvalidPlan: the target, features, task, layers, training or initialization do not fit the table; lists all.
    """
    request = with_base_defaults(request)
    check_base_columns(profile, request)
    request = with_preset(profile, request)
    if request.ensemble is None or request.ensemble == "default":
        return _plan_network(profile, request)
    return plan_ensemble(profile, request, request.ensemble, _plan_network)


def _plan_network(profile: Profile, request: PlanRequest) -> Plan:
    """Return what a job with one network will do. Raises InvalidPlan."""
    report = PlanningReport(upload_warnings=profile.warnings)
    request = with_implied_loss(request, profile.rows)
    targets = _plan_targets(profile, request, report)
    check_sequence(profile, request, report)
    by_request = _columns_by_request(profile, request, report)
    features = with_padding(plan_features(profile, request, by_request, report), request)
    hidden = HiddenLayers(layers=request.layers, inputs=count_inputs(features, profile, request.steps))
    output_shape = _check_features_and_layers(profile, request, features, hidden, report)
    targets = _answer_per_time_step(report.require(targets), output_shape, request.training, report)
    loss = smooth_labels(find_recipe(request), request, plan_loss(targets, request.training.loss, report))
    warn_of_target_outliers(targets, loss, report)
    request = _with_validation(profile, request, targets, report)
    counts = _check_and_count_rows(profile, request, features, targets, report)
    hidden = _with_default_layers(request, hidden, counts.training)
    if output_shape is not None:
        _check_layers_and_training(request, hidden, counts.training, report)
    _check_whole_network(hidden, loss, report)
    layers = NetworkLayers(added=added_layers(features) or hidden.added_layers, requested=hidden.layers)
    training = _plan_training(request, counts.training, hidden.inputs.most, report)
    planned = Plan(
        target=request.targets if targets.several else request.targets[0],
        targets=_target_parts(targets, loss) if targets.several else (),
        sample_weight=request.sample_weight,
        exposure=request.exposure,
        censored=request.censored,
        sequence=request.sequence,
        task=targets.task,
        classes=(order_of(loss.each[0]) if len(loss.each) == 1 else None) or targets.classes,
        loss=loss.loss,
        outputs=loss.outputs,
        features=features,
        inputs_at_most=sum(feature.inputs_at_most for feature in features) * (request.steps or 1),
        rows=targets.rows,
        training_rows=counts.training,
        validation_rows=counts.validation,
        layers=layers.all,
        training=_for_network(training, loss, layers),
        preset=request.preset,
        warnings=tuple(report.warnings),
    )
    return plan_transfer(request, planned, profile)


def _columns_by_request(profile: Profile, request: PlanRequest, report: PlanningReport) -> tuple[str, ...]:
    """Return the columns that are features only by request, because the job uses them for something else."""
    return (
        *check_sample_weight(profile, request, report),
        *check_outcome_columns(profile, request, report),
        *group_column(profile, request, report),
    )


def _plan_targets(profile: Profile, request: PlanRequest, report: PlanningReport) -> Targets | None:
    task = request.task or implied_task(profile, request.targets, request.training.loss)
    return plan_targets(profile, request.targets, task, report)


def _with_validation(profile: Profile, request: PlanRequest, targets: Targets, report: PlanningReport) -> PlanRequest:
    advise_split(profile, request, report)
    validation = plan_validation(profile, request, targets, report)
    return replace(request, training=request.training.model_copy(update={"validation": validation}))


def _check_features_and_layers(
    profile: Profile,
    request: PlanRequest,
    features: Sequence[FeaturePlan],
    hidden: HiddenLayers,
    report: PlanningReport,
) -> Shape | None:
    """Return what the last requested layer makes of a row; None if that is unknown because of a problem."""
    if report.problems:
        return None
    check_embedded_features(request, features, report)
    check_waves(request, features, report)
    check_windowed_features(request, features, report)
    check_embedding(profile, request, features, report)
    return check_shapes(hidden, report)


def _answer_per_time_step(
    targets: Targets, output_shape: Shape | None, training: TrainingSpec, report: PlanningReport
) -> Targets:
    """Let a network that ends in one time step per target answer at each, if the targets share their classes."""
    if output_shape is None or len(output_shape) != 2 or not targets.several:
        return targets
    steps, width = output_shape
    one_loss = not isinstance(training.loss, MultiTargetSpec)
    answered = targets.answered_per_time_step() if len(targets.columns) == steps and one_loss else None
    if answered is None:
        detail = f"The layers end in {steps} time steps of {width} features. All targets read them as one row."
        fix = "To get one answer per time step, name that many targets with the same classes, and a single loss."
        report.warn("moments_joined", detail, fix=fix)
    return answered or targets


def _check_and_count_rows(
    profile: Profile,
    request: PlanRequest,
    features: Sequence[FeaturePlan],
    targets: Targets,
    report: PlanningReport,
) -> RowCounts:
    """Return how many rows train and evaluate the network, after reporting what does not fit them."""
    check_training(request.training, targets, report)
    check_other_dataset(profile, request, features, targets, report)
    return count_rows(profile, request, targets)


def _with_default_layers(request: PlanRequest, hidden: HiddenLayers, rows: int) -> HiddenLayers:
    if request.model is not None:
        return hidden
    if recipe := find_recipe(request):
        return replace(hidden, layers=recipe.layers)
    return replace(hidden, layers=default_layers(rows, hidden.inputs.most, request.training))


def _check_layers_and_training(request: PlanRequest, hidden: HiddenLayers, rows: int, report: PlanningReport) -> None:
    frozen = {*request.training.frozen, *range(request.freeze_layers)}
    check_frozen(hidden, request.training, report)
    check_factors(hidden, request.training, report)
    check_layers(hidden, request.training, rows, frozen, report)


def _check_whole_network(hidden: HiddenLayers, loss: LossPlan, report: PlanningReport) -> None:
    """Raise InvalidPlan if anything was reported before, or if the whole network is not accepted."""
    if not report.problems:
        check_outputs(hidden, loss, report)
    report.raise_problems()


def _plan_training(request: PlanRequest, rows: int, inputs: int, report: PlanningReport) -> TrainingSpec:
    """Return the training with every default filled in; its layer numbers are still those of the request."""
    recipe, training = find_recipe(request), fit_batch_size(request.training, rows, report)
    if recipe:
        training = recipe_training(recipe, training, rows, inputs)
    else:
        training = default_training(training, rows, inputs, request.layers)
    warn_of_training(training, rows, report, random_weights=request.initialization is None)
    return training


def _for_network(training: TrainingSpec, loss: LossPlan, layers: NetworkLayers) -> TrainingSpec:
    """Return the training with the planned loss and with the network's layer numbers."""
    changes: dict[str, object] = {"loss": loss.loss, "frozen": tuple(map(layers.index, training.frozen))}
    for field in ("learning_rate_factors", "regularization"):
        factors = getattr(training, field)
        if factors and factors.layers:
            by_layer = (*(1.0 for _ in layers.added), *factors.layers)
            changes[field] = factors.model_copy(update={"layers": by_layer})
    return training.model_copy(update=changes)


def _target_parts(targets: Targets, loss: LossPlan) -> tuple[TargetPart, ...]:
    return tuple(
        TargetPart(column=target.column.name, task=target.task, classes=order_of(each) or target.classes, loss=each)
        for target, each in zip(targets.columns, loss.each, strict=True)
    )
