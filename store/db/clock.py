"""The database's own clock, the only one by which leases are judged: milliseconds since 1970, UTC."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class now(FunctionElement[int]):  # noqa: N801 - reads as the SQL function that it is
    """Milliseconds since 1970 by the database's clock, moving on within a transaction."""

    type = BigInteger()
    inherit_cache = True


@compiles(now, "postgresql")
def _postgresql(_element: now, _compiler: SQLCompiler, **_: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


@compiles(now, "sqlite")
def _sqlite(_element: now, _compiler: SQLCompiler, **_: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER)"


class rfc3339_now(FunctionElement[str]):  # noqa: N801 - as above
    """The same moment as text, as `rfc3339` writes it."""

    type = String()
    inherit_cache = True


@compiles(rfc3339_now, "postgresql")
def _postgresql_text(_element: rfc3339_now, _compiler: SQLCompiler, **_: Any) -> str:
    return """to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


@compiles(rfc3339_now, "sqlite")
def _sqlite_text(_element: rfc3339_now, _compiler: SQLCompiler, **_: Any) -> str:
    return "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"


def rfc3339(milliseconds: int) -> str:
    """``2026-01-31T12:00:00.000Z`` for milliseconds since 1970."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
