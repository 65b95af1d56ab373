"""What projects use, as responses show it."""

from collections.abc import Mapping
from datetime import date, timedelta

from pydantic import Field

from api.http.schemas import View
from service.accounts.usage_reports import UsageReport

FIRST_DAY = date(1970, 1, 1)


class JobCountsView(View):
    """Numbers of jobs."""

    created: int
    succeeded: int
    failed: int
    canceled: int


class UsageView(View):
    """What a project used on a day, in a month or in the whole period."""

    project_id: str
    start: date = Field(description="The first day, in UTC.")
    end: date = Field(description="The last day, in UTC.")
    cpu_seconds: float = Field(description="CPU time of training and of batches.")
    jobs: JobCountsView
    prediction_rows: int = Field(description="Rows predicted by requests and by batches.")
    uploaded_bytes: int = Field(description="Size of the uploaded data sets and weights.")
    stored_bytes: int = Field(
        description="The most bytes that data sets, weights, models and results of batches had at a time."
    )

    @classmethod
    def of(cls, report: UsageReport) -> "UsageView":
        """Return the view of a report."""
        amounts: Mapping[str, float] = report.amounts
        return cls(
            project_id=report.project,
            start=FIRST_DAY + timedelta(days=report.first_day),
            end=FIRST_DAY + timedelta(days=report.last_day),
            cpu_seconds=round(amounts.get("cpu_seconds", 0.0), 3),
            jobs=JobCountsView(**{name: int(amounts.get(f"jobs_{name}", 0)) for name in JobCountsView.model_fields}),
            **{name: int(amounts.get(name, 0)) for name in ("prediction_rows", "uploaded_bytes", "stored_bytes")},
        )


class UsagePageView(View):
    """Usage by project and time, the oldest first."""

    data: list[UsageView]
