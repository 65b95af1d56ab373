"""Keep the write-ahead log of SQLite small."""

from store.db.sqlite import MAX_WAL_BYTES, shrink_log
from worker.maintenance.duty import Duty


class SqliteCheckpoints(Duty):
    """Empty a large write-ahead log. SQLite does so only in a moment without readers, which may never come."""

    limit = MAX_WAL_BYTES

    def run(self) -> None:
        """Empty the log if it is larger than `limit`."""
        shrink_log(self.sessions.kw["bind"], self.limit)
