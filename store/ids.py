"""Ids: a type prefix and a UUIDv7 (RFC 9562), so that ids sort by the time they were made."""

import re
import secrets
import time
from typing import NewType

ProjectId = NewType("ProjectId", str)
DatasetId = NewType("DatasetId", str)
JobId = NewType("JobId", str)
ModelId = NewType("ModelId", str)
WeightsId = NewType("WeightsId", str)
BlobId = NewType("BlobId", str)
CheckpointId = NewType("CheckpointId", str)
KeyId = NewType("KeyId", str)
WorkerId = NewType("WorkerId", str)

DEFAULT_PROJECT = ProjectId("prj_default")  # the owner of everything on a service without keys


FORM = re.compile(r"[a-z]{2,4}_[0-9a-z]{1,40}")


def is_id(value: str) -> bool:
    """Whether `value` could be an id; what cannot need not be looked for."""
    return FORM.fullmatch(value) is not None


def first_id(prefix: str, milliseconds: int) -> str:
    """No id of this kind that was made at this time since 1970, or later, sorts before this one."""
    return f"{prefix}_{max(milliseconds, 0) << 80:032x}"


def new_id(prefix: str) -> str:
    """``prefix_`` and 32 hexadecimal digits: 48 bits of milliseconds, 12 of their fraction, 62 at random."""
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = nanoseconds * 4096 // 1_000_000
    number = milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)
    return f"{prefix}_{number:032x}"
