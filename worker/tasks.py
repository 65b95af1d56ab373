"""The Celery task that runs queued jobs whenever a notification arrives."""

from celery import Celery

from messaging.celery_app import TASK_NAME
from worker.runner import Runner

_runners: list[Runner] = []  # the runner of this process, once it has one


def set_runner(runner: Runner) -> None:
    """Handle notifications with `runner`."""
    _runners[:] = [runner]


def close_runner() -> None:
    """Send pending notifications."""
    for runner in _runners:
        runner.close()


def register(app: Celery) -> None:
    """Add the task to a Celery application."""

    @app.task(name=TASK_NAME)
    def run_queued_jobs() -> None:
        for runner in _runners:
            runner.run_all()
