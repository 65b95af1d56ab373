"""Celery workers that claim, train and finish jobs, and the scheduler that maintains the database."""
