"""The network against the linear model, text by text on the same held-out phrases; the network is signed and kept
beside, so that it can be asked later, and never answers anybody."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from data_contracts.concern_phrases import phrases
from data_contracts.figures import told_to
from data_contracts.settings import Settings
from models.concerns.model import SERVICE, service_hash
from models.concerns.text_model import Settling, mixed_logs, softmax
from models.concerns.text_net import NAME
from training import tracking
from training.concerns.challenger import JUDGED_PART, NetFit, fit_net, learned_and_held
from training.concerns.corpus import Share, examples
from training.concerns.evaluate import ahead, judged
from training.concerns.fit import PARTS, ConcernFit, Held, fit_heads, hits, labels_of_policy, targets
from training.concerns.train import phrases_hash
from training.evaluation.bootstrap import Difference
from training.signing import signed

STAGES = 4
Say = Callable[[str], None]


@dataclass(frozen=True)
class Challenged:
    """Right first answers of both on the same texts, and how far the linear model is ahead."""

    linear: float
    network: float
    gain: Difference
    texts: int

    def sentence(self) -> str:
        """For people."""
        return (
            f"right first answers on {self.texts:,} texts of held-out phrases: linear {self.linear:.3f}, network "
            f"{self.network:.3f}; the linear model is ahead by "
            + told_to(self.gain.difference, self.gain.low, self.gain.high)
        )


def challenge(
    settings: Settings, as_of: date, say: Say = lambda _: None, fit: ConcernFit | None = None,
    net: NetFit | None = None,
) -> Challenged:  # fmt: skip
    """Fit both without one part of the phrases and compare; then fit the network on all and keep it."""
    bank, labels, chosen, wanted = phrases(), labels_of_policy(), fit or ConcernFit(), net or NetFit()
    learned, kept = learned_and_held(bank, wanted)
    right, urgency = targets(kept, labels)
    texts = [one.text for one in kept]
    say("linear model without a part of the phrases")
    lesson = examples(bank, Share(JUDGED_PART, PARTS), chosen.variants, chosen.seed, chosen.noise)
    grams, heads = fit_heads(lesson, labels, chosen)
    held = Held(tuple(kept), heads.scores(grams.matrix(texts)), right, urgency)
    linear = softmax(mixed_logs(held.scores, labels, Settling().sharpness, chosen.flat_share))
    say("network without the same part")
    network = fit_net(learned, labels, wanted).chances(texts).subcategory
    ours, theirs = hits(linear, right, 1), hits(network, right, 1)
    gain = ahead(held, ours, theirs)
    say("network on all phrases")
    every = examples(bank, Share(), wanted.variants, wanted.seed)
    model = fit_net(every, labels, wanted)
    say("keeping it")
    with tracking.run(
        NAME, f"{NAME} {as_of}", data_hash=phrases_hash(bank), feature_service=f"{SERVICE}:{service_hash()}",
        use=settings,
    ) as run:  # fmt: skip
        run.params({"as_of": as_of, **vars(wanted)})
        figures = judged(network, right, labels, [one.phrase for one in kept]).figures()
        run.metrics({**figures, "linear_ahead": gain.difference, "linear_ahead_low": gain.low,
                     "linear_ahead_high": gain.high}, as_of)  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            about = {"name": NAME, "as_of": as_of.isoformat(), "service": SERVICE, "service_hash": service_hash()}
            run.model(signed(Path(folder) / "model", model, about, settings), NAME)
    return Challenged(float(np.mean(ours)), float(np.mean(theirs)), gain, len(texts))
