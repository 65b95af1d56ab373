"""Ids: a type prefix and a UUIDv7 (RFC 9562), so that ids sort by creation time."""

import random
import re
import secrets
import time
from collections.abc import Callable
from typing import Literal, NewType

ProjectId = NewType("ProjectId", str)
DatasetId = NewType("DatasetId", str)
JobId = NewType("JobId", str)
ModelId = NewType("ModelId", str)
WeightsId = NewType("WeightsId", str)
BlobId = NewType("BlobId", str)
CheckpointId = NewType("CheckpointId", str)
KeyId = NewType("KeyId", str)
DeletionId = NewType("DeletionId", str)
WebhookId = NewType("WebhookId", str)
DeliveryId = NewType("DeliveryId", str)
WorkerId = NewType("WorkerId", str)

Kind = Literal["job", "batch"]  # of what is queued for workers
PREFIXES: dict[Kind, str] = {"job": "job", "batch": "bat"}

DEFAULT_PROJECT = ProjectId("prj_default")  # owns everything on a service without API keys

FORM = re.compile(r"[a-z]{2,4}_[0-9a-z]{1,40}")


def is_id(value: str) -> bool:
    """Whether `value` has the form of an id. If not, no query is needed."""
    return FORM.fullmatch(value) is not None


def kind_of(queued_id: str) -> Kind:
    """What is queued under an id."""
    return "batch" if queued_id.startswith(PREFIXES["batch"]) else "job"


def first_id(prefix: str, milliseconds: int) -> str:
    """The smallest possible id of this kind that was made at this time, in milliseconds since 1970, or later."""
    return f"{prefix}_{max(milliseconds, 0) << 80:032x}"


def new_id(prefix: str, random_bits: Callable[[int], int] = secrets.randbits) -> str:
    """``prefix_`` and 32 hexadecimal digits: 48 bits of milliseconds, 12 of their fraction, 62 random bits."""
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = nanoseconds * 4096 // 1_000_000
    number = milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | random_bits(62)
    return f"{prefix}_{number:032x}"


def new_request_id() -> str:
    """Return a new id of a request. It names nothing that is stored, so fast random bits are enough."""
    return new_id("req", random.getrandbits)
