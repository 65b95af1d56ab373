"""The shape that all duties of the scheduler share."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from celery import Celery

from service.settings import Settings
from store.db.database import Sessions

TEN_MINUTES = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What duties work with."""

    sessions: Sessions
    settings: Settings
    app: Celery


class Duty(ABC):
    """A piece of maintenance that handles at most `limit` items at a time, so that it delays nobody.

    Several schedulers may run, so `run` must be safe to execute twice at the same time.
    """

    every_seconds: ClassVar[float] = 0.0  # 0: in each round of the scheduler
    limit: ClassVar[int]

    def __init__(self, resources: Resources) -> None:
        self.sessions = resources.sessions
        self.settings = resources.settings
        self.app = resources.app

    @abstractmethod
    def run(self) -> None:
        """Handle the next items."""
