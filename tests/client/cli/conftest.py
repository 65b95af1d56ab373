"""A service that needs a key, and the command on it: in this process, or in a terminal of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backprop_client.cli.app import app
from tests.support.client_commands import KEY, Done, Service
from tests.support.launched import Launched
from tests.support.tables import flowers


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running service with one key."""
    folder = tmp_path_factory.mktemp("command line")
    launched = Launched(folder / "data", "--port", "0", BACKPROP_API_KEY=KEY)
    yield Service(url=f"http://127.0.0.1:{launched.wait_until_ready()}")
    launched.process.terminate()
    launched.process.wait(20)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the command runs. It has a table; no login and no setting of the caller is seen."""
    (tmp_path / "flowers.csv").write_text(flowers(90))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("BACKPROP_URL", "BACKPROP_API_KEY", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def backprop(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """Run the command with these arguments on the service; it is not a terminal."""
    monkeypatch.setenv("BACKPROP_URL", service.url)
    monkeypatch.setenv("BACKPROP_API_KEY", KEY)

    def run(*arguments: str) -> Done:
        with pytest.raises(SystemExit) as ended:
            app(list(arguments), prog_name="backprop")
        printed = capsys.readouterr()
        return Done(code=int(ended.value.code or 0), out=printed.out, err=printed.err)

    return run


@pytest.fixture
def trained(backprop: Callable[..., Done], service: Service) -> str:
    """The id of a model; it is trained once for all tests."""
    if not service.models:
        done = backprop("train", "flowers.csv", "--target", "kind", "--preset", "fast", "--epochs", "3", "--json")
        service.models.append(done.json["model_id"])
    return service.models[0]
