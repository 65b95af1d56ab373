"""`init_from` uploaded weights: names and shapes decide what fits, before any data is read."""

from collections.abc import Iterable

from engine.errors import PointedProblem
from engine.network import Network
from engine.training import fine_tuning
from engine.training.fine_tuning import Mismatch, TensorDescriptions, WeightsMatch
from tabular.errors import InvalidPlan
from tabular.planning.initialization import PlannedInitialization, WeightsDescription
from tabular.planning.layers.column_embedding import NetworkLayers
from tabular.planning.layers.inputs import Inputs, count_inputs
from tabular.planning.network import build_without_memory
from tabular.planning.plan import Plan
from tabular.planning.report import PlanningReport
from tabular.profile import Profile
from tabular.spec import InitFrom

MAX_NAMED = 20  # tensors in one sentence
POINTER = "/init_from/weights_id"
IGNORED_SUFFIX = ".num_batches_tracked"  # a counter of PyTorch's batch norm that nothing here needs


def transfer_from_weights(
    init_from: InitFrom, weights: WeightsDescription, plan: Plan, profile: Profile, report: PlanningReport
) -> PlannedInitialization:
    """Return how many of the first layers are reused, and whether the output layer is; warn of unused tensors.

    Raises:
        InvalidPlan: nothing fits, or fewer layers than are to be frozen; lists every tensor that does not fit.
    """
    described, layers = weights.tensors, NetworkLayers.of(plan.layers)
    steps = plan.sequence.window if plan.sequence else None
    inputs = count_inputs(plan.features, profile, steps)
    network = _network_for_file(plan, described) if inputs.reason else build_without_memory(plan)
    match = fine_tuning.match_weights(network, described)
    _check_match(init_from, match, layers, described, inputs)
    head = match.output and not init_from.new_head
    taken = set(match.tensors) - (set() if head else set(fine_tuning.tensor_names(network, None)))
    _warn_of_unused(taken, described, match, report)
    return PlannedInitialization.of(init_from, layers=match.layers, head=head)


def _network_for_file(plan: Plan, described: TensorDescriptions) -> Network:
    """Return the planned network with the number of inputs that the file was made for, if that is possible.

    The exact number of inputs is known only when the data is loaded. If it is another one, the job fails then.
    """
    network = build_without_memory(plan)
    inputs = fine_tuning.matching_input_count(network, described)
    try:
        return build_without_memory(plan, inputs)
    except ValueError:  # a layer does not accept so few inputs
        return network


def _check_match(
    init_from: InitFrom, match: WeightsMatch, layers: NetworkLayers, described: TensorDescriptions, inputs: Inputs
) -> None:
    """Raise InvalidPlan if nothing fits or too few layers do."""
    problems = [_mismatch_problem(mismatch, layers, inputs) for mismatch in match.mismatches]
    if not match.layers_with_parameters and (init_from.new_head or not match.output):
        expected = ", ".join(f"{name} {list(shape)}" for name, shape in match.expected_shapes.items())
        detail = (
            f"No tensor of the file fits the network. Expected first: {expected}. The file has "
            f"{_list(described, described)}. Request the layers that the file was trained with, or rename the tensors."
        )
        raise InvalidPlan([*problems, PointedProblem(pointer=POINTER, detail=detail)])
    count = layers.requested_count(match.layers)
    if init_from.freeze_layers > count:
        detail = (
            f"Only {count} layers are taken from the file; {init_from.freeze_layers} cannot be frozen. "
            "Lower `freeze_layers`."
        )
        raise InvalidPlan([PointedProblem(pointer="/init_from/freeze_layers", detail=detail), *problems])


def _mismatch_problem(mismatch: Mismatch, layers: NetworkLayers, inputs: Inputs) -> PointedProblem:
    """Return why a tensor does not fit; for the first requested layer also how many inputs it gets."""
    detail = mismatch.detail
    if mismatch.layer_id.spec_index == layers.index(0):
        detail = f"{detail} The features make {'at most ' if inputs.reason else ''}{inputs.most} inputs."
    return PointedProblem(pointer=POINTER, detail=detail)


def _warn_of_unused(
    taken: set[str], described: TensorDescriptions, match: WeightsMatch, report: PlanningReport
) -> None:
    unused = [name for name in described if name not in taken and not name.endswith(IGNORED_SUFFIX)]
    if not unused:
        return
    reasons = " ".join(mismatch.detail for mismatch in match.mismatches[:2])
    reason = reasons or "Every requested layer already has its weights."
    detail = f"These tensors of the file are not used: {_list(unused, described)}. {reason}"
    fix = "Request the layers that the file was trained with, numbered as in torch.nn.Sequential."
    report.warn("weights_unused", detail, fix=fix)


def _list(names: Iterable[str], described: TensorDescriptions) -> str:
    each = [f"{name} {list(described[name][0])}" for name in names]
    more = f" and {len(each) - MAX_NAMED} more" if len(each) > MAX_NAMED else ""
    return ", ".join(each[:MAX_NAMED]) + more
