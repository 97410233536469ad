"""What an officer declined, in the shape of an answer; apart from the schemas, which a client reads without pandas."""

from __future__ import annotations

from data_contracts.vocabulary import Bilingual
from serving.feedback.declines import Declined as KeptAway
from serving.schemas import Declined
from serving.words import text_of


def told_declined(one: KeptAway, called: Bilingual | None = None) -> Declined:
    """An item that stays away, as answers tell it; `called` is what people call it, where its code says little."""
    because = one.because
    if called is not None:
        because = Bilingual(f"{called.zh}：{because.zh}", f"{called.en}: {because.en}")
    return Declined(item=one.item, until=one.until, text=text_of(because))
