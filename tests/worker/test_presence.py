"""A worker's parent tells that it lives while it forks; its children find the database as open as anybody."""

import subprocess
import sys
import textwrap
from pathlib import Path

FORKING = """
    import os, sys, threading
    from pathlib import Path
    from sqlalchemy import func, select
    from store.db.database import open_database, open_sessions
    from store.ids import WorkerId
    from service.settings import Settings
    from store.tables import Worker
    from store.jobs import workers
    from store.jobs.workers import WorkerInfo
    from store.db.transaction import transaction
    from worker.broker_watchdog import BrokerWatchdog
    from worker.process import Presence

    settings = Settings(data=Path(sys.argv[2]), database_url=sys.argv[1], heartbeat_seconds=0.001)
    presence = Presence(settings, 1, BrokerWatchdog(1, 60), lambda: 0)
    presence.start()

    def work(name):
        engine = open_database(settings.database)
        with transaction(open_sessions(engine)) as tx:
            workers.record_heartbeat(tx, WorkerInfo(id=WorkerId(name), host="child", pid=os.getpid(), slots=1))
        os._exit(0)

    for number in range(30):
        child = os.fork()
        if child == 0:
            threading.Timer(5, os._exit, [1]).start()
            try:
                work(f"wrk_{number}")
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0, f"child {number} could not write"
    presence.stop()
    with transaction(open_sessions(open_database(settings.database))) as tx:
        print(tx.scalar(select(func.count()).select_from(Worker)))
"""


def test_children_forked_at_any_moment_can_write(sqlite_url: str, tmp_path: Path) -> None:
    script = textwrap.dedent(FORKING)
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, sqlite_url, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (told.returncode, told.stdout) == (0, "30\n"), told.stderr
