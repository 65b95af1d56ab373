"""The HTTP application: routes, problem documents and middleware around the services of this process."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from anyio import CapacityLimiter
from fastapi import FastAPI

from api.audit import endpoints as audit
from api.batches import endpoints as batches
from api.batches.batch_response import read_batch
from api.comparisons import endpoints as comparisons
from api.dashboard import endpoints as dashboard
from api.datasets import endpoints as datasets
from api.datasets import upload_endpoints as uploads
from api.deletions import endpoints as deletions
from api.docs import endpoints as docs
from api.events import endpoints as events
from api.health import endpoints as health
from api.http import problems
from api.http.hosts import LoopbackOnlyMiddleware
from api.http.middleware import RequestIdMiddleware
from api.http.polling.fast_polls import FastPolls
from api.http.polling.job_snapshots import JobSnapshots
from api.http.polling.open_requests import OpenRequests
from api.http.proxies.middleware import ProxyMiddleware
from api.http.rate_limits.request_limits import RequestLimits
from api.jobs import endpoints as jobs
from api.jobs.job_response import read_job
from api.keys import endpoints as keys
from api.learning_curves import endpoints as learning_curves
from api.metrics import endpoints as metrics
from api.metrics.request_metrics import RequestMetricsMiddleware
from api.model_cards import endpoints as model_cards
from api.models import alias_endpoints as aliases
from api.models import endpoints as models
from api.models.fast_predictions import FastPredictions
from api.openapi.document import operation_id
from api.openapi.texts import DESCRIPTION
from api.projects import endpoints as projects
from api.reports import endpoints as reports
from api.settings import ApiSettings, api_settings
from api.usage import endpoints as usage
from api.webhooks import endpoints as webhooks
from api.webhooks import messages
from api.weights import endpoints as weights
from api.workers import endpoints as workers
from messaging.token_buckets import TokenBuckets
from service import tracing
from service.bootstrap import bootstrap
from service.limits import ServiceLimits
from service.logging import configure_logging
from service.settings import Settings, settings
from service.version import VERSION

KEY_READERS = 8  # threads that look up keys, which other requests that wait for the database do not take away

RESOURCES = (
    *(
        datasets,
        uploads,
        jobs,
        learning_curves,
        reports,
        deletions,
        events,
        models,
        model_cards,
        aliases,
        batches,
        comparisons,
    ),
    *(weights, projects, keys, audit, usage, workers, webhooks, health, metrics, docs, dashboard),
)

SWITCH_SECONDS = 0.0005  # how long a thread that reads a large body may delay the event loop (Python: 0.005)


def configured_app() -> FastAPI:
    """Return the application with the settings of the environment: one in each API process."""
    sys.setswitchinterval(SWITCH_SECONDS)
    configure_logging()
    tracing.configure("api")
    return create_app(settings())


def create_app(
    settings: Settings, limits: ServiceLimits | None = None, http_settings: ApiSettings | None = None
) -> FastAPI:
    """Return the application on the database and broker of `settings`."""
    app = FastAPI(
        title="Backprop",
        version=VERSION,
        summary="Backpropagation as a service.",
        description=DESCRIPTION,
        lifespan=_lifespan(settings, limits),
        openapi_url=None,  # api.docs has the document and its page
        generate_unique_id_function=operation_id,
        redirect_slashes=False,
        telemetry={"tracing": tracing.is_configured(), "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.api_settings = http_settings or api_settings()
    app.include_router(models.predictions)  # the first, as these are the most frequent requests that reach a route
    for resource in RESOURCES:
        app.include_router(resource.router)
    app.include_router(aliases.predictions)
    messages.describe(app)
    problems.install(app)
    _add_middleware(app)
    return app


def _lifespan(
    settings: Settings, limits: ServiceLimits | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return what opens the services when the application starts, and closes them when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = bootstrap(settings, limits)
        app.state.services = services
        app.state.job_snapshots = JobSnapshots(services.change_feed, partial(read_job, services.sessions))
        app.state.batch_snapshots = JobSnapshots(services.change_feed, partial(read_batch, services.sessions))
        app.state.open_requests = OpenRequests(app.state.api_settings.share(services.limits.max_project_waiting))
        app.state.key_readers = CapacityLimiter(KEY_READERS)
        buckets = TokenBuckets(settings.redis_url)
        app.state.request_limits = RequestLimits.of(app.state.api_settings, buckets)
        services.change_feed.start()
        services.activity.start()
        services.metrics.start("api")
        yield
        services.close()
        tracing.flush()
        await buckets.close()

    return lifespan


def _add_middleware(app: FastAPI) -> None:
    """Add what requests pass through; the last one is the outermost."""
    app.add_middleware(RequestMetricsMiddleware)
    app.add_middleware(LoopbackOnlyMiddleware)
    app.add_middleware(RequestIdMiddleware)
    app.add_middleware(FastPredictions)
    app.add_middleware(FastPolls)
    if app.state.api_settings.is_behind_proxy:
        app.add_middleware(ProxyMiddleware, settings=app.state.api_settings)
