"""The balance of a short list by group, for those who audit: whole groups only, and none of few officers.

Protected attributes are read here, for this alone, after a list is made; no list, score or order ever meets them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import date

import pandas as pd

from data_contracts.catalog import catalog
from data_contracts.policy import Policy
from data_contracts.settings import Settings
from features.history import History
from features.record import AUDIT_ONLY, standing
from models.groups import attribute_named, group_named, group_order
from models.talent.balance import GroupOnList, ListBalance, audit_frame, list_balance
from models.talent.balance_words import NOTICE, state_told
from serving.access.credential import AccessScope, Credential
from serving.talent.shortlist_schemas import Balance, GroupShare
from serving.words import text_of

COLUMNS = ["officer_id", "sex", "ethnicity", "birth_year", "known_on"]
ProtectedReader = Callable[[date], pd.DataFrame]


class ProtectedRecords:
    """The audit-only table as it stood on a day, read from the history again only when that has grown."""

    def __init__(self, settings: Settings) -> None:
        """Reads nothing yet."""
        self._history = History(settings.history_dir)
        self._lock = threading.Lock()
        self._held: tuple[tuple[str, date], pd.DataFrame] | None = None

    def __call__(self, as_of: date) -> pd.DataFrame:
        """officer_id, sex, ethnicity and birth_year, without rows where nobody recorded any."""
        with self._lock:
            now = self._history.fingerprint(), as_of
            if self._held is None or self._held[0] != now:
                self._held = now, self._read(as_of)
            return self._held[1]

    def _read(self, as_of: date) -> pd.DataFrame:
        if AUDIT_ONLY not in self._history.tables():
            return pd.DataFrame(columns=COLUMNS)
        return standing(catalog().table(AUDIT_ONLY), self._history.frame(AUDIT_ONLY, COLUMNS), as_of)


def may_audit(caller: Credential) -> bool:
    """Whether a caller is told of groups; an officer who comes for themselves never is."""
    return caller.may(AccessScope.AUDIT_READ) and caller.officer_id is None


def balance_of(
    protected: pd.DataFrame, able: pd.Index, listed: Sequence[str], units: pd.Series, as_of: date, policy: Policy
) -> ListBalance:
    """The balance of a list of some of those `able` to be listed; `units` has everybody who serves."""
    limits = policy.gate.groups
    audit = audit_frame(protected, units, as_of.year, limits)
    return list_balance(audit.loc[able], listed, limits, policy.talent.least_group)


def told_balance(found: ListBalance, policy: Policy) -> Balance:
    """The same for an answer, groups by attribute and then as people count."""
    return Balance(
        confidence=policy.gate.groups.confidence,
        least_group=policy.talent.least_group,
        groups=[_group(one) for one in sorted(found.groups, key=lambda one: group_order(one.group))],
        lacking=[text_of(attribute_named(name)) for name in found.lacking],
        withheld=[text_of(attribute_named(name)) for name in found.withheld],
        notice=text_of(NOTICE),
    )


def _group(one: GroupOnList) -> GroupShare:
    nothing = one.state == "nothing"
    figures = {name: None if nothing else getattr(one, name) for name in ("share_listed", "ratio", "low", "high")}
    return GroupShare(
        attribute=one.attribute,
        group=one.group,
        name=text_of(group_named(one.group)),
        could_be_listed=one.eligible,
        share_could_be_listed=one.share_eligible,
        listed=one.listed,
        state=one.state,
        text=text_of(state_told(one)),
        **figures,
    )
