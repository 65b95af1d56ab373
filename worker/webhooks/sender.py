"""Send one webhook request and describe how it ended. No proxy is used and no redirect is followed."""

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import replace

import httpcore
import httpx

from service.webhooks.target_policy import Target, TargetPolicy, TargetRejected
from store.webhooks.attempts import AttemptResult
from worker.webhooks.guarded_network import GuardedNetwork, Resolve, resolve

MAX_RESPONSE = 1024  # bytes that are read and kept
CONNECT_SECONDS = 5.0  # for each address
GONE = 410
USER_AGENT = "Backprop-Webhooks/1"


class Sender:
    """Sends requests, each over a connection of its own."""

    def __init__(
        self,
        policy: TargetPolicy,
        timeout_seconds: float,
        *,
        resolve: Resolve = resolve,
        network: httpcore.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy
        self._timeout_seconds = timeout_seconds
        self._resolve = resolve
        self._network = network or httpcore.AnyIOBackend()
        self._tls = tls or httpx.create_ssl_context()  # of `SSL_CERT_FILE`, if it is set

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> AttemptResult:
        """POST the body. Never raises: what goes wrong is the result."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                result = await self._post(self._policy.target(url), headers, body)
        except TimeoutError:
            result = _error(f"No complete response within {self._timeout_seconds:g} s.")
        except TargetRejected as error:
            result = _error(str(error))
        except (OSError, httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            result = _error(_connection_error(error))
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            result = _error(f"The connection failed before a complete response: {type(error).__name__}.")
        return replace(result, seconds=time.monotonic() - began)

    async def _post(self, target: Target, headers: Mapping[str, str], body: bytes) -> AttemptResult:
        url = httpcore.URL(target.url)
        network = GuardedNetwork(self._policy, target.scheme, self._resolve, self._network)
        async with httpcore.AsyncHTTPConnection(url.origin, self._tls, network_backend=network) as connection:
            request = httpcore.Request(
                "POST",
                url,
                headers=_headers(target, headers, body),
                content=body,
                extensions={"timeout": {"connect": CONNECT_SECONDS}},
            )
            response = await connection.handle_async_request(request)
            try:
                return _result(response, await _beginning(response))
            finally:
                await response.aclose()


def _headers(target: Target, headers: Mapping[str, str], body: bytes) -> list[tuple[str, str]]:
    own = {"Host": target.authority, "Connection": "close", "User-Agent": USER_AGENT, "Accept": "*/*"}
    content = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    return list({**own, **content, **headers}.items())


async def _beginning(response: httpcore.Response) -> bytes:
    data = b""
    async for chunk in response.aiter_stream():
        data += chunk
        if len(data) >= MAX_RESPONSE:
            break
    return data[:MAX_RESPONSE]


def _result(response: httpcore.Response, body: bytes) -> AttemptResult:
    status = response.status
    return AttemptResult(
        is_success=200 <= status < 300,
        is_gone=status == GONE,
        status=status,
        response=body.decode(errors="replace").replace("\0", "\ufffd"),
        error=_status_error(status),
        retry_after=_retry_after(response),
    )


def _status_error(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"The response has the status {status}. Redirects are not followed: use the final URL."
    return f"The response has the status {status}. A status from 200 to 299 confirms a delivery."


def _retry_after(response: httpcore.Response) -> float | None:
    """Return the seconds of a `Retry-After` header; dates are ignored."""
    values = [value for name, value in response.headers if name.lower() == b"retry-after"]
    return float(values[0]) if values and values[0].isdigit() and len(values[0]) < 10 else None


def _connection_error(error: Exception) -> str:
    """Describe the error without addresses, which are none of the owner's business."""
    cause = error.__cause__ or error.__context__ or error
    for each in (error, cause, getattr(cause, "__cause__", None)):
        if isinstance(each, ssl.SSLCertVerificationError):
            return f"The certificate of the host is not valid: {each.verify_message}."
        if isinstance(each, ssl.SSLError):
            return "The host does not accept a TLS connection."
    if isinstance(error, httpcore.ConnectTimeout):
        return "The host does not answer."
    return "The host cannot be reached: its name does not resolve, or it refuses the connection."


def _error(text: str) -> AttemptResult:
    return AttemptResult(error=text)
