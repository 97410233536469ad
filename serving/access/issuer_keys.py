"""The public keys of an issuer, from a file or an address, read in a thread apart so that callers who are known never
wait for an issuer that is slow.

They are read again each hour; an unknown key id makes them be read again at once, but no more often than once a
minute. A whole reading has one bound, however slowly its bytes come. Who asks for a key that is not known yet waits for
the reading under way, within its bound, and only a few do: the threads in which callers are told apart are few as well.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import jwt

from data_contracts.errors import NotReady
from serving.client.bounded import BoundedTransport, until

FRESH_SECONDS, RETRY_SECONDS, FETCH_SECONDS = 3600.0, 60.0, 3.0
MOST_WAITING = 4
LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")
MOST_BYTES = 256 * 1024


@dataclass(frozen=True)
class _Reading:
    """One that is under way: whoever waits for it does so up to `ends_by` (of `time.monotonic`)."""

    begun_at: float
    ends_by: float
    over: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        self.over.wait(max(0.0, self.ends_by - time.monotonic()))


class IssuerKeys:
    """Keys by their ids; from any thread."""

    def __init__(self, place: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`place` is a file or an address that `is_safe_address`."""
        self._place = place
        self._clock = clock
        self._lock = threading.Lock()  # for a look at what follows; nothing is waited for while it is held
        self._known: Mapping[str, jwt.PyJWK] | None = None
        self._read_at = self._begun_at = float("-inf")
        self._trouble = ""
        self._under_way: _Reading | None = None
        self._seats = threading.BoundedSemaphore(MOST_WAITING)

    def of(self, key_id: str) -> jwt.PyJWK | None:
        """The key of this id, None where the issuer has none, as far as could be found out in time.

        Raises NotReady while the issuer's keys were never read, for then nobody can be told apart, and where enough
        others wait already to hear of keys that are not known.
        """
        under_way = self._worth_waiting_for(key_id)
        if under_way is not None:
            if not self._seats.acquire(blocking=False):
                raise NotReady("the keys of the issuer are being read, and enough callers wait for that; ask again")
            try:
                under_way.wait()
            finally:
                self._seats.release()
        with self._lock:
            if self._known is None:
                why = self._trouble or "it does not answer"
                raise NotReady(f"the keys of the issuer cannot be read ({why}); look after PHAROS_OIDC_JWKS")
            return self._known.get(key_id)

    def _worth_waiting_for(self, key_id: str) -> _Reading | None:
        """The reading under way, begun now where it is time; None for who need not wait for it."""
        with self._lock:
            now, known = self._clock(), self._known is not None and key_id in self._known
            wanted = not known or now - self._read_at >= FRESH_SECONDS
            begins = wanted and self._under_way is None and now - self._begun_at >= RETRY_SECONDS
            if begins:
                self._begin(now)
            return self._under_way if begins or not known else None

    def _begin(self, now: float) -> None:
        reading = _Reading(now, time.monotonic() + FETCH_SECONDS)
        threading.Thread(target=self._read, args=(reading,), name="issuer-keys", daemon=True).start()
        self._begun_at, self._under_way = now, reading

    def _read(self, reading: _Reading) -> None:
        found, trouble = None, "it could not be read"
        try:
            found = _keys(_text(self._place, reading.ends_by))
        except (OSError, ValueError, TypeError, AttributeError, jwt.PyJWTError, httpx.HTTPError,
                httpx.InvalidURL) as error:  # fmt: skip
            trouble = type(error).__name__
        finally:
            with self._lock:
                if found is None:
                    self._trouble = trouble  # and what was known stays good until it can be read again
                else:
                    self._known, self._read_at = found, reading.begun_at
                self._under_way = None
            reading.over.set()


def is_safe_address(address: str) -> bool:
    """Whether nobody on the way can put keys of their own in: https, or http that stays on this machine.

    >>> is_safe_address("https://id.example/jwks"), is_safe_address("http://id.example/jwks")
    (True, False)
    """
    place = urlsplit(address)
    return place.scheme == "https" or (place.scheme == "http" and place.hostname in LOCAL_HOSTS)


def _keys(text: bytes) -> dict[str, jwt.PyJWK]:
    found = jwt.PyJWKSet.from_dict(json.loads(text))
    return {str(key.key_id): key for key in found.keys if key.key_id and key.key_type != "oct"}


def _text(place: str, ends_by: float) -> bytes:
    if "://" not in place:
        return Path(place).read_bytes()
    with (
        until(ends_by),
        httpx.Client(
            transport=BoundedTransport(ssl.create_default_context()),  # the authorities that this machine trusts
            timeout=FETCH_SECONDS,
            follow_redirects=True,
            event_hooks={"request": [_refuse_unsafe]},
        ) as client,
        client.stream("GET", place, headers={"accept-encoding": "identity"}) as answer,
    ):
        answer.raise_for_status()
        text = b""
        for part in answer.iter_raw():
            text += part
            if len(text) > MOST_BYTES:
                raise ValueError("the keys of an issuer are smaller")
        return text


def _refuse_unsafe(request: httpx.Request) -> None:
    """A redirection leads to no address that could not have been set."""
    if not is_safe_address(str(request.url)):
        raise httpx.UnsupportedProtocol("keys must come over https")
