"""API keys: shown once, kept as HMAC-SHA256 under the service's secret."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import exists, or_, select

from store.db.clock import now
from store.db.transaction import Tx
from store.ids import DEFAULT_PROJECT, ProjectId, new_id
from store.tables import ApiKey

PREFIX = "bp_live_"
SHORTEST = 24  # characters; anything that can be guessed is no key
SCOPES = ("read", "write", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sent a request, and what they may do."""

    project: ProjectId
    scopes: frozenset[str]


ANYBODY = Caller(project=DEFAULT_PROJECT, scopes=frozenset(SCOPES))  # on loopback, while no key exists


def new_key() -> str:
    """A key of 256 random bits, as its owner will send it."""
    return PREFIX + secrets.token_urlsafe(32)


def add(tx: Tx, key: str, secret: bytes, *, name: str, project: ProjectId = DEFAULT_PROJECT) -> None:
    """Make `key` valid; a key that is known already stays as it is.

    Raises:
        ValueError: it could be guessed.
    """
    if len(key) < SHORTEST or not key.isascii() or not key.isprintable():
        raise ValueError(f"an API key has at least {SHORTEST} visible ASCII characters, such as {PREFIX}…")
    digest = _digest(key, secret)
    if not tx.scalar(select(exists().where(ApiKey.hash == digest))):
        tx.add(ApiKey(id=new_id("key"), project_id=project, name=name, hash=digest, scopes=list(SCOPES)))


def any_exist(tx: Tx) -> bool:
    """Whether any key was ever made: from then on, every request needs one."""
    return bool(tx.scalar(select(exists(select(ApiKey.id)))))


def caller_of(tx: Tx, key: str, secret: bytes) -> Caller | None:
    """Whose key this is; None if it is unknown, revoked or expired."""
    valid = (ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now()))
    found = tx.scalar(select(ApiKey).where(ApiKey.hash == _digest(key, secret), *valid))
    return Caller(project=ProjectId(found.project_id), scopes=frozenset(found.scopes)) if found else None


def _digest(key: str, secret: bytes) -> str:
    return hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()
