"""`init_from` with uploaded weights: what fits is found out by names and shapes, before any data is read."""

from collections.abc import Iterable
from typing import Any

from api.jobs.schemas import InitFrom
from engine.errors import PointedProblem
from engine.memory import DryArena
from engine.network import Network
from engine.training import fine_tuning
from engine.training.fine_tuning import Described, Fit, Misfit
from store.tables import Weights
from tabular.errors import InvalidPlan
from tabular.planning.embeddings import in_front
from tabular.planning.layers import inputs_of
from tabular.planning.plan import Plan
from tabular.profile import DataWarning, Profile

MAX_NAMED = 20  # tensors in one sentence
POINTER = "/init_from/weights_id"
COUNTED = ".num_batches_tracked"  # PyTorch's, on which nothing here depends


def transfer(
    asked: InitFrom, weights: Weights, resolved: Plan, profile: Profile, warnings: list[DataWarning]
) -> dict[str, Any]:
    """How many of the first layers are taken, and whether the output layer; warn of what stays unused.

    Raises:
        InvalidPlan: nothing fits, or less than is to be frozen; with every misfit.
    """
    described = {each["name"]: (tuple(each["shape"]), each["dtype"]) for each in weights.tensors}
    inputs = inputs_of(resolved.features, profile)
    network = _fitted(resolved, described) if inputs.reason else network_of(resolved)
    found = fine_tuning.fit(network, described)
    head = found.head and not asked.new_head
    told = f"The features make {'at most ' if inputs.reason else ''}{inputs.most} inputs."
    _refuse(asked, found, len(in_front(resolved.layers)), described, told)
    taken = set(found.taken) - (set() if head else set(fine_tuning.names_of(network, None)))
    _warn_of_unused(taken, described, found, warnings)
    return asked.model_dump(exclude={"model_id"}) | {"layers": found.layers, "head": head}


def network_of(resolved: Plan, inputs: int | None = None) -> Network:
    """The planned network, without memory; with as many inputs as there are at most, if it is not told how many."""
    return Network(
        resolved.layers,
        inputs=inputs or resolved.inputs_at_most,
        outputs=resolved.outputs,
        loss=resolved.loss,
        precision=resolved.training.precision,
        arena=DryArena(),
    )


def _fitted(resolved: Plan, described: Described) -> Network:
    """The planned network with the number of inputs that the file is made for, if there may be so few.

    How many there are shows when the data is prepared; if the file was not made for them, the job fails then.
    """
    network = network_of(resolved)
    inputs = fine_tuning.fitting_inputs(network, described)
    try:
        return network_of(resolved, inputs)
    except ValueError:  # a layer that cannot take so few
        return network


def _refuse(asked: InitFrom, found: Fit, vectors: int, described: Described, inputs: str) -> None:
    """Raise if nothing fits, or too little; `vectors`: layers before those that the request names."""
    problems = [PointedProblem(pointer=POINTER, detail=_sentence(misfit, inputs, vectors)) for misfit in found.misfits]
    own = max(found.layers - vectors, 0)
    nothing = not found.learned and (asked.new_head or not found.head)
    if nothing:
        expected = ", ".join(f"{name} {list(shape)}" for name, shape in found.expected.items())
        detail = f"Nothing of the file fits. Expected first: {expected}. The file has {_listed(described, described)}."
        raise InvalidPlan([*problems, PointedProblem(pointer=POINTER, detail=detail)])
    if asked.freeze_layers > own:
        detail = f"Only {own} layers are taken from the file, so that {asked.freeze_layers} cannot be frozen."
        raise InvalidPlan([PointedProblem(pointer="/init_from/freeze_layers", detail=detail), *problems])


def _sentence(misfit: Misfit, inputs: str, first: int) -> str:
    return f"{misfit.detail} {inputs}" if misfit.layer_id.spec_index == first else misfit.detail


def _warn_of_unused(taken: set[str], described: Described, found: Fit, warnings: list[DataWarning]) -> None:
    unused = [name for name in described if name not in taken and not name.endswith(COUNTED)]
    if not unused:
        return
    reasons = " ".join(misfit.detail for misfit in found.misfits[:2])
    reason = reasons or "All of the network is taken that was asked for."
    detail = f"These tensors of the file stay unused: {_listed(unused, described)}. {reason}"
    fix = "Name the layers that the file was trained with, by PyTorch's counting in torch.nn.Sequential."
    warnings.append(DataWarning(code="weights_unused", detail=detail, fix=fix))


def _listed(names: Iterable[str], described: Described) -> str:
    each = [f"{name} {list(described[name][0])}" for name in names]
    more = f" and {len(each) - MAX_NAMED} more" if len(each) > MAX_NAMED else ""
    return ", ".join(each[:MAX_NAMED]) + more
