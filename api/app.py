"""The composition root of the API: collaborators are made here, and handed to whoever needs them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from api.datasets import endpoints as datasets
from api.dependencies import Service
from api.events import endpoints as events
from api.health import endpoints as health
from api.http import problems
from api.http.authentication import Keyring
from api.http.middleware import Edge
from api.http.schemas import ProblemView
from api.jobs import endpoints as jobs
from api.models import endpoints as models
from api.weights import endpoints as weights
from messaging.celery_app import celery_app
from messaging.change_feed import Changes
from messaging.notifier import Notifier
from service.limits import ApiSettings
from service.predictions import Predictors
from service.settings import Settings
from store.db.database import open_database, open_sessions

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
        service.notifier.close()
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
        notifier=Notifier(celery_app(settings.broker), settings.redis_url),
        changes=Changes(settings.redis_url),
        keyring=Keyring(sessions, settings.secret()),
        predictors=Predictors(sessions),
    )
