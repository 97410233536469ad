"""Who is calling: an API key or a token in the request's headers, told apart before a byte of the body is read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from serving.access.api_keys import PREFIX, ApiKey, ApiKeys, api_keys, opened_by
from serving.access.credential import Credential
from serving.access.tokens import Issuer, Tokens

REREAD_SECONDS = 5.0  # a revoked key opens nothing after this long
PATIENCE_SECONDS = 10.0  # for a table that somebody else is reading
KEY_HEADER, TOKEN_HEADER = b"x-api-key", b"authorization"
BEARER = "bearer "
MOST_LETTERS = 8192


@dataclass(frozen=True)
class Shown:
    """Whom something that was shown stands for: until a moment (UTC without a zone) where it is a token, by its id
    where it is a key."""

    caller: Credential
    until: datetime | None = None
    key_id: str | None = None


@dataclass
class Callers:
    """Keys and tokens of a deployment; the table of keys is read again every REREAD_SECONDS."""

    keys: ApiKeys
    tokens: Tokens | None
    today: Callable[[], date]
    clock: Callable[[], float] = time.monotonic
    _known: Sequence[ApiKey] = ()
    _read_at: float = field(default=float("-inf"))
    _failed: tuple[float, NotReady] | None = None
    _reading: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def of(self, scope: Mapping[str, Any]) -> Credential | None:
        """The caller of an ASGI request; None where it shows nothing that opens anything.

        May wait for a disk or the issuer: call it from a thread. Raises NotReady where callers cannot be told apart.
        """
        text = shown_by(scope["headers"])
        found = None if text is None else self.shown(text)
        return None if found is None else found.caller

    def shown(self, text: str) -> Shown | None:
        """Whom a key or a token stands for; None for one that opens nothing. Waits and raises as `of` does."""
        if text.startswith(f"{PREFIX}_"):
            caller = opened_by(text, self._keys(), self.today())
            return None if caller is None else Shown(caller, key_id=text.split("_")[1])
        found = None if self.tokens is None else self.tokens.held(text)
        return None if found is None else Shown(*found)

    def holder(self, key_id: str) -> Credential | None:
        """The caller of a key that was shown before; None once it opens nothing any more."""
        keys, today = self._keys(), self.today()
        return next((key.credential for key in keys if key.key_id == key_id and key.state(today) == "active"), None)

    def any_set_up(self) -> bool:
        """Whether a key was ever made, or an issuer is named: a key that has run out must not open the door to all."""
        return self.tokens is not None or bool(self.keys.all())

    def any_active(self) -> bool:
        """Whether somebody could show who they are today."""
        return self.tokens is not None or any(key.state(self.today()) == "active" for key in self.keys.all())

    def _keys(self) -> Sequence[ApiKey]:
        """One reads the table again and the others wait for what it finds, also where that is that nothing answers."""
        came = self.clock()
        if came - self._read_at < REREAD_SECONDS:
            return self._known
        if not self._reading.acquire(timeout=PATIENCE_SECONDS):
            raise NotReady("the table of keys does not answer; look after its database")
        try:
            if self._failed is not None and self._failed[0] >= came:
                raise self._failed[1]
            if came - self._read_at >= REREAD_SECONDS:
                self._reread()
            return self._known
        finally:
            self._reading.release()

    def _reread(self) -> None:
        began = self.clock()
        try:
            self._known, self._read_at = self.keys.all(), began
        except NotReady as error:
            self._failed = (self.clock(), error)
            raise


def shown_by(headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    """The one key or token that a request shows; None for none, for several, and for what is no plain text.

    >>> shown_by([(b"authorization", b"Bearer abc")]), shown_by([(b"x-api-key", b"k"), (b"authorization", b"Bearer a")])
    ('abc', None)
    """
    found = [(bytes(name).lower(), bytes(value)) for name, value in headers]
    keys = [value for name, value in found if name == KEY_HEADER]
    tokens = [value for name, value in found if name == TOKEN_HEADER]
    if len(keys) + len(tokens) != 1:
        return None
    text = (keys or tokens)[0].decode("latin-1").strip()
    if not text.isascii() or len(text) > MOST_LETTERS:
        return None
    if keys:
        return text or None
    return text[len(BEARER) :].strip() or None if text.lower().startswith(BEARER) else None


def callers_of(settings: Settings, today: Callable[[], date]) -> Callers:
    """The callers of a deployment; raises InvalidInput where an issuer is named by half."""
    named = (settings.oidc_issuer, settings.oidc_audience, settings.oidc_jwks)
    if any(named) and not all(named):
        raise InvalidInput(
            "an issuer needs PHAROS_OIDC_ISSUER, PHAROS_OIDC_AUDIENCE and PHAROS_OIDC_JWKS together; set all three"
        )
    tokens = Tokens(Issuer(*named, settings.oidc_algorithms)) if all(named) else None
    return Callers(api_keys(settings), tokens, today)
