"""Load the weights that a job starts from, and copy them into its network."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.errors import InvalidWeights
from engine.interchange.tensors import Tensors
from engine.network import Network, StateMismatch
from engine.training.fine_tuning import transfer_weights
from store.artifacts import blobs, uploaded_weights
from store.db.database import Sessions
from store.db.transaction import Tx, snapshot
from store.errors import BlobDamaged
from store.ids import WeightsId
from store.tables import Job, Model
from tabular.errors import DataError
from tabular.planning.plan import Plan
from tabular.preprocessing.preprocessor import Preprocessor
from tabular.preprocessing.target import TargetEncoder
from tabular.trained_model.network_names import by_network, prefix_of
from tabular.trained_model.stored import StoredWeights, fitted_bags

MAX_LISTED_INPUTS = 20  # in one error message


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlace:
    """A network of a job: the plan of its bag with its own seed, the number of the bag, and its number in the bag."""

    plan: Plan
    bag: int = 0
    number: int = 0


class InitialWeightsUnusable(DataError):
    """The model or weights that the job starts from were deleted, or do not fit the network that its data requires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitialWeights:
    """Trained weights of one or several networks.

    `preprocessors` of the bags, and `target`: those of their model, if they come with it, and are reused.
    `contain_units`: whether the output layer answers in the target's own units.
    """

    preprocessors: tuple[Preprocessor, ...]
    target: TargetEncoder | None
    weights: Tensors
    contain_units: bool

    def apply(self, network: Network, place: NetworkPlace, preprocessor: Preprocessor, target: TargetEncoder) -> None:
        """Copy what the plan of the network reuses. The other parameters are initialized from its seed.

        Raises:
            InitialWeightsUnusable: the data requires a network of another shape.
        """
        planned = place.plan.init_from
        if planned is None:
            return
        weights = self._counterpart(place)
        tensors = {name: _cast(network, weights[name]) for name in network.parameters.values if name in weights}
        try:
            transfer_weights(
                network,
                target.unfold(tensors) if planned.head and self.contain_units else tensors,
                seed=place.plan.training.seed,
                layers=range(planned.layers),
                head=planned.head,
            )
        except StateMismatch as mismatch:
            names = preprocessor.input_names()
            more = " …" if len(names) > MAX_LISTED_INPUTS else ""
            inputs = f"the data gives {len(names)} inputs: {', '.join(names[:MAX_LISTED_INPUTS])}{more}"
            raise InitialWeightsUnusable(f"{mismatch}; {inputs}") from mismatch

    def _counterpart(self, place: NetworkPlace) -> Tensors:
        """Return the weights of the network at the same place; those of the first again where there are fewer."""
        states = by_network(self.weights)
        networks = sum(prefix.startswith(f"bags.{place.bag}.") for prefix in states)
        return states[prefix_of(place.bag, place.number % networks)] if networks else states.get("", {})


def _cast(network: Network, values: np.ndarray) -> np.ndarray:
    """Return a tensor in the network's precision; tensors that are not floating-point stay as they are."""
    with np.errstate(over="ignore"):  # a value that becomes infinite is rejected with its name
        return values.astype(network.dtype) if values.dtype.kind == "f" else values


def load_initial_weights(sessions: Sessions, job: Job) -> InitialWeights | None:
    """Load what the job's `init_from` names; None without `init_from`.

    Raises:
        InitialWeightsUnusable: it was deleted or is damaged.
    """
    requested = job.spec.get("init_from")
    if requested is None:
        return None
    with snapshot(sessions) as tx:
        model = tx.get(Model, requested["model_id"]) if requested.get("model_id") else None
        blob_id = model.blob_id if model else _uploaded_blob(tx, requested.get("weights_id"))
        output_layers = model.output_layers if model else None
    if blob_id is None:
        raise InitialWeightsUnusable("they were deleted")
    try:
        data = b"".join(blobs.read_verified(sessions, blob_id))
        file = StoredWeights(data=data, output_layers=output_layers)
        weights = file.tensors
    except (InvalidWeights, BlobDamaged) as error:
        raise InitialWeightsUnusable(str(error)) from error
    stored = model.preprocessing if model else None
    return InitialWeights(
        preprocessors=_preprocessors(stored) if stored else (),
        target=TargetEncoder.from_json(stored["target"]) if stored and requested["head"] else None,
        weights=weights,
        contain_units=not file.as_trained,
    )


def _preprocessors(stored: dict[str, Any]) -> tuple[Preprocessor, ...]:
    return tuple(map(Preprocessor.from_json, fitted_bags(stored)))


def _uploaded_blob(tx: Tx, weights_id: str | None) -> str | None:
    return uploaded_weights.blob_of(tx, WeightsId(weights_id)) if weights_id else None
