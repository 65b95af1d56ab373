"""Fixtures for tests of deliveries."""

from tests.support.webhook_receiver import second_receiver, webhook_receiver  # noqa: F401 - fixtures
