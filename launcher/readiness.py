"""Ask a service whether it is ready."""

import http.client


def readiness(host: str, port: int) -> tuple[int, str]:
    """Ask ``/readyz``: its status and body, or 0 and why there was no answer."""
    connection = http.client.HTTPConnection(host, port, timeout=2.0)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        return response.status, response.read(4096).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()
