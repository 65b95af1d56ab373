"""Use cases: submit and control jobs, upload, predict. No HTTP and no Celery."""
