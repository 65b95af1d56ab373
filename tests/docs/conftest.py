"""A running service for the examples of the documentation."""

from collections.abc import Iterator

import pytest

from tests.support.example_service import ExampleService
from tests.support.launched import Launched

LOCAL_WEBHOOKS = {"BACKPROP_WEBHOOK_ALLOW_HTTP": "true", "BACKPROP_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8"}


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExampleService]:
    """A service started like `./dev serve`; one for all examples."""
    launched = Launched(tmp_path_factory.mktemp("examples") / "data", "--port", "0", **LOCAL_WEBHOOKS)
    service = ExampleService(f"http://127.0.0.1:{launched.wait_until_ready()}")
    yield service
    service.client.close()
    launched.process.terminate()
    launched.process.wait(20)
