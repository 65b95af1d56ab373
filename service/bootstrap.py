"""The composition root: make the collaborators of one process from its settings, for API, worker and tests."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Engine

from messaging.celery_app import celery_app
from messaging.change_feed import ChangeFeed
from messaging.notifications import NOTIFIER
from messaging.notifier import Notifier
from messaging.shared_counters import SharedCounters
from service.accounts.activity import Activity
from service.jobs.planned_jobs import PlannedJobs
from service.jobs.prices import Price
from service.keyring import Keyring
from service.limits import ServiceLimits, service_limits
from service.metrics.definitions import LEASES_LOST, UPLOAD_BYTES
from service.metrics.exposition import Exposition
from service.metrics.recorder import MetricsRecorder
from service.metrics.stored_figures import StoredFigures
from service.predictions.aliased_models import AliasedModels
from service.predictions.batching import PredictionBatches
from service.predictions.loaded_models import LoadedModels
from service.predictions.onnx_files import OnnxFiles
from service.quotas import ON_UPLOAD
from service.secret_box import SecretBox
from service.settings import Settings
from service.version import VERSION
from service.webhooks.target_policy import TargetPolicy
from store.artifacts.object_storage import OBJECT_STORAGE, ObjectStorage
from store.db.database import Sessions, open_database, open_sessions
from store.jobs.leases import ON_LEASE_LOST
from store.jobs.transitions import ON_TRANSITION
from store.webhooks.outbox import ON_DELIVERY


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The collaborators of one process. Connections open when they are first needed."""

    settings: Settings
    limits: ServiceLimits
    engine: Engine
    sessions: Sessions
    notifier: Notifier
    change_feed: ChangeFeed
    activity: Activity
    keyring: Keyring
    secret_box: SecretBox
    target_policy: TargetPolicy
    loaded_models: LoadedModels
    prediction_batches: PredictionBatches
    onnx_files: OnnxFiles
    aliased_models: AliasedModels
    metrics: MetricsRecorder
    exposition: Exposition
    planned_jobs: PlannedJobs

    def close(self) -> None:
        """Send the pending notifications and close all connections."""
        self.activity.close()
        self.change_feed.close()
        self.notifier.close()
        self.metrics.close()
        self.engine.dispose()


def bootstrap(
    settings: Settings,
    limits: ServiceLimits | None = None,
    *,
    engine: Engine | None = None,
    notifier: Notifier | None = None,
) -> Services:
    """Make the collaborators of a process; whatever is passed replaces the default part.

    Transactions of `Services.sessions` carry the notifier, so that `messaging.notifications` can reach it.
    """
    engine = engine or open_database(settings.database)
    change_feed = ChangeFeed(settings.redis_url)
    notifier = notifier or Notifier(celery_app(settings.broker), settings.redis_url, change_feed.announce_own)
    counters = SharedCounters(settings.redis_url)
    metrics = MetricsRecorder(counters)
    sessions = open_sessions(engine, {NOTIFIER: notifier, **_observers(notifier, metrics), **_storage(settings)})
    activity, loaded_models = Activity(sessions), LoadedModels(sessions)
    return Services(
        settings=settings,
        limits=limits or service_limits(),
        engine=engine,
        sessions=sessions,
        notifier=notifier,
        change_feed=change_feed,
        activity=activity,
        keyring=Keyring(sessions, settings.secret, on_use=activity.key_used),
        secret_box=SecretBox(settings.secret),
        target_policy=TargetPolicy.of(settings),
        loaded_models=loaded_models,
        prediction_batches=PredictionBatches(loaded_models),
        onnx_files=OnnxFiles(loaded_models),
        aliased_models=AliasedModels(sessions),
        metrics=metrics,
        exposition=Exposition(metrics, counters, StoredFigures(sessions, settings), VERSION),
        planned_jobs=PlannedJobs(price=Price.of(settings)),
    )


def _storage(settings: Settings) -> dict[str, ObjectStorage]:
    return {OBJECT_STORAGE: ObjectStorage(settings.blob_url)} if settings.blob_url else {}


def _observers(notifier: Notifier, metrics: MetricsRecorder) -> dict[str, Callable[..., None]]:
    """Return what transactions call, by the key of the event that they report."""
    return {
        ON_DELIVERY: notifier.notify_deliverers,
        ON_TRANSITION: metrics.job_entered,
        ON_LEASE_LOST: partial(metrics.count, LEASES_LOST),
        ON_UPLOAD: lambda added: metrics.count(UPLOAD_BYTES, amount=added),
    }
