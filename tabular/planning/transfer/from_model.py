"""Which layers a job reuses from a trained model: the first ones that are equal."""

from collections.abc import Sequence

from engine.errors import PointedProblem
from engine.spec import LayerSpec, LossSpec, SigmoidCrossEntropySpec, SoftmaxCrossEntropySpec, loss_spec
from tabular.errors import InvalidPlan
from tabular.planning.initialization import ModelDescription, PlannedInitialization
from tabular.planning.layers.column_embedding import NetworkLayers
from tabular.planning.plan import Plan
from tabular.planning.report import PlanningReport
from tabular.spec import InitFrom

MAX_LISTED = 10  # classes in one sentence


def transfer_from_model(
    init_from: InitFrom, model: ModelDescription, plan: Plan, report: PlanningReport
) -> PlannedInitialization:
    """Return how many of the model's first layers are reused, and whether its output layer is; warn if it is not.

    Raises:
        InvalidPlan: no layer can be reused, or fewer than are to be frozen.
    """
    equal = _equal_first_layers(plan.layers, model.layers)
    problems = []
    if model.layers and not equal:
        detail = "The first layer differs from the base model's. Leave `model` out to use the base model's layers."
        problems.append(PointedProblem(pointer="/model/layers", detail=detail))
    requested = NetworkLayers.of(plan.layers).requested_count(equal)
    if init_from.freeze_layers > requested:
        detail = (
            f"Only {requested} layers are reused from the base model; "
            f"{init_from.freeze_layers} cannot be frozen. Lower `freeze_layers`."
        )
        problems.append(PointedProblem(pointer="/init_from/freeze_layers", detail=detail))
    all_layers = equal == len(model.layers) == len(plan.layers)
    difference = _other_outputs(model, plan)
    head = all_layers and difference is None and not init_from.new_head
    exposure = _other_exposure(model, plan) if head else None
    if exposure:
        problems.append(PointedProblem(pointer="/exposure", detail=exposure))
    if problems:
        raise InvalidPlan(problems)
    if all_layers and difference and not init_from.new_head:
        fix = "Set `new_head` to show that this is wanted, or make the targets alike."
        report.warn("new_output_layer", f"{difference} The output layer starts from random weights.", fix=fix)
    return PlannedInitialization.of(init_from, layers=equal, head=head)


def _other_outputs(model: ModelDescription, plan: Plan) -> str | None:
    """Return how the outputs differ from the base model's; None if task, loss and classes are the same."""
    if model.task != plan.task:
        return f"The base model's task is {model.task or 'mixed'}, and the job's is {plan.task or 'mixed'}."
    if model.classes != plan.classes:
        theirs, ours = (_list(classes or ()) or "many classes" for classes in (model.classes, plan.classes))
        return f"The base model predicts {theirs}, and the job {ours}."
    names = {part.column for part in plan.targets}
    if names and model.targets and names != set(model.targets):
        return f"The base model predicts {_list(model.targets)}, and the job {_list(sorted(names))}."
    loss = loss_spec(plan.loss)
    if _sharp(model.loss) != _sharp(loss):
        return f"The base model was trained with {model.loss.type}, and the job uses {loss.type} or other settings."
    return None


def _other_exposure(model: ModelDescription, plan: Plan) -> str | None:
    """Return why the base model's output layer means something else: it learned per unit of exposure, or did not."""
    if bool(model.exposure) == bool(plan.exposure):
        return None
    renew = "set `init_from.new_head` to start with a new output layer."
    if model.exposure:
        learned = f"The base model learned its target per unit of {model.exposure!r}, but the job has no `exposure`."
        return f"{learned} Name the column of exposures, or {renew}"
    return f"The base model learned its target without an exposure. Leave `exposure` out, or {renew}"


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:MAX_LISTED])) + (" …" if len(names) > MAX_LISTED else "")


def _sharp(loss: LossSpec) -> LossSpec:
    """Return the loss without label smoothing, which does not change what the outputs mean."""
    if isinstance(loss, (SigmoidCrossEntropySpec, SoftmaxCrossEntropySpec)):
        return loss.model_copy(update={"label_smoothing": 0.0})
    return loss


def _equal_first_layers(layers: Sequence[LayerSpec], others: Sequence[LayerSpec]) -> int:
    count = 0
    for layer, other in zip(layers, others, strict=False):
        if layer != other:
            break
        count += 1
    return count
