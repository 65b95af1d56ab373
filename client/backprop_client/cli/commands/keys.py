"""`backprop keys list`, `create` and `revoke`."""

from typing import Annotated, Any

import typer

from backprop_client.cli import numbers
from backprop_client.cli.command import command
from backprop_client.cli.ids import key_id, short
from backprop_client.cli.session import Session
from backprop_client.cli.views import plain, table


def register(app: typer.Typer) -> None:
    """Add the commands."""
    keys = typer.Typer(
        help="Create, list and revoke API keys. Needs a key with the scope admin.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    command(keys, "list")(list_keys)
    command(keys, "create")(create_key)
    command(keys, "revoke")(revoke_key)
    app.add_typer(keys, name="keys")


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
    wanted: list[Any] = [each.strip() for each in scopes.split(",")]  # the service checks them
    created = session.client.keys.create(name=name, scopes=wanted)
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
