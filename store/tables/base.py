"""The base of all tables, and column types that several tables share.

Times are milliseconds since 1970. What is searched or sorted is a column, what is only shown is JSON.
"""

from typing import Any, ClassVar, cast

from sqlalchemy import JSON, BigInteger, MetaData, String, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

Json = JSON().with_variant(JSONB(), "postgresql")
Id = String(48)


class Base(DeclarativeBase):
    """The base of all tables: names of constraints, and column types by annotation."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {dict[str, Any]: Json, list[Any]: Json, str: String(), int: BigInteger()}


def table_of(row: type[Base]) -> Table:
    """Return the table of a class of rows: an insert into it skips the object-relational part of SQLAlchemy."""
    return cast("Table", row.__table__)
