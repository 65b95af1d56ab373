"""What every command works with: the client, and where output goes."""

import json
import os
from functools import cached_property
from typing import Any

from rich.console import Console

from backprop_client import Client
from backprop_client.cli.login_file import read_login

MAX_RETRIES = 1  # a person waits; uploads, downloads and waits have more patience


class Session:
    """One run of the command. Results go to standard output; progress, questions and errors to standard error."""

    def __init__(self, server: str | None, api_key: str | None, *, as_json: bool) -> None:
        self._server = server
        self._api_key = api_key
        self.as_json = as_json
        self.out = Console(highlight=False)
        self.err = Console(stderr=True, highlight=False)

    @property
    def given(self) -> tuple[str | None, str | None]:
        """Address and key of the options or of the environment; None for what is not there."""
        return self._server or os.environ.get("BACKPROP_URL"), self._api_key or os.environ.get("BACKPROP_API_KEY")

    @cached_property
    def client(self) -> Client:
        """The client: options come first, then BACKPROP_URL and BACKPROP_API_KEY, then the stored login."""
        stored = read_login()
        server, key = self.given
        if key is None and server in {None, stored.url}:
            key = stored.api_key  # it is never sent to another service
        return Client(server or stored.url, key, max_retries=MAX_RETRIES)

    def close(self) -> None:
        """Close the connections, if there are any."""
        if "client" in self.__dict__:
            self.client.close()

    def print(self, *parts: Any) -> None:
        """Print a result for people. With `--json`, nothing: `print_json` has printed it."""
        if not self.as_json:
            self.out.print(*parts)

    def note(self, text: str) -> None:
        """Print something about the result for people, beside it."""
        if not self.as_json:
            self.err.print(text, markup=False, soft_wrap=True)

    def print_json(self, value: Any) -> None:
        """With `--json`, print the result on one line; otherwise nothing."""
        if self.as_json:
            self.out.out(json.dumps(value, ensure_ascii=False), highlight=False)

    @property
    def is_interactive(self) -> bool:
        """Whether a person can answer questions and watch progress."""
        return not self.as_json and self.err.is_terminal and os.isatty(0)

    def interrupted(self, text: str) -> None:
        """Say what continues after Ctrl-C, also with `--json`."""
        self.err.print(text, markup=False, soft_wrap=True)
