"""What an officer declined, in the shape of an answer; apart from the schemas, which a client reads without pandas."""

from __future__ import annotations

from serving.feedback.declines import Declined as KeptAway
from serving.schemas import Declined
from serving.words import text_of


def told_declined(one: KeptAway) -> Declined:
    """An item that stays away, as answers tell it."""
    return Declined(item=one.item, until=one.until, text=text_of(one.because))
