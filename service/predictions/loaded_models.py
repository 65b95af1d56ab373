"""The models that were used last, loaded and ready to predict."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from store.artifacts import blobs, models
from store.db.database import Sessions, is_transient
from store.db.transaction import snapshot
from store.errors import NotFound
from store.ids import ProjectId
from store.tables import Model
from tabular.trained_model.stored import StoredWeights, read_model
from tabular.trained_model.trained_model import TrainedModel

MAX_BYTES = 256 << 20  # of all loaded models; those that were not used for longest are dropped first
BYTES_PER_CHARACTER = 12  # of preprocessing as objects, for each character of its JSON text; measured
FRESH_SECONDS = 1.0  # how long a loaded model is used without a look whether it was deleted


@dataclass(slots=True, kw_only=True)
class LoadedModel:
    """A model, whose it is, its size in memory, and when it was last known to exist."""

    project: ProjectId
    model: TrainedModel
    bytes: int
    checked_at: float


class LoadedModels:
    """The loaded models of this process. A model never changes; it can only be deleted."""

    def __init__(
        self, sessions: Sessions, clock: Callable[[], float] = time.monotonic, max_bytes: int = MAX_BYTES
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._max_bytes = max_bytes
        self._loaded: OrderedDict[str, LoadedModel] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def current(self, project: ProjectId, model_id: str) -> TrainedModel | None:
        """Return the project's model if no query is needed for that."""
        loaded = self._find(project, model_id)
        if loaded is None or self._clock() - loaded.checked_at >= FRESH_SECONDS:
            return None
        return loaded.model

    def get(self, project: ProjectId, model_id: str) -> TrainedModel:
        """Return the project's model; a loaded one also while the database cannot be reached.

        Raises:
            NotFound: the project has no such model.
        """
        loaded, now = self._find(project, model_id), self._clock()
        try:
            with snapshot(self._sessions) as tx:
                model = models.get(tx, project, model_id)
                output_layers = model.output_layers if loaded is None else None
        except NotFound:
            if loaded:
                self._drop(model_id)
            raise
        except Exception as error:
            if loaded is None or not is_transient(error):
                raise
        else:
            if loaded is None:
                data = b"".join(blobs.read_verified(self._sessions, model.blob_id))
                loaded = _load(model, StoredWeights(data=data, output_layers=output_layers), now)
        loaded.checked_at = now
        self._keep(model_id, loaded)
        return loaded.model

    def _find(self, project: ProjectId, model_id: str) -> LoadedModel | None:
        loaded = self._loaded.get(model_id)
        return loaded if loaded and loaded.project == project else None

    def _keep(self, model_id: str, loaded: LoadedModel) -> None:
        self._drop(model_id)
        with self._lock:
            self._loaded[model_id] = loaded
            self._bytes += loaded.bytes
            while self._bytes > self._max_bytes and len(self._loaded) > 1:
                self._bytes -= self._loaded.popitem(last=False)[1].bytes

    def _drop(self, model_id: str) -> None:
        with self._lock:
            if before := self._loaded.pop(model_id, None):
                self._bytes -= before.bytes


def _load(model: Model, weights: StoredWeights, now: float) -> LoadedModel:
    loaded = read_model(model.architecture, model.preprocessing, weights)
    text = len(str(model.preprocessing)) + len(str(model.architecture))
    size = sum(bag.bytes for bag in loaded.bags) + BYTES_PER_CHARACTER * text
    return LoadedModel(project=ProjectId(model.project_id), model=loaded, bytes=size, checked_at=now)
