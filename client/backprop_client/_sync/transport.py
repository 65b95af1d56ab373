"""Send requests: headers, timeouts, retries, and errors as exceptions."""

# Generated from the same file in _async by client/generator; do not edit.

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from backprop_client._sync import runtime
from backprop_client.configuration import Configuration
from backprop_client.errors import (
    BackpropError,
    NotFoundError,
    RequestTimeoutError,
    ServiceUnreachableError,
    error_of,
)
from backprop_client.requests import Parameters, Request, new_idempotency_key, query_of
from backprop_client.retries import Attempts


class Transport:
    """The connection to one service."""

    def __init__(self, configuration: Configuration, http: httpx.Client | None = None) -> None:
        self.configuration = configuration
        self._http = http or httpx.Client()
        self._is_own = http is None

    def close(self) -> None:
        """Close the connections, unless they belong to the caller."""
        if self._is_own:
            self._http.close()

    # --- JSON

    def get(self, path: str, parameters: Parameters | None = None) -> Any:
        """Return the JSON at a path."""
        return (self.send(Request(method="GET", path=path, parameters=parameters or {}))).json()

    def create(
        self, path: str, body: Any = None, *, parameters: Parameters | None = None, idempotency_key: str | None = None
    ) -> Any:
        """Send a POST that changes something, with an idempotency key, and return the JSON of the answer."""
        headers = {"Idempotency-Key": idempotency_key or new_idempotency_key()}
        request = Request(method="POST", path=path, parameters=parameters or {}, headers=headers, body=body)
        return (self.send(request)).json()

    def compute(self, path: str, body: Any) -> Any:
        """Send a POST that changes nothing, and return the JSON of the answer."""
        return (self.send(Request(method="POST", path=path, body=body))).json()

    def change(self, method: str, path: str, body: Any, *, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Send a PUT or PATCH, which can be repeated as it is."""
        return self.send(Request(method=method, path=path, headers=headers or {}, body=body))

    def delete(self, path: str) -> None:
        """Delete the resource at a path. A repeated attempt that does not find it any more has succeeded, too."""
        attempts = Attempts(self.configuration.retries)
        while True:
            try:
                self.send_once(Request(method="DELETE", path=path))
            except NotFoundError:
                if not attempts.repeated:
                    raise
            except BackpropError as error:
                runtime.sleep(attempts.delay_after(error))
                continue
            return

    # --- requests

    def send(self, request: Request, *, long: bool = False) -> httpx.Response:
        """Send a request until it is answered; `long` survives an outage, and other requests a few failures."""
        attempts = Attempts(self.configuration.retries, long=long)
        while True:
            try:
                return self.send_once(request)
            except BackpropError as error:
                runtime.sleep(attempts.delay_after(error))

    def send_once(self, request: Request) -> httpx.Response:
        """Send a request once, and return the answer. Raises `ApiError` and `ServiceUnreachableError`."""
        with self._as_errors():
            response = self._http.send(self._build(request))
        if response.is_error:
            raise error_of(response)
        return response

    @contextmanager
    def stream(self, request: Request) -> Iterator[httpx.Response]:
        """Send a request once; its answer can be read piece by piece."""
        with self._as_errors():
            response = self._http.send(self._build(request), stream=True)
            try:
                if response.is_error:
                    response.read()
                    raise error_of(response)
                yield response
            finally:
                response.close()

    def _build(self, request: Request) -> httpx.Request:
        configuration = self.configuration
        return self._http.build_request(
            request.method,
            configuration.base_url + request.path,
            params=query_of(request.parameters),
            headers={**configuration.headers, **request.headers},
            json=request.body,
            content=request.content,
            timeout=configuration.timeout(request.timeout_seconds),
        )

    def _as_errors(self) -> "TransportErrors":
        return TransportErrors(self.configuration.base_url)


class TransportErrors:
    """Raise errors of the connection as errors of this package."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, httpx.TimeoutException):
            raise RequestTimeoutError(f"{self._address} did not answer in time ({type(error).__name__}).") from error
        if isinstance(error, httpx.TransportError):
            reason = str(error) or type(error).__name__
            advice = "Check that the service runs and that base_url or BACKPROP_URL is its address."
            raise ServiceUnreachableError(f"{self._address} did not answer: {reason}. {advice}") from error
