"""What a job starts from, a model or uploaded weights, and what it hands over to the new network."""

from dataclasses import dataclass

import numpy as np

from engine.errors import InvalidWeights
from engine.interchange.safetensors import load_safetensors
from engine.interchange.tensors import Tensors
from engine.network import Network, StateMismatch
from engine.training.fine_tuning import start_from
from store.artifacts import blobs, uploaded_weights
from store.db.database import Sessions
from store.db.transaction import Tx, snapshot
from store.errors import BlobDamaged
from store.ids import WeightsId
from store.tables import Job, Model
from tabular.errors import DataError
from tabular.preprocessing.preprocessor import Preprocessor
from tabular.preprocessing.target import TargetEncoder

MAX_NAMED = 20  # inputs in one sentence


class BaseUnusable(DataError):
    """What the job was to start from is gone, or does not fit the prepared data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A network that has learned. `preprocessor` and `target`: a model's, used again; else the job learns its own.

    Of the first `layers` layers the weights are taken over, with `head` of the output layer, too.
    """

    preprocessor: Preprocessor | None
    target: TargetEncoder | None
    weights: Tensors
    layers: int
    head: bool

    def hand_over(self, network: Network, preprocessor: Preprocessor, target: TargetEncoder, seed: int) -> None:
        """Give the network what is taken over; the rest is drawn anew.

        Raises:
            BaseUnusable: the data turned out to make another network than the weights are of.
        """
        known = {name: self._of(network, name) for name in network.parameters.values if name in self.weights}
        try:
            start_from(
                network,
                target.unfold(known) if self.head else known,
                seed=seed,
                layers=range(self.layers),
                head=self.head,
            )
        except StateMismatch as mismatch:
            names = preprocessor.input_names()
            more = " …" if len(names) > MAX_NAMED else ""
            inputs = f"the prepared data makes {len(names)} inputs: {', '.join(names[:MAX_NAMED])}{more}"
            raise BaseUnusable(f"{mismatch}; {inputs}") from mismatch

    def _of(self, network: Network, name: str) -> np.ndarray:
        """The weights of a name in the network's precision; other numbers than floating-point ones as they are."""
        values = self.weights[name]
        with np.errstate(over="ignore"):  # what becomes infinite is refused by name
            return values.astype(network.dtype) if values.dtype.kind == "f" else values


def load_base(sessions: Sessions, job: Job) -> Base | None:
    """What the job's `init_from` names; None without one.

    Raises:
        BaseUnusable: it was deleted since.
    """
    asked = job.spec.get("init_from")
    if asked is None:
        return None
    with snapshot(sessions) as tx:
        model = tx.get(Model, asked["model_id"]) if asked.get("model_id") else None
        blob_id = model.blob_id if model else _uploaded(tx, asked.get("weights_id"))
    if blob_id is None:
        raise BaseUnusable("it was deleted")
    try:
        weights = load_safetensors(b"".join(blobs.read_verified(sessions, blob_id)))
    except (InvalidWeights, BlobDamaged) as error:
        raise BaseUnusable(str(error)) from error
    kept = model.preprocessing if model else None
    return Base(
        preprocessor=Preprocessor.from_json(kept["features"]) if kept else None,
        target=TargetEncoder.from_json(kept["target"]) if kept and asked["head"] else None,
        weights=weights,
        layers=asked["layers"],
        head=asked["head"],
    )


def _uploaded(tx: Tx, weights_id: str | None) -> str | None:
    return uploaded_weights.blob_of(tx, WeightsId(weights_id)) if weights_id else None
