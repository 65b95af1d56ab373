"""The command `backprop` in tests: a service for it, and what it printed."""

import json
from dataclasses import dataclass, field
from typing import Any

KEY = "bp_live_a_key_for_the_command_line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A running service, and the models that tests have trained on it."""

    url: str
    models: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The only thing that a command with `--json` prints."""
        assert self.out.count("\n") == 1, self.out + self.err
        return json.loads(self.out)
