"""The file in which `backprop login` keeps the address of the service and the API key."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where the service is, and the key that it accepts."""

    url: str | None = None
    api_key: str | None = None


def login_path() -> Path:
    """Return the file: in `XDG_CONFIG_HOME`, in `APPDATA` on Windows, or in `~/.config`."""
    folder = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA") or Path.home() / ".config"
    return Path(folder) / "backprop" / "login.json"


def read_login() -> Login:
    """Return what `save_login` stored; an empty login if there is none.

    Raises:
        ValueError: the file is not what `save_login` writes.
    """
    path = login_path()
    try:
        stored = json.loads(path.read_text())
        return Login(url=stored["url"], api_key=stored["api_key"])
    except FileNotFoundError:
        return Login()
    except (ValueError, TypeError, KeyError):
        raise ValueError(f"{path} is damaged. Run `backprop login` to write it again.") from None


def save_login(login: Login) -> Path:
    """Store the login so that only the current user can read it, and return the file."""
    path = login_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(login), file)
    part.replace(path)
    return path


def forget_login() -> bool:
    """Remove the stored login; return whether there was one."""
    path = login_path()
    existed = path.exists()
    path.unlink(missing_ok=True)
    return existed
