"""Encrypt what the service must be able to read again, such as the secrets of webhooks, with its secret key."""

import base64
import functools
from collections.abc import Callable

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"backprop stored secrets"  # keeps this key apart from other uses of the secret key


class Unreadable(Exception):
    """The secret key of this service is not the one that encrypted the text."""


class SecretBox:
    """Encrypts and decrypts texts."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._secret = secret  # read when first needed

    def seal(self, text: str) -> str:
        """Return the text encrypted."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return the text that was encrypted. Raises `Unreadable`."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise Unreadable(
                "A stored secret cannot be decrypted: BACKPROP_SECRET_KEY has changed. Restore it or rotate the secret."
            ) from None

    @functools.cached_property
    def _fernet(self) -> Fernet:
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(self._secret())
        return Fernet(base64.urlsafe_b64encode(key))
