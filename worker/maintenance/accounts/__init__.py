"""Duties of the scheduler for projects: the audit log, usage, retention and deletions."""
