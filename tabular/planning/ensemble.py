"""Plan an ensemble: its first bag as a job with one network is planned, then what its further bags have instead."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from engine.errors import PointedProblem
from engine.spec import ModelSpec, TrainingSpec
from tabular.errors import InvalidPlan
from tabular.planning.initialization import Initialization, ModelDescription
from tabular.planning.plan import BagPlan, EnsemblePlan, FoldsEnsemblePlan, Plan, SeedsEnsemblePlan
from tabular.planning.request import PlanRequest
from tabular.planning.transfer.defaults import with_base_defaults
from tabular.profile import DataWarning, Profile
from tabular.spec import BagSpec, EnsembleSpec, FoldsEnsembleSpec

PlanNetwork = Callable[[Profile, PlanRequest], Plan]
PLACES = {
    "features": "/features",
    "model": "/model",
    "optimizer": "/training/optimizer",
    "schedule": "/training/schedule",
}


def plan_ensemble(profile: Profile, request: PlanRequest, ensemble: EnsembleSpec, plan_network: PlanNetwork) -> Plan:
    """Return the plan of all networks. `plan_network` plans a job with one.

    Raises:
        InvalidPlan: a bag does not fit the table, or the validation does not fit an ensemble; lists all problems.
    """
    problems = list(_validation_problems(request, ensemble))
    planned, found = _try(plan_network, profile, _with_folds(request, ensemble))
    problems += [_moved(problem, {"/training/validation/folds": "/ensemble/folds"}) for problem in found]
    bags = list[Plan]()
    for number, bag in enumerate(ensemble.blend):
        training = planned.training if planned else request.training
        each, found = _try(plan_network, profile, _bag_request(request, bag, number, training))
        places = _places(bag, f"/ensemble/blend/{number}")
        problems += [moved for problem in found if (moved := _moved(problem, places)) not in problems]
        bags += [each] if each else []
    if problems or planned is None:
        raise InvalidPlan(problems)
    warnings = (*planned.warnings, *_new_warnings(planned.warnings, bags))
    return planned.model_copy(update={"ensemble": _plan_of(ensemble, bags), "warnings": warnings})


def _try(
    plan_network: PlanNetwork, profile: Profile, request: PlanRequest
) -> tuple[Plan | None, Sequence[PointedProblem]]:
    try:
        return plan_network(profile, request), ()
    except InvalidPlan as error:
        return None, error.problems


def _validation_problems(request: PlanRequest, ensemble: EnsembleSpec) -> Iterator[PointedProblem]:
    """Yield why the folds cannot be those of an ensemble."""
    validation = request.training.validation
    if not isinstance(ensemble, FoldsEnsembleSpec):
        if validation.folds is not None:
            detail = "The networks of `seeds` train on the same rows. Remove `folds`, or use the ensemble `folds`."
            yield PointedProblem(pointer="/training/validation/folds", detail=detail)
        return
    own = "The networks of the ensemble are evaluated on the folds that they leave out."
    if validation.dataset_id is not None:
        detail = f"{own} Remove `dataset_id`, or use the ensemble `seeds`."
        yield PointedProblem(pointer="/training/validation/dataset_id", detail=detail)
    if "fraction" in validation.model_fields_set and validation.fraction > 0:
        detail = f"{own} Remove `fraction`, or use the ensemble `seeds`."
        yield PointedProblem(pointer="/training/validation/fraction", detail=detail)
    if validation.folds not in {None, ensemble.folds}:
        detail = f"The ensemble has {ensemble.folds} folds. Remove `folds` here."
        yield PointedProblem(pointer="/training/validation/folds", detail=detail)
    if validation.by == "time" or (validation.by is None and request.sequence):
        pointer = "/training/validation/by" if validation.by else "/ensemble/type"
        detail = "With `time`, the first networks of the ensemble would train on the oldest rows only."
        yield PointedProblem(pointer=pointer, detail=f"{detail} Use the ensemble `seeds`, or another `by`.")


def _with_folds(request: PlanRequest, ensemble: EnsembleSpec) -> PlanRequest:
    """Return the request of a job with one network, whose validation has the folds of the ensemble."""
    validation = request.training.validation
    if isinstance(ensemble, FoldsEnsembleSpec):
        validation = validation.model_copy(update={"folds": ensemble.folds, "fraction": 0.0, "dataset_id": None})
    training = request.training.model_copy(update={"validation": validation})
    return replace(request, training=training, ensemble=None)


def _bag_request(request: PlanRequest, bag: BagSpec, number: int, training: TrainingSpec) -> PlanRequest:
    """Return the request of a job with one network of a further bag."""
    own = {name: value for name in ("optimizer", "schedule") if (value := getattr(bag, name)) is not None}
    bag_request = replace(
        request,
        features=bag.features or request.features,
        model=bag.model or request.model,
        training=training.model_copy(update={"frozen": (), **own}),
        initialization=_base_of_bag(request.initialization, number),
        ensemble=None,
    )
    return with_base_defaults(bag_request)


def _base_of_bag(base: Initialization | None, number: int) -> Initialization | None:
    """Return the bag of the base model that a further bag starts from; None for random weights."""
    if base is None or not isinstance(base.source, ModelDescription) or number >= len(base.source.further_bags):
        return None
    return replace(base, source=base.source.further_bags[number])


def _places(bag: BagSpec, pointer: str) -> dict[str, str]:
    """Return where the request has what a bag has of its own, by where a job with one network has it."""
    places = {place: f"{pointer}/{name}" for name, place in PLACES.items() if getattr(bag, name) is not None}
    return places if bag.model or not bag.features else places | {"/model": f"{pointer}/features"}


def _moved(problem: PointedProblem, places: dict[str, str]) -> PointedProblem:
    """Return the problem at the place where the request has what it is about."""
    for old, new in places.items():
        if problem.pointer == old or problem.pointer.startswith(f"{old}/"):
            rest = problem.pointer.removeprefix(old) if new.rpartition("/")[2] == old.rpartition("/")[2] else ""
            return replace(problem, pointer=new + rest)
    return problem


def _new_warnings(known: Sequence[DataWarning], bags: Sequence[Plan]) -> Iterator[DataWarning]:
    """Yield what only the further bags warn of, once."""
    seen = {(warning.code, warning.column) for warning in known}
    for warning in (warning for bag in bags for warning in bag.warnings):
        if (warning.code, warning.column) not in seen:
            seen.add((warning.code, warning.column))
            yield warning


def _plan_of(ensemble: EnsembleSpec, bags: Sequence[Plan]) -> EnsemblePlan:
    blend = tuple(map(_bag_plan, bags))
    if isinstance(ensemble, FoldsEnsembleSpec):
        return FoldsEnsemblePlan(folds=ensemble.folds, blend=blend)
    return SeedsEnsemblePlan(networks=ensemble.networks, blend=blend)


def _bag_plan(bag: Plan) -> BagPlan:
    return BagPlan(
        features=bag.features,
        inputs_at_most=bag.inputs_at_most,
        model=ModelSpec.model_construct(layers=bag.layers),
        optimizer=bag.training.optimizer,
        schedule=bag.training.schedule,
        frozen=bag.training.frozen,
        init_from=bag.init_from,
    )
