"""A route for jobs that tells at once what is wrong with a body's form and what its right parts ask of the table."""

from collections.abc import Callable, Coroutine
from typing import Any

from anyio import to_thread
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError

from api.http.authentication import authenticate
from api.http.json_body import StrictRoute
from api.http.json_pointers import InvalidField, invalid_fields
from api.http.problems import refusal
from service import submission
from service.bootstrap import Services


class ThoroughRoute(StrictRoute):
    """Goes on to plan with what is valid of a body that is not."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with more to say about an invalid body."""
        handler = super().get_route_handler()

        async def thorough(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError as error:
                if not isinstance(error.body, dict):
                    raise
                fields = invalid_fields(error.errors(), error.body)
                further = await to_thread.run_sync(_further, request, fields, error.body)
                raise refusal(fields + further) from None

        return thorough


def _further(request: Request, fields: list[InvalidField], body: dict[str, Any]) -> list[InvalidField]:
    services: Services = request.app.state.services
    project = authenticate(request, services.keyring, scope="write").project
    wrong = {field.pointer.split("/")[1] for field in fields if field.pointer.startswith("/")}
    rest = {name: value for name, value in body.items() if name not in wrong}
    return submission.further_problems(services.sessions, project, rest)
