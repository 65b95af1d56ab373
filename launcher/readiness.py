"""Check whether a service is ready: ``python -m launcher.readiness``, also the health check of the containers."""

import argparse
import http.client
import sys
from collections.abc import Sequence
from http import HTTPStatus

TIMEOUT_SECONDS = 2.0


def readiness(host: str, port: int, path: str = "/readyz") -> tuple[int, str]:
    """Request ``path``; return its status and body, or 0 and the reason why there was no response."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read(4096).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


def main(arguments: Sequence[str]) -> int:
    """Print the response; return 0 if the service is ready."""
    parser = argparse.ArgumentParser(prog="launcher.readiness", description="Exit with 0 if the service is ready.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument(
        "--path", default="/readyz", help="/healthz checks only that the API process is alive (%(default)s)"
    )
    options = parser.parse_args(arguments)
    status, body = readiness(options.host, options.port, options.path)
    sys.stdout.write(f"{status} {body}\n")
    return 0 if status == HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
