"""Options of `serve` are checked before anything starts."""

from pathlib import Path

import pytest

from launcher.__main__ import main, serve_options
from launcher.command_line.parser import parse
from launcher.options import Options


@pytest.mark.parametrize(
    ("option", "value"),
    [("--workers", "1000000"), ("--workers", "0"), ("--workers", "two"), ("--port", "65536"), ("--port", "http")],
)
def test_invalid_numbers_are_refused_with_the_valid_range(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", option, value])
    assert ended.value.code == 2
    message = capsys.readouterr().err
    assert f"argument {option}: {value!r} is invalid" in message
    assert "a whole number from" in message


def test_the_data_folder_is_relative_to_the_callers_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BACKPROP_DATA", raising=False)
    assert serve_options(parse(["serve"])).data == tmp_path / "data"
    assert serve_options(parse(["serve", "--data", "mine"])).data == tmp_path / "mine"


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:8000"), ("0.0.0.0", "http://127.0.0.1:8000"), ("::", "http://[::1]:8000")],
)
def test_the_url_is_one_that_clients_can_connect_to(host: str, url: str) -> None:
    assert Options(host=host, port=8000, data=Path("data"), workers=1).url() == url
