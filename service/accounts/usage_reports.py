"""Report what projects used, by day, by month or in total."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from store.accounts.metering import UsageTotal
from store.ids import ProjectId

Group = Literal["day", "month", "total"]

EPOCH = date(1970, 1, 1)
PEAKS = {"stored_bytes"}  # amounts of which the highest counts; all others are added


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """What a project used between two days, by metric."""

    project: ProjectId
    first_day: int
    last_day: int
    amounts: dict[str, float] = field(default_factory=dict)


def grouped(totals: Iterable[UsageTotal], group: Group, first_day: int, last_day: int) -> list[UsageReport]:
    """Return one report for each project and each day, month or the whole period in which it used something."""
    reports: dict[tuple[str, int], UsageReport] = {}
    for total in totals:
        start, end = _period(total.day, group, first_day, last_day)
        empty = UsageReport(project=total.project, first_day=start, last_day=end)
        amounts = reports.setdefault((total.project, start), empty).amounts
        so_far = amounts.get(total.metric, 0.0)
        amounts[total.metric] = max(so_far, total.amount) if total.metric in PEAKS else so_far + total.amount
    return sorted(reports.values(), key=lambda report: (report.first_day, report.project))


def day_number(day: date) -> int:
    """Return the days since 1970."""
    return (day - EPOCH).days


def _period(day: int, group: Group, first_day: int, last_day: int) -> tuple[int, int]:
    if group == "day":
        return day, day
    if group == "total":
        return first_day, last_day
    first = (EPOCH + timedelta(days=day)).replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return max(day_number(first), first_day), min(day_number(following) - 1, last_day)
