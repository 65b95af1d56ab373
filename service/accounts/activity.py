"""What happens too often for a write each time: uses of keys, predicted rows, denied requests.

A thread writes it every few seconds. If the process is killed, the last seconds are lost.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from store.accounts import audit, keys, metering
from store.accounts.audit import Action, Actor
from store.db.database import Sessions
from store.db.transaction import transaction
from store.ids import KeyId, ProjectId, new_id

WRITE_SECONDS = 5.0
KEY_SECONDS = 60.0  # between two writes of the last use of one key
MAX_DENIED = 100  # different denials in one write; more are counted together without their addresses

log = logging.getLogger(__name__)

Denial = tuple[Actor, Action]


class Activity:
    """Collects the activity of one API process."""

    def __init__(self, sessions: Sessions, clock: Callable[[], float] = time.monotonic) -> None:
        self._sessions = sessions
        self._clock = clock
        self._source_id = new_id("use")
        self._lock = threading.Lock()
        self._used = set[KeyId]()
        self._noted_at: dict[KeyId, float] = {}
        self._rows = Counter[ProjectId]()
        self._denied: dict[tuple[object, ...], Denial] = {}
        self._denials = Counter[tuple[object, ...]]()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="activity", daemon=True)

    def start(self) -> None:
        """Start to write."""
        self._thread.start()

    def close(self) -> None:
        """Write the rest and stop."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def key_used(self, key_id: KeyId | None) -> None:
        """Note that a key is in use."""
        if key_id is None or self._clock() - self._noted_at.get(key_id, -KEY_SECONDS) < KEY_SECONDS:
            return
        with self._lock:
            self._noted_at[key_id] = self._clock()
            self._used.add(key_id)

    def rows_predicted(self, project: ProjectId, rows: int) -> None:
        """Count rows that were predicted over HTTP."""
        with self._lock:
            self._rows[project] += rows

    def denied(self, actor: Actor, action: Action) -> None:
        """Note that a request was denied. Equal denials become one entry of the audit log, with their number."""
        key: tuple[object, ...] = (actor, action.operation, action.status, action.address)
        with self._lock:
            if key not in self._denied and len(self._denied) >= MAX_DENIED:
                actor, action = Actor(kind="anonymous"), Action(project=None, operation="many", outcome="denied")
                key = ("many",)
            self._denied.setdefault(key, (actor, action))
            self._denials[key] += 1

    def write(self) -> None:
        """Write what was noted; keep it for the next time if the database cannot be reached."""
        with self._lock:
            used, rows, denied, denials = self._used, self._rows, self._denied, self._denials
            self._used, self._rows, self._denied, self._denials = set(), Counter(), {}, Counter()
        if not (used or rows or denied):
            return
        try:
            self._write(used, rows, [(*denied[key], count) for key, count in denials.items()])
        except DBAPIError as error:
            log.warning("Could not write the last use of keys, predicted rows and denied requests: %s", error)
            with self._lock:
                self._used |= used
                self._rows += rows
                self._denied = {**denied, **self._denied}
                self._denials += denials

    def _write(self, used: set[KeyId], rows: Counter[ProjectId], denied: list[tuple[Actor, Action, int]]) -> None:
        with transaction(self._sessions, "activity") as tx:
            if used:
                keys.mark_used(tx, used)
            for project, count in sorted(rows.items()):
                metering.count(tx, project, f"{self._source_id}", "prediction_rows", count)
            for actor, action, count in denied:
                audit.record(tx, actor, action, count)

    def _run(self) -> None:
        while not self._ended.wait(WRITE_SECONDS):
            self.write()
        self.write()
