"""Short names of jobs, models and data sets: `latest`, or the end of an id."""

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Protocol

from backprop_client.cli.command import UsageError
from backprop_client.cli.session import Session

SHORT = 8  # characters that lists show of an id; ids end in random digits, so these are unique in practice
LATEST = "latest"
MAX_SEARCHED = 1000  # the newest ones
PREFIXES = {"job": "job_", "model": "mdl_", "data set": "ds_", "key": "key_"}


class Item(Protocol):
    """What has an id."""

    id: str


def short(full_id: str) -> str:
    """Return the end of an id that the command accepts in its place."""
    return full_id[-SHORT:]


def job_id(session: Session, text: str) -> str:
    """Return the id of the job that `text` names.

    Raises:
        UsageError: no job or several jobs have such an id.
    """
    return _resolved("job", text, lambda: session.client.jobs.list(page_size=100))


def model_id(session: Session, text: str) -> str:
    """Return the id of the model that `text` names; the id or short id of a job names its model.

    Raises:
        UsageError: no model or several models have such an id, or the job has no model.
    """
    if text.startswith(PREFIXES["job"]):
        return session.client.jobs.get(text).model().id
    models = session.client.models
    try:
        return _resolved("model", text, lambda: models.list(page_size=100))
    except UsageError as no_model:
        try:
            job = job_id(session, text)
        except UsageError:
            raise no_model from None
        return session.client.jobs.get(job).model().id


def dataset_id(session: Session, text: str) -> str:
    """Return the id of the data set that `text` names.

    Raises:
        UsageError: no data set or several data sets have such an id.
    """
    return _resolved("data set", text, lambda: session.client.datasets.list(page_size=100))


def key_id(session: Session, text: str) -> str:
    """Return the id of the API key that `text` names.

    Raises:
        UsageError: no key or several keys have such an id.
    """
    return _resolved("key", text, session.client.keys.list)


def looks_like_an_id(text: str) -> bool:
    """Whether `text` can only be an id, a short id or `latest`, and not a file."""
    return text == LATEST or re.fullmatch(r"(ds_)?[0-9a-f]{4,32}", text) is not None


def _resolved(kind: str, text: str, items: Callable[[], Iterable[Any]]) -> str:
    prefix = PREFIXES[kind]
    if re.fullmatch(rf"{prefix}[0-9a-f-]{{32,36}}", text):
        return text
    newest: list[str] = [item.id for item in islice(items(), 1 if text == LATEST else MAX_SEARCHED)]
    if text == LATEST:
        if newest:
            return newest[0]
        raise UsageError(f"There is no {kind} yet.")
    ending = text.removeprefix(prefix)
    found = [each for each in newest if ending and each.removeprefix(prefix).endswith(ending)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"The ids of {len(found)} {kind}s end in {text!r}. Write more characters: {', '.join(found[:5])}"
        )
    raise UsageError(
        f"No {kind} has the id {text!r} or an id that ends so. `backprop {kind.replace(' ', '')}s` lists them."
    )
