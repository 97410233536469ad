"""What an officer declined, in the shape of an answer; apart from the schemas, which a client reads without pandas."""

from __future__ import annotations

from data_contracts.vocabulary import Bilingual
from serving.feedback.declines import Declined as KeptAway
from serving.schemas import Declined
from serving.words import text_of


def told_declined(one: KeptAway, name: Bilingual | None = None) -> Declined:
    """An item that stays away, as answers tell it, by its name where it has one."""
    named = None if name is None else text_of(name)
    return Declined(item=one.item, item_kind=one.item_kind, name=named, until=one.until, text=text_of(one.because))
