"""`If-Match` (RFC 9110, 13.1.1): change or delete something only in the version that the client has seen."""

import re
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header, Request

from api.http.errors import InvalidHeader, PreconditionFailed

TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
ONE_OR_ANY = r'^([*]|"[!#-~]*")$'  # the usual forms; several tags are accepted, too
TAGS = re.compile(rf"\s*(?:{TAG})?(?:\s*,\s*(?:{TAG})?)*\s*")


class Precondition:
    """The versions that a request accepts; any version without the header or with `*`."""

    def __init__(self, header: str | None) -> None:
        self._is_sent = header is not None
        self._is_any = header is None or header.strip() == "*"
        self._tags = re.findall(TAG, header or "")
        if not self._is_any and not (self._tags and TAGS.fullmatch(header or "")):
            raise InvalidHeader('If-Match must be * or a list of ETags in double quotes, such as "1-".')

    @property
    def names_versions(self) -> bool:
        """Return whether the request accepts some versions only."""
        return not self._is_any

    def check(self, is_current: Callable[[str], bool]) -> None:
        """Raise `PreconditionFailed` unless one of the tags is current. Weak tags never are."""
        if not self._is_any and not any(is_current(tag) for tag in self._tags if tag.startswith('"')):
            raise PreconditionFailed("It has changed since this version. Read it again, then decide.")

    def check_absent(self) -> None:
        """Raise `PreconditionFailed` if the request accepts existing versions only: there is none."""
        if self._is_sent:
            raise PreconditionFailed("It does not exist. Leave out If-Match to create it.")


def precondition_of(
    request: Request,
    if_match: Annotated[
        str | None,
        Header(
            description="Only if the current `ETag` is one of these. Otherwise: 412.",
            json_schema_extra={"pattern": ONE_OR_ANY},
        ),
    ] = None,
) -> Precondition:
    """Return the precondition of a request, whose header may have several lines."""
    lines = request.headers.getlist("if-match")
    return Precondition(", ".join(lines) if if_match is not None else None)


IfMatch = Annotated[Precondition, Depends(precondition_of)]
OnlyNew = Annotated[
    str | None,
    Header(alias="If-None-Match", pattern=r"^\*$", description="`*`: only if it does not exist yet. Otherwise: 412."),
]


def etag_of(resource_id: str) -> str:
    """Return the ETag of something that never changes: its id."""
    return f'"{resource_id}"'
