"""Errors that no kind of work expects: the database cannot be reached, or there is a defect."""

import logging

from store.db.database import is_statement_error, is_transient
from worker.attempt.outcomes import Failed, Interrupted, Outcome

log = logging.getLogger(__name__)

INTERNAL_DETAIL = (
    "Internal error. Submit the {kind} again. If that fails, give its id to the operator: the worker's log has the "
    "cause."
)


def classify_unexpected(error: Exception, kind: str) -> Outcome:
    """Return the outcome that `error` means, and log what an operator should know."""
    if is_transient(error):
        log.warning("A database error interrupted the attempt: %s", error)
        return Interrupted(charged=is_statement_error(error))
    log.error("Internal error.", exc_info=error)
    return Failed(code="internal", detail=INTERNAL_DETAIL.format(kind=kind))
