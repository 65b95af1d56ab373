"""Download a file, in several attempts if the connection breaks."""

from collections.abc import Callable
from pathlib import Path

from backprop_client._async import runtime
from backprop_client._async.transport import AsyncTransport
from backprop_client.errors import ApiError, BackpropError
from backprop_client.part_file import PartFile, announced_digest
from backprop_client.requests import Parameters, Request
from backprop_client.retries import Attempts

Progress = Callable[[int, int | None], None]


async def download(
    transport: AsyncTransport,
    path: str,
    target: Path,
    *,
    parameters: Parameters | None = None,
    progress: Progress | None = None,
) -> Path:
    """Save the content at `path` as the file `target`, and return it.

    Continues where it stopped, also where an earlier call stopped, if the content is still the same. Raises
    `DownloadError` if the bytes are not those that the service announced.
    """
    part = PartFile(target)
    attempts = Attempts(transport.configuration.retries, long=True)
    while True:
        before = part.size
        try:
            digest = await _receive(transport, path, parameters or {}, part, progress)
        except BackpropError as error:
            await _recover(part, attempts, error, before)
        else:
            return await runtime.in_thread(part.finish, digest)
        finally:
            part.close()


async def _receive(
    transport: AsyncTransport, path: str, parameters: Parameters, part: PartFile, progress: Progress | None
) -> str | None:
    """Receive what is missing, and return the digest of the whole content."""
    request = Request(method="GET", path=path, parameters=parameters, headers=part.headers)
    async with transport.stream(request) as response:
        total = part.begin(response.status_code, response.headers)
        async for data in response.aiter_raw():
            size = await runtime.in_thread(part.write, data)
            if progress is not None:
                progress(size, total if total >= 0 else None)
        return announced_digest(response.headers)


async def _recover(part: PartFile, attempts: Attempts, error: BackpropError, before: int) -> None:
    """Prepare the next attempt. Raises the error if there is none."""
    part.close()
    if part.size > before:
        attempts.succeeded()
    if isinstance(error, ApiError) and error.status == 416 and part.path is not None:
        part.discard()  # everything had arrived, or the content has changed
        return
    await runtime.sleep(attempts.delay_after(error))
