"""Teach what is no concern: everyday sentences against the phrases, settled on what was held out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from data_contracts.concern_phrases import PhraseBank
from data_contracts.policy import policy
from models.base import Numbers
from models.concerns.aside import Aside
from models.concerns.grams import Cut, Grams
from training.concerns.corpus import Noise, Share, everyday, examples

CUT = Cut(2, 0)  # longer runs and sounds found no more of the everyday sentences that were held out
STRENGTH, LEAST_TEXTS = 0.45, 2
FORMS, EVERYDAY_FORMS, HELD_FORMS = 2, 6, 2
PARTS = 5
Say = Callable[[str], None]


def fit_aside(bank: PhraseBank, seed: int, noise: Noise, say: Say = lambda _: None) -> tuple[Aside | None, Mapping[str, float]]:  # fmt: skip  # noqa: E501
    """The score and its limit, below which at most the share of held-out concerns lies that policy allows; and what
    was seen on sentences held out. Nothing where the bank has no everyday sentences."""
    if not bank.everyday:
        return None, {}
    concerns, others, urgent = list[Numbers](), list[Numbers](), list[Numbers]()
    for part in range(PARTS):
        say(f"what is no concern, part {part + 1} of {PARTS} held out")
        kept, held = Share(part, PARTS, held=True), _fit(bank, Share(part, PARTS), seed, noise)
        some = examples(bank, kept, HELD_FORMS, seed + 1, noise)
        concerns.append(held.scores([one.text for one in some]))
        urgent.append(np.array([float(one.urgency == 2) for one in some]))
        others.append(held.scores(everyday(bank, kept, HELD_FORMS, seed + 1, noise)))
    ours, theirs, pressing = (np.concatenate(some) for some in (concerns, others, urgent))
    limit = float(np.quantile(ours, 1.0 - policy().triage.telling.concerns_kept))
    say("what is no concern, on all phrases")
    found = _fit(bank, Share(), seed, noise)
    figures = {
        "everyday_found": float((theirs < limit).mean()),
        "concerns_kept": float((ours >= limit).mean()),
        "urgent_concerns_kept": float((ours >= limit)[pressing > 0].mean()),
    }
    return Aside(found.grams, found.weights, found.base, limit), figures


def _fit(bank: PhraseBank, share: Share, seed: int, noise: Noise) -> Aside:
    """One score on the phrases of a share, both sides weighed alike (squared hinge)."""
    from sklearn.svm import LinearSVC

    ours = [one.text for one in examples(bank, share, FORMS, seed, noise)]
    texts = [*ours, *everyday(bank, share, EVERYDAY_FORMS, seed, noise)]
    grams = Grams.of(texts, CUT, LEAST_TEXTS)
    svc = LinearSVC(C=STRENGTH, class_weight="balanced", random_state=seed)
    svc.fit(grams.matrix(texts), np.arange(len(texts)) < len(ours))
    return Aside(grams, svc.coef_[0].astype(np.float32), float(svc.intercept_[0]), concern_from=0.0)
