"""Begin a resumable upload, and store its parts while they arrive."""

import time
from dataclasses import dataclass

from anyio import to_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from api.http.errors import ApiError, BodyTooLarge, InconsistentUploadLength
from api.http.uploads.upload_fields import content_length, state_fields, upload_length
from api.settings import ApiSettings
from service.bootstrap import Services
from service.uploads import resumable_uploads
from store.accounts.keys import Caller
from store.artifacts import uploads
from store.db.transaction import transaction
from store.ids import ProjectId
from store.tables import Upload

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadParts:
    """An upload that the request has taken over. Its `bytes` and `length` are kept up to date."""

    upload: Upload
    caller: Caller
    services: Services
    settings: ApiSettings

    @property
    def fields(self) -> dict[str, str]:
        """Return the fields that tell the state of the upload."""
        max_age = int(self.upload.expires_at / 1000 - time.time())
        return state_fields(self.upload, self.settings.max_upload_bytes, max_age)

    async def receive(self, request: Request, *, is_last: bool) -> None:
        """Store the body as it arrives. What arrived is kept if the connection breaks.

        Raises:
            InconsistentUploadLength, BodyTooLarge: too many bytes, or the last ones come too early.
            UploadInterrupted: another request has taken over the upload.
        """
        try:
            await to_thread.run_sync(self._agree_on_length, request, is_last)
            await self._store_all(request)
            if is_last and self.upload.length not in {None, self.upload.bytes}:
                raise self._inconsistent(f"it has {self.upload.bytes:,} bytes")
        except ApiError as error:
            error.headers.update(self.fields)
            raise

    async def _store_all(self, request: Request) -> None:
        buffer = bytearray()
        try:
            async for packet in request.stream():
                buffer += packet
                if len(buffer) >= CHUNK_BYTES:
                    await to_thread.run_sync(self._store, bytes(buffer))
                    buffer.clear()
        except ClientDisconnect:
            await to_thread.run_sync(self._store, bytes(buffer))
            raise
        await to_thread.run_sync(self._store, bytes(buffer))

    def _agree_on_length(self, request: Request, is_last: bool) -> None:  # noqa: FBT001 - called by a thread
        """Check the lengths that the request declares, and record that of the whole file."""
        body, declared = content_length(request), upload_length(request)
        found = {declared, self.upload.bytes + body if is_last and body is not None else None} - {None}
        for length in found:
            if self.upload.length is None and length is not None:
                with transaction(self.services.sessions) as tx:
                    uploads.set_length(tx, self.upload, length)
                self.upload.length = length
            if self.upload.length != length:
                raise self._inconsistent(f"this request ends it at {length:,} bytes")
        if max(self.upload.length or 0, self.upload.bytes + (body or 0)) > self.settings.max_upload_bytes:
            raise self._too_large()

    def _store(self, data: bytes) -> None:
        if not data:
            return
        start, end = self.upload.bytes, self.upload.bytes + len(data)
        if self.upload.length is not None and end > self.upload.length:
            with transaction(self.services.sessions) as tx:
                uploads.remove(tx, ProjectId(self.upload.project_id), self.upload.id)
            raise self._inconsistent("more bytes were sent; the upload was deleted")
        if end > self.settings.max_upload_bytes:
            raise self._too_large()
        with transaction(self.services.sessions, "append") as tx:
            expires_at = resumable_uploads.append(tx, self.services.limits, self.upload, start, data)
        self.upload.bytes, self.upload.expires_at = end, expires_at

    def _inconsistent(self, reason: str) -> InconsistentUploadLength:
        return InconsistentUploadLength(f"The upload has a length of {self.upload.length:,} bytes, but {reason}.")

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"An upload may have at most {self.settings.max_upload_bytes:,} bytes.")
