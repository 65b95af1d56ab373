"""Notifications to workers and to waiting clients, through Celery and Redis."""
