"""Plans that are kept: when they are used, and when the database is read again."""

from service.jobs.job_request import JobRequest
from service.jobs.planned_jobs import (
    FIRST_SECONDS,
    FRESH_SECONDS,
    MAX_FEATURES,
    MAX_PLANS,
    PlannedJob,
    PlannedJobs,
    key_of,
)
from store.ids import ProjectId
from store.jobs.durations import CompletedRun

OURS = ProjectId("prj_ours")


def planned(features: int = 1) -> PlannedJob:
    return PlannedJob(dataset_name="d", epochs=1, spec={"features": [{}] * features}, needs={}, warnings=[])


def test_a_plan_is_fresh_for_a_second() -> None:
    now = [0.0]
    plans = PlannedJobs(lambda: now[0])
    assert plans.find((OURS, "a")) == (None, False)
    plans.keep((OURS, "a"), planned(), [])
    now[0] = FIRST_SECONDS
    assert not plans.find((OURS, "a"))[1], "a job may have succeeded"
    plans.keep((OURS, "a"), planned(), [CompletedRun(flops=1, seconds=1)])
    fresh = plans.find((OURS, "a"))[1]
    now[0] += FRESH_SECONDS
    kept, still_fresh = plans.find((OURS, "a"))
    assert (fresh, kept is not None, still_fresh) == (True, True, False)


def test_the_oldest_and_very_large_plans_are_not_kept() -> None:
    plans = PlannedJobs()
    plans.keep((OURS, "large"), planned(MAX_FEATURES + 1), [])
    for number in range(MAX_PLANS + 1):
        plans.keep((OURS, str(number)), planned(), [])
    assert [plans.find((OURS, name))[0] is None for name in ("large", "0", "1")] == [True, True, False]


def test_only_what_planning_reads_makes_another_plan() -> None:
    request = {"dataset_id": "ds_1", "target": "y"}
    key = key_of(OURS, JobRequest.model_validate(request))
    same = {**request, "name": "n", "priority": 9, "metadata": {"a": "b"}}
    assert key_of(OURS, JobRequest.model_validate(same)) == key
    for other in ({"target": "z"}, {"dataset_id": "ds_2"}, {"training": {"epochs": 2}}, {"task": "regression"}):
        assert key_of(OURS, JobRequest.model_validate({**request, **other})) != key
    assert key_of(ProjectId("prj_theirs"), JobRequest.model_validate(request)) != key
