"""The Celery side: workers that claim, train and finish jobs, and the scheduler that rings for what was left."""
