"""`backprop login` and `logout`."""

import typer

from backprop_client import Client
from backprop_client.cli.command import command
from backprop_client.cli.login_file import Login, forget_login, login_path, save_login
from backprop_client.cli.session import Session
from backprop_client.cli.views import plain
from backprop_client.configuration import DEFAULT_URL
from backprop_client.errors import AuthenticationError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app)(login)
    command(app)(logout)


def login(session: Session) -> None:
    """Check the address of a service and an API key, and store them for the next commands.

    Asks for what --server, --api-key and the environment do not say. The file can be read by you only.
    """
    chosen = _ask(session)
    with Client(chosen.url, chosen.api_key) as client:
        client.jobs.list(page_size=1).first()
    path = save_login(chosen)
    session.print_json({"url": chosen.url, "path": str(path)})
    session.print(plain(f"You are logged in to {chosen.url}. The login is in {path}."))


def _ask(session: Session) -> Login:
    url, key = session.given
    if url is None:
        url = (
            typer.prompt("Address of the service", default=DEFAULT_URL, err=True)
            if session.is_interactive
            else DEFAULT_URL
        )
    if key is None and session.is_interactive and _needs_key(url):
        key = typer.prompt("API key", hide_input=True, err=True)
    return Login(url=url.rstrip("/"), api_key=key)


def _needs_key(url: str) -> bool:
    try:
        with Client(url, "") as client:
            client.jobs.list(page_size=1).first()
    except AuthenticationError:
        return True
    return False


def logout(session: Session) -> None:
    """Remove the stored address and API key."""
    path = login_path()
    existed = forget_login()
    session.print_json({"removed": existed})
    session.print(plain(f"{path} is removed." if existed else "You are not logged in."))
