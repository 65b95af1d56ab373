"""Check whether a service is ready: ``backprop-server ready``, also the health check of the containers."""

import http.client
import sys
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


def run(host: str, port: int, path: str) -> int:
    """Print the response; return 0 if the service is ready."""
    status, body = readiness(host, port, path)
    sys.stdout.write(f"{status} {body}\n")
    return 0 if status == HTTPStatus.OK else 1
