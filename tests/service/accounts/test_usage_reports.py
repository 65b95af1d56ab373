"""Usage is added up by day, month or in total; of stored bytes the highest value counts."""

from datetime import date

from service.accounts.usage_reports import UsageReport, day_number, grouped
from store.accounts.metering import UsageTotal
from store.ids import DEFAULT_PROJECT

FIRST, LAST = day_number(date(2026, 1, 30)), day_number(date(2026, 2, 2))
TOTALS = [
    UsageTotal(project=DEFAULT_PROJECT, day=FIRST + offset, metric=metric, amount=amount)
    for offset, metric, amount in ((0, "cpu_seconds", 2), (1, "cpu_seconds", 3), (3, "cpu_seconds", 4))
] + [UsageTotal(project=DEFAULT_PROJECT, day=FIRST + day, metric="stored_bytes", amount=9 - day) for day in (0, 1)]


def report(first: int, last: int, **amounts: float) -> UsageReport:
    return UsageReport(project=DEFAULT_PROJECT, first_day=first, last_day=last, amounts=amounts)


def test_usage_is_grouped_by_day_by_month_and_in_total() -> None:
    assert grouped(TOTALS, "day", FIRST, LAST) == [
        report(FIRST, FIRST, cpu_seconds=2, stored_bytes=9),
        report(FIRST + 1, FIRST + 1, cpu_seconds=3, stored_bytes=8),
        report(LAST, LAST, cpu_seconds=4),
    ]
    assert grouped(TOTALS, "month", FIRST, LAST) == [
        report(FIRST, FIRST + 1, cpu_seconds=5, stored_bytes=9),
        report(FIRST + 2, LAST, cpu_seconds=4),
    ]
    assert grouped(TOTALS, "total", FIRST, LAST) == [report(FIRST, LAST, cpu_seconds=9, stored_bytes=9)]
