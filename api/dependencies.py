"""What endpoints depend on: the collaborators of the process, and the caller.

All are coroutines: FastAPI calls other functions in a thread, which would cost more than a poll.
"""

from typing import Annotated

from fastapi import Depends, Request

from api.http.authentication import Admin, Reader, Writer
from api.http.polling.job_snapshots import JobSnapshots
from api.http.polling.open_requests import OpenRequests
from api.settings import ApiSettings
from service.bootstrap import Services

__all__ = [
    "Admin",
    "AppServices",
    "AppSettings",
    "Batches",
    "Reader",
    "Snapshots",
    "Waiting",
    "Writer",
    "app_services",
    "services_of",
    "settings_of",
]


def services_of(request: Request) -> Services:
    """Return the collaborators of the application."""
    services: Services = request.app.state.services
    return services


def settings_of(request: Request) -> ApiSettings:
    """Return the HTTP settings of the application."""
    settings: ApiSettings = request.app.state.api_settings
    return settings


async def app_services(request: Request) -> Services:
    """Return the collaborators of the application."""
    return services_of(request)


async def app_settings(request: Request) -> ApiSettings:
    """Return the HTTP settings of the application."""
    return settings_of(request)


async def job_snapshots(request: Request) -> JobSnapshots:
    """Return the jobs that this process keeps in memory."""
    snapshots: JobSnapshots = request.app.state.job_snapshots
    return snapshots


async def batch_snapshots(request: Request) -> JobSnapshots:
    """Return the batches that this process keeps in memory."""
    snapshots: JobSnapshots = request.app.state.batch_snapshots
    return snapshots


async def open_requests(request: Request) -> OpenRequests:
    """Return the counts of waiting requests."""
    counts: OpenRequests = request.app.state.open_requests
    return counts


AppServices = Annotated[Services, Depends(app_services)]
AppSettings = Annotated[ApiSettings, Depends(app_settings)]
Batches = Annotated[JobSnapshots, Depends(batch_snapshots)]
Snapshots = Annotated[JobSnapshots, Depends(job_snapshots)]
Waiting = Annotated[OpenRequests, Depends(open_requests)]
