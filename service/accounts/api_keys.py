"""What administrators do with API keys: create and revoke. The endpoints and `./dev key` share these use cases."""

from store.accounts import keys, projects
from store.accounts.keys import KeyGrant, KeyInfo
from store.db.transaction import Tx
from store.ids import KeyId, ProjectId


def create(tx: Tx, administered: ProjectId | None, secret: bytes, grant: KeyGrant) -> tuple[KeyInfo, str]:
    """Create a key and return it with its secret text, which is not stored.

    Raises:
        NotFound: the project does not exist, or it is not `administered` (None: all are).
    """
    projects.get(tx, administered, grant.project, lock="shared")
    key = keys.new_key()
    return keys.add(tx, key, secret, grant), key


def revoke(tx: Tx, administered: ProjectId | None, key_id: str) -> KeyInfo:
    """Make a key invalid for good; every API process rejects it within a second. Raises `NotFound`."""
    keys.get(tx, administered, key_id)
    keys.revoke(tx, KeyId(key_id))
    return keys.get(tx, administered, key_id)
