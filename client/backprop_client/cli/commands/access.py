"""`backprop login`, `logout` and `keys`."""

from typing import Annotated

import typer
from backprop_client.configuration import DEFAULT_URL
from backprop_client.errors import AuthenticationError

from backprop_client import Client
from backprop_client.cli import numbers
from backprop_client.cli.command import command
from backprop_client.cli.ids import key_id, short
from backprop_client.cli.login_file import Login, forget_login, login_path, save_login
from backprop_client.cli.session import Session
from backprop_client.cli.views import plain, table


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app)(login)
    command(app)(logout)
    keys = typer.Typer(help="Create, list and revoke API keys. Needs a key with the scope admin.", no_args_is_help=True)
    command(keys, "list")(list_keys)
    command(keys, "create")(create_key)
    command(keys, "revoke")(revoke_key)
    app.add_typer(keys, name="keys")


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


def list_keys(session: Session) -> None:
    """List the keys; the keys themselves are shown only when they are created."""
    found = list(session.client.keys.list())
    session.print_json([each.to_dict() for each in found])
    listed = table("id", "name", "scopes", "created", "expires", "state")
    for each in found:
        state = "revoked" if each.revoked_at else "valid"
        cells = (short(each.id), each.name, ",".join(each.scopes), numbers.age(each.created_at))
        listed.add_row(*map(plain, (*cells, (each.expires_at or "never")[:10], state)))
    session.print(listed)


def create_key(
    session: Session,
    name: Annotated[str, typer.Option(metavar="TEXT", help="A name for your own lists.")] = "default",
    scopes: Annotated[
        str, typer.Option(metavar="LIST", help="read, write, admin, separated by commas.")
    ] = "read,write",
) -> None:
    """Create a key and print it, once."""
    created = session.client.keys.create(name=name, scopes=[each.strip() for each in scopes.split(",")])
    session.print_json(created.to_dict())
    session.note(f"Key {created.id}. It is shown only here; keep it:")
    session.print(created.key)


def revoke_key(
    session: Session, key: Annotated[str, typer.Argument(metavar="KEY", help="Its id, or its end.")]
) -> None:
    """Make a key invalid."""
    full_id = key_id(session, key)
    session.client.keys.revoke(full_id)
    session.print_json({"id": full_id, "revoked": True})
    session.print(f"{full_id} is revoked.")
