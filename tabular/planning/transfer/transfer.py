"""Complete a plan with what it reuses from its base, and with the layers that stay frozen."""

from engine.errors import PointedProblem
from engine.training.fine_tuning import tensor_names
from tabular.errors import InvalidPlan
from tabular.planning.initialization import ModelDescription
from tabular.planning.layers.column_embedding import NetworkLayers
from tabular.planning.network import build_without_memory
from tabular.planning.plan import Plan
from tabular.planning.report import PlanningReport
from tabular.planning.request import PlanRequest
from tabular.planning.transfer.columns import warn_of_base_columns
from tabular.planning.transfer.from_model import transfer_from_model
from tabular.planning.transfer.from_weights import transfer_from_weights
from tabular.profile import Profile


def plan_transfer(request: PlanRequest, plan: Plan, profile: Profile) -> Plan:
    """Return the plan with `init_from` and the frozen layers filled in, and further warnings.

    A plan without `init_from` is returned as it is, if its layers can be unfrozen as requested.

    Raises:
        InvalidPlan: nothing can be reused, or fewer layers than are to be frozen.
    """
    initialization = request.initialization
    _check_unfreezing(request, plan)
    if initialization is None:
        return plan
    init_from, source, report = initialization.init_from, initialization.source, PlanningReport()
    if isinstance(source, ModelDescription):
        taken = transfer_from_model(init_from, source, plan, report)
        warn_of_base_columns(profile, request, source, report)
    else:
        taken = transfer_from_weights(init_from, source, plan, profile, report)
    frozen = {*plan.training.frozen, *_frozen_layers(init_from.freeze_layers, plan)}
    training = plan.training.model_copy(update={"frozen": tuple(sorted(frozen))})
    warnings = (*plan.warnings, *report.warnings)
    return plan.model_copy(update={"init_from": taken, "training": training, "warnings": warnings})


def _check_unfreezing(request: PlanRequest, plan: Plan) -> None:
    """Raise InvalidPlan if layers are to be unfrozen and none is frozen."""
    if plan.training.unfreeze_every is not None and not plan.training.frozen and not request.freeze_layers:
        detail = "No layer is frozen. Set `init_from.freeze_layers` or `training.frozen`, or leave this out."
        raise InvalidPlan([PointedProblem(pointer="/training/unfreeze_every", detail=detail)])


def _frozen_layers(count: int, plan: Plan) -> list[int]:
    """Return the network's layers that have parameters among the first `count` requested layers."""
    network = build_without_memory(plan)
    return [index for index in NetworkLayers.of(plan.layers).first(count) if tensor_names(network, index)]
