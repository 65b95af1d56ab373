"""The states of a job: queued, running, paused, succeeded, failed, canceled."""

WAITING = ("queued", "paused")
UNFINISHED = ("queued", "running", "paused")
TERMINAL = ("succeeded", "failed", "canceled")
