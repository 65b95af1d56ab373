"""The URL of a webhook: checked by the operator's policy, and reported with the other problems of a request."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError

from api.dependencies import services_of
from api.http.problems import invalid_request
from api.http.requests.json_body import JsonRoute
from api.http.requests.json_pointers import pointed_problems
from engine.errors import PointedProblem
from service.webhooks.target_policy import Target, TargetPolicy, TargetRejected

POINTER = "/url"


class WebhookRoute(JsonRoute):
    """If some fields of a body are invalid, check the URL as well and report all problems."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with more problems in the response to an invalid body."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError as error:
                problems = pointed_problems(error.errors(), error.body)
                url = error.body.get("url") if isinstance(error.body, dict) else None
                if not isinstance(url, str) or any(problem.pointer == POINTER for problem in problems):
                    raise
                raise invalid_request(problems + _problems(services_of(request).target_policy, url)) from None

        return handle


def target_of(policy: TargetPolicy, url: str) -> Target:
    """Return the URL in parts. Raises an `InvalidRequest` that says why it is not allowed."""
    if problems := _problems(policy, url):
        raise invalid_request(problems)
    return policy.target(url)


def _problems(policy: TargetPolicy, url: str) -> list[PointedProblem]:
    try:
        policy.target(url)
    except TargetRejected as error:
        return [PointedProblem(pointer=POINTER, detail=str(error))]
    return []
