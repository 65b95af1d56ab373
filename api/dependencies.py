"""What endpoints depend on: the collaborators of the process, and the caller."""

from typing import Annotated

from fastapi import Depends, Request

from api.http.authentication import authenticate
from api.settings import ApiSettings
from service.bootstrap import Services
from store.accounts.keys import Caller


def services_of(request: Request) -> Services:
    """Return the collaborators of the application."""
    services: Services = request.app.state.services
    return services


def api_settings_of(request: Request) -> ApiSettings:
    """Return the HTTP settings of the application."""
    settings: ApiSettings = request.app.state.api_settings
    return settings


AppServices = Annotated[Services, Depends(services_of)]
AppSettings = Annotated[ApiSettings, Depends(api_settings_of)]


def reader(request: Request, services: AppServices) -> Caller:
    """Return the caller, whose key has the scope `read`."""
    return authenticate(request, services.keyring, scope="read")


def writer(request: Request, services: AppServices) -> Caller:
    """Return the caller, whose key has the scope `write`."""
    return authenticate(request, services.keyring, scope="write")


Reader = Annotated[Caller, Depends(reader)]
Writer = Annotated[Caller, Depends(writer)]
