"""A route that lists all problems of a job request: those of its fields, and those that planning finds."""

from collections.abc import Callable, Coroutine
from typing import Any

from anyio import to_thread
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError

from api.dependencies import services_of
from api.http.authentication import writer
from api.http.problems import invalid_request
from api.http.requests.json_body import JsonRoute
from api.http.requests.json_pointers import pointed_problems
from engine.errors import PointedProblem
from service.jobs import submission
from store.ids import ProjectId


class FullValidationRoute(JsonRoute):
    """If some fields of a body are invalid, plan with the valid ones and report the problems of both."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with more problems in the response to an invalid body."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError as error:
                if not isinstance(error.body, dict):
                    raise
                caller = await writer(request)
                problems = await to_thread.run_sync(_problems, request, caller.project, error)
                raise invalid_request(problems) from None

        return handle


def _problems(request: Request, project: ProjectId, error: RequestValidationError) -> list[PointedProblem]:
    problems = pointed_problems(error.errors(), error.body)
    invalid = {problem.pointer.split("/")[1] for problem in problems if problem.pointer.startswith("/")}
    valid = {name: value for name, value in error.body.items() if name not in invalid}
    return problems + submission.find_plan_problems(services_of(request).sessions, project, valid)
