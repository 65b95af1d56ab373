"""The composition root of the API: collaborators are made here, and handed to whoever needs them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from api.datasets import endpoints as datasets
from api.events import endpoints as events
from api.health import endpoints as health
from api.http import problems
from api.http.middleware import Edge
from api.http.schemas import ProblemView
from api.jobs import endpoints as jobs
from api.models import endpoints as models
from api.weights import endpoints as weights
from service.bootstrap import bootstrap
from service.limits import ApiSettings
from service.settings import Settings

DESCRIPTION = """Train neural networks on business tables, over HTTP.

Upload a table, name the column to predict, poll the job, then download the weights or ask for predictions.
Errors are `application/problem+json` and list everything that is wrong at once."""

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ProblemView, "description": "What is wrong, where, and how to mend it.", "content": {}},
    "5XX": {"model": ProblemView, "description": "It is our fault, or our load; nothing was lost.", "content": {}},
}


def create_app(settings: Settings, limits: ApiSettings) -> FastAPI:
    """The application on the database and broker of `settings`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = bootstrap(settings, limits)
        app.state.services = services
        services.change_feed.start()
        yield
        services.close()

    app = FastAPI(
        title="Backprop",
        version="0.1.0",
        summary="Backpropagation as a service.",
        description=DESCRIPTION,
        lifespan=lifespan,
        responses=PROBLEMS,
        redoc_url=None,
    )
    for routes in (datasets, jobs, events, models, weights, health):
        app.include_router(routes.router)
    problems.install(app)
    app.add_middleware(Edge)
    return app
