"""A job for each morning: which open concerns should go further, and to whom; told anew each time, kept nowhere."""

from __future__ import annotations

from datetime import date
from functools import partial

from data_contracts.audit.chain import Action, Entry
from data_contracts.policy import policy
from data_contracts.pseudonyms import pseudonyms
from data_contracts.settings import Settings
from models.audit import audit_chain, now_of, operator
from serving.api.opened import Absent
from serving.concerns.answers import ConcernRecords
from serving.concerns.following import Open, open_concerns
from serving.concerns.opened import loaded_of, model_of
from serving.concerns.triage import Triage
from serving.loading import champion


def follow_up(settings: Settings, as_of: date) -> list[Open]:
    """Open concerns that should go further, most pressing first, after a line in the audit chain that they were read.

    Without a champion nothing is known of how urgent words are, and the steps that do not ask for it are told.
    Raises NotReady where no concern was ever taken in or the chain takes no line, FeatureMismatch or UntrustedArtifact
    for a wrong champion.
    """
    record = ConcernRecords(settings)(as_of)
    told = [one for one in open_concerns(record, _triage(settings), policy(), as_of) if one.escalation is not None]
    names = pseudonyms(settings.keys_dir)
    about = tuple(sorted({names.of(one.officer_id) for one in told if one.officer_id is not None}))
    details = {"follow_up": as_of.isoformat(), "concerns": len(told)}
    audit_chain(settings).append(
        Entry(now_of(settings), operator(), Action.CONCERNS_READ, about=about, details=details)
    )
    return told


def _triage(settings: Settings) -> Triage | None:
    loaded = loaded_of(partial(champion, settings))
    return None if isinstance(loaded, Absent) else Triage(model_of(loaded), policy())
