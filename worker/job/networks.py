"""Build the networks of a job: those of each bag, and those of a cross-validation."""

from collections.abc import Iterator

from engine import streams
from engine.batches import Rows
from engine.network import Network
from engine.training.state import Member
from tabular.planning.network import build_network
from tabular.planning.plan import Plan
from tabular.preprocessing.preprocessor import Preprocessor
from tabular.preprocessing.target import TargetEncoder
from tabular.preprocessing.training_arrays import BagInputs, TrainingArrays
from worker.job.initial_weights import InitialWeights, NetworkPlace
from worker.job.loaded_job import LoadedBag


def load_bags(plan: Plan, arrays: TrainingArrays, initial: InitialWeights | None) -> Iterator[LoadedBag]:
    """Yield each bag with its networks and their rows. Raises `InitialWeightsUnusable`."""
    for number, (bag, inputs) in enumerate(zip(plan.bags, arrays.bags, strict=True)):
        rows = Rows(inputs.x, arrays.y, arrays.sample_weights)
        parts = list(_parts(plan, arrays, inputs, rows))
        places = [
            NetworkPlace(plan=_with_seed(bag, number, index), bag=number, number=index) for index in range(len(parts))
        ]
        members = tuple(
            Member(
                network=_network(place, inputs.preprocessor, arrays.target, initial),
                training=training,
                validation=validation,
                spec=place.plan.training,
                bag=number,
            )
            for place, (training, validation) in zip(places, parts, strict=True)
        )
        yield LoadedBag(preprocessor=inputs.preprocessor, rows=rows, members=members)


def load_folds(plan: Plan, arrays: TrainingArrays, initial: InitialWeights | None) -> Iterator[Member]:
    """Yield the networks of a cross-validation. Raises `InitialWeightsUnusable`."""
    for fold in arrays.folds:
        network = _network(NetworkPlace(plan=plan), fold.preprocessor, arrays.target, initial)
        yield Member(network=network, training=fold.training, validation=fold.validation, spec=plan.training)


def _parts(plan: Plan, arrays: TrainingArrays, inputs: BagInputs, rows: Rows) -> Iterator[tuple[Rows, Rows | None]]:
    """Yield the rows that each network of a bag is trained and evaluated on. All folds share the arrays."""
    if arrays.divisions:
        for kept, left_out in arrays.divisions:
            x, y, weights = rows.x, rows.y, rows.sample_weights
            yield Rows(x, y, weights, kept), Rows(x, y, weights, left_out)
        return
    validation = Rows(inputs.validation_x, arrays.validation_y, arrays.validation_sample_weights)
    for _ in range(plan.networks):
        yield rows, validation if len(validation) else None


def _with_seed(plan: Plan, bag: int, number: int) -> Plan:
    seed = streams.network_seed(plan.training.seed, bag, number)
    return plan.model_copy(update={"training": plan.training.model_copy(update={"seed": seed})})


def _network(
    place: NetworkPlace, preprocessor: Preprocessor, target: TargetEncoder, initial: InitialWeights | None
) -> Network:
    """Return a network for the inputs that the preprocessing makes, with the initial weights if there are any."""
    network = build_network(place.plan, preprocessor.width, preprocessor.wave_inputs)
    if initial:
        initial.apply(network, place, preprocessor, target)
    return network
