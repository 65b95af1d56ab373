"""The types of events that webhooks receive."""

JOB_STATES = ("running", "succeeded", "failed", "canceled", "paused")
JOB_EVENTS = tuple(f"job.{state}" for state in JOB_STATES)
EVENT_TYPES = (*JOB_EVENTS, "sweep.finished", "batch.finished")
ALL_EVENTS = "*"  # in the list of a webhook: every type, also those of later versions
TEST_EVENT = "webhook.test"
