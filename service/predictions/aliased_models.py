"""Which model an alias names, remembered for a moment, so that predictions by alias cost no query."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from store.artifacts import aliases
from store.db.database import Sessions, is_transient
from store.db.transaction import snapshot
from store.errors import NotFound
from store.ids import ModelId, ProjectId

FRESH_SECONDS = 0.5  # after which a move through another process is noticed
MAX_REMEMBERED = 10_000  # aliases


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedModel:
    """The model that an alias named at a time of the process's clock."""

    model_id: ModelId
    looked_up_at: float


class AliasedModels:
    """The aliases that this process has looked up."""

    def __init__(self, sessions: Sessions, clock: Callable[[], float] = time.monotonic) -> None:
        self._sessions = sessions
        self._clock = clock
        self._known: OrderedDict[tuple[ProjectId, str], NamedModel] = OrderedDict()

    def current(self, project: ProjectId, name: str) -> ModelId | None:
        """Return the model of an alias if no query is needed for that."""
        known = self._known.get((project, name))
        if known is None or self._clock() - known.looked_up_at >= FRESH_SECONDS:
            return None
        return known.model_id

    def look_up(self, project: ProjectId, name: str) -> ModelId:
        """Return the model of an alias; the last known one while the database cannot be reached.

        Raises:
            NotFound: the project has no such alias.
        """
        now = self._clock()
        try:
            with snapshot(self._sessions) as tx:
                model_id = ModelId(aliases.get(tx, project, name).model_id)
        except NotFound:
            self.forget(project, name)
            raise
        except Exception as error:
            known = self._known.get((project, name))
            if known is None or not is_transient(error):
                raise
            return known.model_id
        self._known[project, name] = NamedModel(model_id=model_id, looked_up_at=now)
        while len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        return model_id

    def forget(self, project: ProjectId, name: str) -> None:
        """Look the alias up again at its next use: it was moved or deleted."""
        self._known.pop((project, name), None)
