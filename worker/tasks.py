"""The one task: somebody rang, so see whether there is work."""

from celery import Celery

from messaging.celery_app import TASK_NAME
from worker.runner import Runner

_runners: list[Runner] = []  # of this process, one


def use(runner: Runner) -> None:
    """Answer bells by `runner`."""
    _runners[:] = [runner]


def stop() -> None:
    """Tell what is still to be told."""
    for runner in _runners:
        runner.close()


def register(app: Celery) -> None:
    """Add the task to a Celery application."""

    @app.task(name=TASK_NAME)
    def bell() -> None:
        for runner in _runners:
            runner.run_all()
