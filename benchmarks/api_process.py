"""Start an API process on a database of its own, for benchmarks that send requests."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from store.db.migrate import migrate
from tests.support.processes import SHORT, START_SECONDS, Part, Processes
from tests.support.servers import PostgresServer, RedisServer, valkey_binary


def start_api(stack: ExitStack, database: str, **settings: str) -> tuple[Processes, Part, str]:
    """Start an API with default intervals on `sqlite` or `postgresql`; `stack` ends it.

    Returns the service, the process of its API, and the URL of the database.
    """
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    valkey = RedisServer(valkey_binary()).start()
    stack.callback(valkey.destroy)
    url = f"sqlite:///{folder}/x.sqlite3"
    if database == "postgresql":
        postgres = PostgresServer().create()
        stack.callback(postgres.destroy)
        url = postgres.url()
    migrate(url)
    service = Processes(url, valkey.url, folder)
    stack.callback(service.end)
    for name in SHORT:
        del service.environment[name]
    service.environment.update(settings)
    api = service.start("api", "--port", str(service.port))
    service.wait(service.responds, START_SECONDS)
    return service, api, url
