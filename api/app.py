"""The composition root of the API: collaborators are made here, and handed to whoever needs them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from api import problems
from api.authentication import Keyring
from api.changes import Changes
from api.middleware import Edge
from api.predictors import Predictors
from api.routes import datasets, events, health, jobs, models, weights
from api.schemas.common import ProblemView
from api.service import Service
from api.settings import ApiSettings
from store.database import open_database, open_sessions
from store.queue import Doorbell, celery_app
from store.settings import Settings

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
        service = make_service(settings, limits)
        app.state.service = service
        service.changes.start()
        yield
        service.changes.close()
        service.doorbell.close()
        service.engine.dispose()

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


def make_service(settings: Settings, limits: ApiSettings) -> Service:
    """The collaborators of one API process; connections are made when first needed."""
    engine = open_database(settings.database)
    sessions = open_sessions(engine)
    return Service(
        settings=settings,
        limits=limits,
        engine=engine,
        sessions=sessions,
        doorbell=Doorbell(celery_app(settings.broker), settings.redis_url),
        changes=Changes(settings.redis_url),
        keyring=Keyring(sessions, settings.secret()),
        predictors=Predictors(sessions),
    )
