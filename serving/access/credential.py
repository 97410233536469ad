"""Who calls, and how far that reaches: the scopes of a caller, and the units or the officer it is limited to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from data_contracts.errors import InvalidInput


class AccessScope(StrEnum):
    """What a caller may do; the names are those of OAuth scopes in a token."""

    RECOMMEND_READ = "recommend:read"
    RISK_READ = "risk:read"
    RISK_REVIEW = "risk:review"
    FEEDBACK_WRITE = "feedback:write"
    EVENTS_WRITE = "events:write"
    CONCERNS_READ = "concerns:read"
    MODEL_PROMOTE = "model:promote"
    AUDIT_READ = "audit:read"
    METRICS_READ = "metrics:read"

    @classmethod
    def of(cls, names: Iterable[str]) -> frozenset[Self]:
        """The scopes of these names; raises InvalidInput for one that there is not.

        >>> sorted(AccessScope.of(["risk:read", "recommend:read"]))
        [<AccessScope.RECOMMEND_READ: 'recommend:read'>, <AccessScope.RISK_READ: 'risk:read'>]
        """
        try:
            return frozenset(cls(name) for name in names)
        except ValueError as error:
            raise InvalidInput(f"{error}; the scopes are {', '.join(cls)}") from error


@dataclass(frozen=True)
class Credential:
    """One caller.

    `subject` names it in the audit chain and in limits of rate: the id of a key, or issuer and subject of a token,
    never a secret. `units` are the roots of the subtrees it may see; None is the whole force. An officer who reads
    what concerns only them has `officer_id`, and sees nobody else whatever `units` says.
    """

    subject: str
    scopes: frozenset[AccessScope]
    units: tuple[str, ...] | None = ()
    officer_id: str | None = None

    def may(self, scope: AccessScope | None) -> bool:
        """Whether a route that needs `scope` is open; None is a route that any known caller may ask."""
        return scope is None or scope in self.scopes

    @property
    def everywhere(self) -> bool:
        """Whether nothing limits whom this caller sees."""
        return self.units is None and self.officer_id is None


OPERATOR = Credential("operator", frozenset(AccessScope), None)
"""Who sits at the machine while no key and no issuer is set up: the one who installed it."""
