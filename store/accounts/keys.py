"""API keys: created, listed, revoked, and looked up by their HMAC-SHA256."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select, update

from store.clock import now
from store.db.pages import Page, page
from store.db.transaction import Tx
from store.errors import NotFound
from store.ids import DEFAULT_PROJECT, KeyId, ProjectId, is_id, new_id
from store.tables import ApiKey, Project

PREFIX = "bp_live_"
MIN_LENGTH = 24  # characters; shorter keys can be guessed
SCOPES = ("read", "write", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The request with which a caller changes something, for the audit log."""

    operation: str
    request_id: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The project, the scopes and the key of whoever sent a request, and the request if it changes something."""

    project: ProjectId
    scopes: frozenset[str]
    key_id: KeyId | None = None
    key_name: str | None = None
    origin: Origin | None = None

    @property
    def is_operator(self) -> bool:
        """Whether the caller administers all projects: an administrator of the default project does."""
        return self.project == DEFAULT_PROJECT and "admin" in self.scopes

    @property
    def administered(self) -> ProjectId | None:
        """The only project that the caller may administer; None: every project."""
        return None if self.is_operator else self.project


ANONYMOUS = Caller(project=DEFAULT_PROJECT, scopes=frozenset(SCOPES))  # the caller on loopback while no key exists


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyGrant:
    """What a new key is called, and what it permits."""

    name: str
    project: ProjectId = DEFAULT_PROJECT
    scopes: tuple[str, ...] = SCOPES
    valid_seconds: int | None = None  # from its creation; None: until it is revoked
    expires_at: int | None = None  # the same as a time, in milliseconds since 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    """A stored key without its secret; times are milliseconds since 1970."""

    id: KeyId
    name: str
    project: ProjectId
    scopes: tuple[str, ...]
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None = None


def new_key() -> str:
    """Return a new random key of 256 bits, as its owner sends it."""
    return PREFIX + secrets.token_urlsafe(32)


def add(tx: Tx, key: str, secret: bytes, grant: KeyGrant) -> KeyInfo:
    """Make `key` valid. A key that is already stored does not change.

    Raises:
        ValueError: the key can be guessed, or the project or a scope does not exist.
    """
    if len(key) < MIN_LENGTH or not key.isascii() or not key.isprintable():
        raise ValueError(f"An API key needs at least {MIN_LENGTH} visible ASCII characters, such as {PREFIX}….")
    if unknown := sorted(set(grant.scopes) - set(SCOPES)):
        raise ValueError(f"Unknown scope {unknown[0]!r}. Scopes are: {', '.join(SCOPES)}.")
    if not tx.scalar(select(exists().where(Project.id == grant.project))):
        raise ValueError(f"There is no project {grant.project!r}.")
    digest = _digest(key, secret)
    stored = tx.scalar(select(ApiKey).where(ApiKey.hash == digest))
    return _info(stored or _insert(tx, digest, grant))


def _insert(tx: Tx, digest: str, grant: KeyGrant) -> ApiKey:
    row = ApiKey(id=new_id("key"), project_id=grant.project, name=grant.name, hash=digest, scopes=list(grant.scopes))
    row.expires_at = grant.expires_at
    if grant.valid_seconds is not None:
        row.expires_at = now() + 1000 * grant.valid_seconds
    tx.add(row)
    tx.flush()
    tx.refresh(row)
    return row


def get(tx: Tx, project: ProjectId | None, key_id: str) -> KeyInfo:
    """Return a key of the project, or of any project. Raises `NotFound`."""
    query = select(ApiKey).where(ApiKey.id == key_id, *_within(project))
    row = tx.scalar(query, execution_options={"populate_existing": True}) if is_id(key_id) else None
    if row is None:
        raise NotFound(f"Key {key_id} not found.")
    return _info(row)


def page_of(tx: Tx, project: ProjectId | None, cursor: str | None, limit: int) -> Page[KeyInfo]:
    """Return the keys of the project, or of every project, newest first."""
    found = page(tx, select(ApiKey).where(*_within(project)), ApiKey.id, cursor, limit)
    return Page(rows=[_info(row) for row in found.rows], next_cursor=found.next_cursor)


def every(tx: Tx, project: ProjectId | None = None) -> list[KeyInfo]:
    """Return all keys of a project, or of every project, oldest first; revoked and expired keys included."""
    query = select(ApiKey).order_by(ApiKey.id)
    if project is not None:
        query = query.where(ApiKey.project_id == project)
    return [_info(row) for row in tx.scalars(query)]


def revoke(tx: Tx, key_id: KeyId) -> bool:
    """Make a key invalid for good; false if it does not exist. A revoked key keeps the time of its revocation."""
    revoked = update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None)).values(revoked_at=now())
    tx.execute(revoked)
    return bool(tx.scalar(select(exists().where(ApiKey.id == key_id))))


def mark_used(tx: Tx, key_ids: Iterable[KeyId]) -> None:
    """Note that these keys are in use now."""
    tx.execute(update(ApiKey).where(ApiKey.id.in_(sorted(key_ids))).values(last_used_at=now()))


def any_exist(tx: Tx) -> bool:
    """Whether any key was ever created. From then on, every request needs a key."""
    return bool(tx.scalar(select(exists(select(ApiKey.id)))))


def caller_of(tx: Tx, key: str, secret: bytes) -> Caller | None:
    """Return the caller that this key identifies; None if it is unknown, revoked or expired."""
    valid = (ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now()))
    found = tx.scalar(select(ApiKey).where(ApiKey.hash == _digest(key, secret), *valid))
    if found is None:
        return None
    scopes = frozenset(found.scopes)
    return Caller(project=ProjectId(found.project_id), scopes=scopes, key_id=KeyId(found.id), key_name=found.name)


def _within(project: ProjectId | None) -> tuple[ColumnElement[bool], ...]:
    return () if project is None else (ApiKey.project_id == project,)


def _digest(key: str, secret: bytes) -> str:
    return hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()


def _info(row: ApiKey) -> KeyInfo:
    return KeyInfo(
        id=KeyId(row.id),
        name=row.name,
        project=ProjectId(row.project_id),
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
