"""The models that were used last, loaded and ready to predict."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from service.predictions.predictor import Predictor, load_predictor
from store.artifacts import blobs, models
from store.db.database import Sessions, is_transient
from store.db.transaction import snapshot
from store.ids import ProjectId

MAX_BYTES = 256 << 20  # of all loaded models; those that were not used for longest are dropped first
FRESH_SECONDS = 1.0  # how long a loaded model is used without a look whether it was deleted


@dataclass(slots=True, kw_only=True)
class LoadedModel:
    """A predictor, whose it is, and when its model was last known to exist."""

    project: ProjectId
    predictor: Predictor
    checked_at: float


class LoadedModels:
    """The loaded models of this process. A model never changes; it can only be deleted."""

    def __init__(self, sessions: Sessions, clock: Callable[[], float] = time.monotonic) -> None:
        self._sessions = sessions
        self._clock = clock
        self._loaded: OrderedDict[str, LoadedModel] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def current(self, project: ProjectId, model_id: str) -> Predictor | None:
        """Return the predictor of the project's model if no query is needed for that."""
        loaded = self._find(project, model_id)
        if loaded is None or self._clock() - loaded.checked_at >= FRESH_SECONDS:
            return None
        return loaded.predictor

    def get(self, project: ProjectId, model_id: str) -> Predictor:
        """Return the predictor of the project's model; a loaded one also while the database cannot be reached.

        Raises:
            NotFound: the project has no such model.
        """
        loaded, now = self._find(project, model_id), self._clock()
        try:
            with snapshot(self._sessions) as tx:
                model = models.get(tx, project, model_id)
        except Exception as error:
            if loaded is None or not is_transient(error):
                raise
        else:
            if loaded is None:
                predictor = load_predictor(model, b"".join(blobs.read_verified(self._sessions, model.blob_id)))
                loaded = LoadedModel(project=project, predictor=predictor, checked_at=now)
        loaded.checked_at = now
        self._keep(model_id, loaded)
        return loaded.predictor

    def _find(self, project: ProjectId, model_id: str) -> LoadedModel | None:
        loaded = self._loaded.get(model_id)
        return loaded if loaded and loaded.project == project else None

    def _keep(self, model_id: str, loaded: LoadedModel) -> None:
        with self._lock:
            if before := self._loaded.pop(model_id, None):
                self._bytes -= before.predictor.bytes
            self._loaded[model_id] = loaded
            self._bytes += loaded.predictor.bytes
            while self._bytes > MAX_BYTES and len(self._loaded) > 1:
                self._bytes -= self._loaded.popitem(last=False)[1].predictor.bytes
