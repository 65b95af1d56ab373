"""Fixtures for tests of the worker."""

from tests.support.worker_fixture import worker_fixture  # noqa: F401 - a fixture
