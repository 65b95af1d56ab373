"""One job: wait for it, follow it, act on it, and get its model."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, Self, Unpack

from backprop_client._async.downloading import Progress, download
from backprop_client._async.following import follow, wait
from backprop_client._async.models import AsyncModel, AsyncModels
from backprop_client._async.transport import AsyncTransport
from backprop_client.errors import JobFailedError
from backprop_client.formats import WeightsFormat
from backprop_client.paths import target_file
from backprop_client.requests import Request, path_of
from backprop_client.specs.requests import LearningCurveRequest
from backprop_client.types import jobs as types
from backprop_client.types import reports

ENDED = frozenset({"succeeded", "failed", "canceled"})


class AsyncJob(types.Job):
    """A training job. Its fields are those of the last answer; `refresh`, `wait` and the actions update them."""

    __slots__ = ("_transport",)

    def __init__(self, transport: AsyncTransport, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self._transport = transport

    @property
    def has_ended(self) -> bool:
        """Whether the job has succeeded, failed or was canceled. A paused job has not ended."""
        return self.state in ENDED

    async def refresh(self) -> Self:
        """Read the job again, and return it."""
        self._replace(await self._transport.get(self._path()))
        return self

    async def wait(self, timeout: float | None = None, *, on_change: Callable[[Self], None] | None = None) -> Self:
        """Wait until the job has ended, and return it. Whether it succeeded, `state` says.

        timeout: seconds after which `WaitTimeoutError` is raised; the job continues. Default: no limit.
        on_change: called with the job whenever it has changed, at most twice per second.

        Survives lost connections and restarts of the service. A paused job is waited for until somebody resumes it.
        """

        def changed(data: Mapping[str, Any]) -> bool:
            self._replace(data)
            if on_change is not None:
                on_change(self)
            return self.has_ended

        end = None if timeout is None else time.monotonic() + timeout
        await wait(self._transport, self._path(), changed, end, each_change=on_change is not None)
        return self

    def events(self, *, after: int = 0) -> AsyncIterator[types.Event]:
        """Iterate over the events of the job, each transition, epoch and warning, until it has ended.

        after: only events after this number. A lost connection leaves out and repeats no event. After a lost worker,
            the epochs since the last checkpoint are trained again; their events come again, with higher numbers.
        """
        return follow(self._transport, self._path("events"), self._path(), after)

    async def metrics(self, *, after_epoch: int | None = None, max_points: int | None = None) -> list[types.Epoch]:
        """Return the metrics of each epoch; more than `max_points` (1,000) are thinned out evenly."""
        parameters = {"after_epoch": after_epoch, "max_points": max_points}
        return types.Epochs(await self._transport.get(self._path("metrics"), parameters)).data

    async def report(self) -> reports.Report:
        """Return the training report: what the job learned, how, and what that cost; also while it runs."""
        return reports.Report(await self._transport.get(self._path("report")))

    async def report_html(self) -> str:
        """Return the training report as a page that contains everything it needs, to save, print or send."""
        request = Request(method="GET", path=self._path("report"), headers={"Accept": "text/html"})
        return (await self._transport.send(request)).text

    # --- more data

    async def start_learning_curve(self, **request: Unpack[LearningCurveRequest]) -> types.LearningCurve:
        """Find out whether more data would help: queue jobs that learn from parts of the rows."""
        return types.LearningCurve(await self._transport.create(self._path("learning-curve"), request))

    async def learning_curve(self) -> types.LearningCurve:
        """Return the learning curve as far as its jobs have ended; `summary` has the answer in words."""
        return types.LearningCurve(await self._transport.get(self._path("learning-curve")))

    async def cancel_learning_curve(self) -> types.LearningCurve:
        """Cancel those jobs of the learning curve that have not ended."""
        return types.LearningCurve(await self._transport.create(self._path("learning-curve", "cancel")))

    async def delete_learning_curve(self) -> None:
        """Erase the learning curve with its jobs and their models. This job stays."""
        await self._transport.delete(self._path("learning-curve"))

    # --- actions

    async def cancel(self) -> Self:
        """Cancel the job. A running job ends after its present mini-batch, without a model."""
        return await self._act("cancel")

    async def stop(self) -> Self:
        """Finish now: the model gets the best weights so far."""
        return await self._act("stop")

    async def pause(self) -> Self:
        """Save a checkpoint and free the worker."""
        return await self._act("pause")

    async def resume(self) -> Self:
        """Continue a paused job where it stopped, with bit-identical results."""
        return await self._act("resume")

    async def retry(self) -> Self:
        """Create a new job with the same spec, and return it; its `retry_of` is this job."""
        return type(self)(self._transport, await self._transport.create(self._path("retry")))

    async def delete(self) -> None:
        """Erase the job with its metrics, events, checkpoints and model. Only for jobs that have ended."""
        await self._transport.delete(self._path())

    # --- results

    async def model(self) -> AsyncModel:
        """Return the model of the job. Raises `JobFailedError` if it has none."""
        if self.model_id is None and not self.has_ended:
            await self.refresh()
        if self.model_id is None:
            raise JobFailedError(self)
        return await AsyncModels(self._transport).get(self.model_id)

    async def download_weights(
        self,
        path: str | Path,
        *,
        format: WeightsFormat = "safetensors",
        progress: Progress | None = None,
    ) -> Path:
        """Save the weights that the job ended with: its model's, or the last finite ones if training diverged."""
        target = target_file(path, f"{self.id}.{format}")
        parameters = {"format": format}
        return await download(self._transport, self._path("weights"), target, parameters=parameters, progress=progress)

    async def _act(self, action: str) -> Self:
        self._replace(await self._transport.create(self._path(action)))
        return self

    def _path(self, *rest: str) -> str:
        return path_of("jobs", self.id, *rest)
