"""A file as it arrives: its media type, its bytes, and its name if it is part of a form."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import Message

MULTIPART = "multipart/form-data"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A file and its headers. `content_type` is as it was sent."""

    content_type: str
    packets: AsyncIterator[bytes]
    filename: str | None = None

    @property
    def is_gzip(self) -> bool:
        """Whether the name says that the file is compressed."""
        return (self.filename or "").lower().endswith(".gz")

    @property
    def charset(self) -> str | None:
        """Return the declared character encoding."""
        return charset_of(self.content_type)


def media_type(header: str | None) -> str:
    """Return the media type of a `Content-Type` without its parameters."""
    return (header or "").split(";")[0].strip().lower()


def charset_of(content_type: str) -> str | None:
    """Return the parameter `charset` of a `Content-Type`."""
    message = Message()
    message["content-type"] = content_type.replace("\r", " ").replace("\n", " ")
    charset = message.get_param("charset")
    return charset if isinstance(charset, str) and charset else None
