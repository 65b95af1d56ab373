"""Requests that are valid but exceed a limit of the service.

ServiceError
├── JobTooLarge       the job needs more parameters or memory than a job may have
├── QuotaExceeded     the project has as many jobs or bytes as it may have
├── QueueFull         the service has as many queued jobs as it accepts
├── OperatorOnly      only administrators of the default project may do this
├── TooManyWebhooks   the project has as many webhooks as it may have
└── FormatUnavailable this server lacks what a file format needs
"""

from collections.abc import Sequence

from engine.errors import PointedProblem

RETRY_SECONDS = 30  # after which a client may try again: jobs end and files expire at this pace


class ServiceError(Exception):
    """A use case cannot be carried out."""


class JobTooLarge(ServiceError):
    """The job is larger than this service allows."""

    def __init__(self, problems: Sequence[PointedProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.detail for problem in problems))


class QuotaExceeded(ServiceError):
    """The project has used up a quota; `name` and `quota` say which."""

    def __init__(self, detail: str, *, name: str, quota: int) -> None:
        self.name = name
        self.quota = quota
        super().__init__(detail)


class TooManyWebhooks(ServiceError):
    """The project has reached its limit of webhooks."""


class FormatUnavailable(ServiceError):
    """This server lacks what a file format needs."""


class QueueFull(ServiceError):
    """The service has reached its limit of queued jobs."""


class OperatorOnly(ServiceError):
    """Only a key of the default project with the scope admin may create or delete projects."""

    def __init__(self) -> None:
        super().__init__(self.__doc__ or "")
