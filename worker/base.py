"""The model that a job starts from, and what it hands over to the new network."""

from dataclasses import dataclass

from engine.fine_tuning import start_from
from engine.network import Network
from store import blobs
from store.database import Sessions
from store.tables import Job, Model
from store.transaction import snapshot
from tabular.export import State, from_safetensors
from tabular.preprocess import Preprocessor
from tabular.problems import DataError
from tabular.target import TargetEncoder


class BaseGone(DataError):
    """The model to start from was deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A trained model. `target` is kept, too, when the output layer is taken over; else the new job learns its own."""

    preprocessor: Preprocessor
    target: TargetEncoder | None
    weights: State
    layers: int

    def hand_over(self, network: Network, target: TargetEncoder, seed: int) -> None:
        """Give the network the layers that are alike; what is not taken over is drawn anew."""
        head = self.target is not None
        state = target.unfold(self.weights) if head else self.weights
        start_from(network, state, seed=seed, layers=range(self.layers), head=head)


def load_base(sessions: Sessions, job: Job) -> Base | None:
    """The model that the job's `init_from` names; None without one.

    Raises:
        BaseGone: it was deleted since.
    """
    asked = job.spec.get("init_from")
    if asked is None:
        return None
    with snapshot(sessions) as tx:
        model = tx.get(Model, asked["model_id"])
    if model is None:
        raise BaseGone("the model to start from was deleted")
    weights, _ = from_safetensors(b"".join(blobs.read_checked(sessions, model.blob_id)))
    return Base(
        preprocessor=Preprocessor.from_json(model.preprocessing["features"]),
        target=TargetEncoder.from_json(model.preprocessing["target"]) if asked["head"] else None,
        weights=weights,
        layers=asked["layers"],
    )
