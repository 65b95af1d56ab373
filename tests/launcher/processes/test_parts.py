"""The commands of the parts name modules that exist and the options of the service."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from launcher.options import Options
from launcher.processes.parts import api_part, migrate_part, scheduler_part, worker_part
from launcher.processes.process import Part

OPTIONS = Options(host="127.0.0.1", port=8123, data=Path("data"), workers=3)
PARTS = [api_part(OPTIONS, {}), worker_part(OPTIONS, {}), migrate_part(OPTIONS, {}), scheduler_part({})]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: str(part.name))
def test_the_modules_of_a_part_exist(part: Part) -> None:
    names = [part.module, *part.preload]
    assert [name for name in names if name is None or importlib.util.find_spec(name) is None] == []


def test_options_reach_the_parts() -> None:
    assert api_part(OPTIONS, {}).argv(None)[-4:] == ["--host", "127.0.0.1", "--port", "8123"]
    assert api_part(replace(OPTIONS, api_processes=2), {}).argv(None)[-2:] == ["--processes", "2"]
    assert worker_part(OPTIONS, {}).argv(None)[-2:] == ["--concurrency", "3"]
    assert migrate_part(OPTIONS, {}).argv(None)[-2:] == ["launcher", "migrate"]
    assert migrate_part(replace(OPTIONS, first_key=True), {}).argv(None)[-2:] == ["migrate", "--first-key"]


def test_only_gated_parts_get_a_gate() -> None:
    part = api_part(OPTIONS, {})
    assert "--gate" not in part.argv(None)
    assert part.argv(5)[part.argv(5).index("--gate") + 1] == "5"
