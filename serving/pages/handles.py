"""Opaque names of what has an id, for addresses of pages: they say nothing, and lead nowhere in another session."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from data_contracts.errors import NotThere

LONGEST = 64  # letters of an id
MOST_LETTERS = 400  # an id may be Chinese, three bytes a letter
PADDING = "\0"


@dataclass(frozen=True)
class Handles:
    """Names under a key of 64 bytes; the same id has the same name, and all names are of one length.

    >>> names = Handles(bytes(64))
    >>> names.id("officer", names.of("officer", "o-1")), len(names.of("case", "c")) == len(names.of("case", "c" * 32))
    ('o-1', True)
    """

    key: bytes = field(repr=False)

    def of(self, kind: str, one: str) -> str:
        """The name of an id; `kind` is what it is an id of."""
        sealed = AESSIV(self.key).encrypt(one.ljust(LONGEST, PADDING).encode(), [kind.encode()])
        return urlsafe_b64encode(sealed).decode().rstrip("=")

    def id(self, kind: str, name: str) -> str:
        """The id of a name; raises NotThere for whatever is no name of this kind in this session.

        >>> Handles(bytes(64)).id("case", "o-1")
        Traceback (most recent call last):
        data_contracts.errors.NotThere: there is nothing at this address
        """
        try:
            sealed = urlsafe_b64decode(name + "=" * (-len(name) % 4)) if len(name) <= MOST_LETTERS else b""
            return AESSIV(self.key).decrypt(sealed, [kind.encode()]).decode().rstrip(PADDING)
        except (InvalidTag, ValueError, binascii.Error):
            raise NotThere("there is nothing at this address", zh="没有这个地址") from None
