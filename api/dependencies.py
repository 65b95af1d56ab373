"""What a request is answered with: the collaborators that the composition root made."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine

from api.http.authentication import Keyring
from messaging.change_feed import Changes
from messaging.notifier import Notifier
from service.limits import ApiSettings
from service.predictions import Predictors
from service.settings import Settings
from store.accounts.keys import Caller
from store.db.database import Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One API process."""

    settings: Settings
    limits: ApiSettings
    engine: Engine
    sessions: Sessions
    notifier: Notifier
    changes: Changes
    keyring: Keyring
    predictors: Predictors


def service_of(request: Request) -> Service:
    """The service that this application belongs to."""
    service: Service = request.app.state.service
    return service


Here = Annotated[Service, Depends(service_of)]


def reader(request: Request, here: Here) -> Caller:
    """The caller, who may read."""
    return here.keyring.caller(request, scope="read")


def writer(request: Request, here: Here) -> Caller:
    """The caller, who may write."""
    return here.keyring.caller(request, scope="write")


Reader = Annotated[Caller, Depends(reader)]
Writer = Annotated[Caller, Depends(writer)]
