"""OIDC access tokens: who signed, for whom, until when; nothing of a token is believed before its signature is checked.

The algorithms are those of the setting and of asymmetric kinds only, whatever the token says of itself. Where the keys
come from: issuer_keys.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from data_contracts.errors import InvalidInput
from serving.access.credential import AccessScope, Credential
from serving.access.issuer_keys import IssuerKeys, is_safe_address

ASYMMETRIC = frozenset(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"))
REQUIRED = ("iss", "aud", "exp", "sub")
LEEWAY_SECONDS = 30.0
OIDC_SUBJECT = "oidc:"
"""How the subject of a caller with a token begins; issuer and subject follow."""
UNITS_CLAIM, OFFICER_CLAIM, EVERY_UNIT = "pharos_units", "pharos_officer_id", "*"


@dataclass(frozen=True)
class Issuer:
    """What is expected of tokens: `jwks` is a file or an https address (http on this machine only)."""

    issuer: str
    audience: str
    jwks: str
    algorithms: tuple[str, ...] = ("RS256",)

    def __post_init__(self) -> None:
        """Raises InvalidInput for algorithms that are not pinned to asymmetric ones, and for an open address."""
        wrong = sorted(set(self.algorithms) - ASYMMETRIC)
        if wrong or not self.algorithms:
            raise InvalidInput(
                f"PHAROS_OIDC_ALGORITHMS: {', '.join(wrong) or 'nothing'} is not allowed; name some of "
                f"{', '.join(sorted(ASYMMETRIC))}"
            )
        if "://" in self.jwks and not is_safe_address(self.jwks):
            raise InvalidInput(f"PHAROS_OIDC_JWKS {self.jwks!r}: keys must come over https or from a file")


class Tokens:
    """Callers by their tokens."""

    def __init__(self, issuer: Issuer, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._keys = IssuerKeys(issuer.jwks, clock)

    def credential(self, token: str) -> Credential | None:
        """Whom a token stands for; None and errors as `held` has them."""
        found = self.held(token)
        return None if found is None else found[0]

    def held(self, token: str) -> tuple[Credential, datetime] | None:
        """Whom a token stands for, and until when (UTC without a zone); None for one that is not good, without saying
        why.

        Raises NotReady where the issuer's keys were never had, for then nobody can be told apart.
        """
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            return None
        if header.get("alg") not in self._issuer.algorithms:
            return None
        key = self._keys.of(str(header.get("kid", "")))
        if key is None or key.algorithm_name not in self._issuer.algorithms:
            return None
        try:
            claims = jwt.decode(
                token, key, algorithms=[str(header["alg"])], audience=self._issuer.audience,
                issuer=self._issuer.issuer, leeway=LEEWAY_SECONDS, options={"require": list(REQUIRED)},
            )  # fmt: skip
        except (jwt.PyJWTError, OverflowError, TypeError):  # a signed moment may be no number, or one without end
            return None
        caller = _credential(self._issuer.issuer, claims)
        return None if caller is None else (caller, _moment(claims["exp"]))


def _credential(issuer: str, claims: Mapping[str, Any]) -> Credential | None:
    """The caller of these claims; None where one is of a wrong shape. What is not granted is not there."""
    subject, officer = claims.get("sub"), claims.get(OFFICER_CLAIM)
    units, scopes = claims.get(UNITS_CLAIM, []), _scopes(claims)
    named = _is_name(subject) and (OFFICER_CLAIM not in claims or _is_name(officer))
    if not named or scopes is None or not _names(units):
        return None
    return Credential(
        subject=f"{OIDC_SUBJECT}{issuer}#{subject}",
        scopes=frozenset(scope for scope in AccessScope if scope in scopes),
        units=None if EVERY_UNIT in units else tuple(units),
        officer_id=officer,
    )


def _moment(seconds: Any) -> datetime:
    """A moment of a token that was checked; one past all calendars is the last of them.

    >>> _moment(0), _moment(10**20) == datetime.max
    (datetime.datetime(1970, 1, 1, 0, 0), True)
    """
    try:
        return datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=None)
    except (OverflowError, ValueError, OSError):
        return datetime.max


def _scopes(claims: Mapping[str, Any]) -> Sequence[str] | None:
    """Scopes as RFC 9068 writes them (one string), or as some issuers do (`scp`, a list); None for another shape."""
    told = claims.get("scope", claims.get("scp", ""))
    if isinstance(told, str):
        return told.split()
    return told if _names(told) else None


def _names(value: Any) -> bool:
    return isinstance(value, list) and all(_is_name(one) for one in value)


def _is_name(value: Any) -> bool:
    """Whether something can name somebody in the audit chain: text with a letter in it, and none that cannot be seen.

    >>> [_is_name(one) for one in ("planner", "\u738b\u82b3", "", " ", "a\\nb", 7, None)]
    [True, True, False, False, False, False, False]
    """
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()
