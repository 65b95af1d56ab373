"""Serve the API: ``python -m api --host 127.0.0.1 --port 8000``."""

import argparse
import functools
import ipaddress
import os
import sys

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # before NumPy is imported: training jobs need the cores

HEALTH_SECONDS = 30  # a process that does not respond for so long is replaced
NOT_CONFIGURED = 78  # EX_CONFIG of sysexits.h: a restart would not help


def main() -> int:
    """Serve until SIGTERM, and finish the requests in progress."""
    parser = argparse.ArgumentParser(prog="api", description="Serve the HTTP API.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--processes", type=int, help="processes that share the port (BACKPROP_API_PROCESSES)")
    arguments = parser.parse_args()
    if arguments.processes is not None:
        os.environ["BACKPROP_API_PROCESSES"] = str(arguments.processes)  # each process reads it

    import uvicorn  # noqa: PLC0415 - the arguments are checked first

    from api.server.guarded_protocol import GuardedProtocol  # noqa: PLC0415 - imports uvicorn
    from api.settings import api_settings  # noqa: PLC0415 - the arguments are checked first
    from service.logging import configure_logging  # noqa: PLC0415 - the same

    if not is_loopback(arguments.host) and (refusal := _refusal(arguments.host)):
        sys.stderr.write(refusal)
        return NOT_CONFIGURED
    configure_logging()
    uvicorn.run(
        "api.app:configured_app",
        factory=True,
        workers=api_settings().api_processes,
        timeout_worker_healthcheck=HEALTH_SECONDS,
        http=functools.partial(GuardedProtocol, api_settings()),  # type: ignore[arg-type]  # it is called like a class
        ws="none",
        proxy_headers=False,  # api.http.proxies reads those of trusted proxies
        host=arguments.host,
        port=arguments.port,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    return 0


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refusal(host: str) -> str | None:
    """Return why this service may not listen on `host`; None if it may."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - after the arguments are checked

    from service.command_name import COMMAND  # noqa: PLC0415 - the same
    from service.settings import settings  # noqa: PLC0415 - the same
    from store.accounts import keys  # noqa: PLC0415 - the same
    from store.db.database import open_database, open_sessions  # noqa: PLC0415 - the same
    from store.db.transaction import snapshot  # noqa: PLC0415 - the same

    try:
        with snapshot(open_sessions(open_database(settings().database))) as tx:
            if keys.any_exist(tx):
                return None
    except SQLAlchemyError:
        return f"The database cannot be read, so API keys cannot be checked. Run {COMMAND} migrate.\n"
    return (
        f"No API key exists, so the service listens on loopback only, not on {host}.\n"
        f"Create a key with `{COMMAND} key create`, or set BACKPROP_API_KEY and run `{COMMAND} migrate`.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
