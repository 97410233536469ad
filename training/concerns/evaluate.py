"""What the sorting of concerns is worth: on phrases that were held out, and on what the simulator says.

The figures of the hand-written test set are no part of this: nothing that learns may see it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from data_contracts.concern_phrases import PhraseBank
from data_contracts.policy import policy
from models.base import Numbers
from models.concerns.grams import plain
from models.concerns.text_model import Labels, TextModel, settled
from training.concerns.fit import Held, Places, hits
from training.concerns.urgency import level_figures, sentences
from training.evaluation.bootstrap import Difference, OfficerDraws, difference, weighted_means
from training.evaluation.risk_metrics import ece


@dataclass(frozen=True)
class Judged:
    """Answers to texts, with what is right: hits (n,) of each measure, and the phrase that each text was made of."""

    hits: Mapping[str, Numbers]
    phrases: Sequence[str]

    def figures(self) -> dict[str, float]:
        """The mean of each measure with the 95 % interval, drawn by phrase."""
        drawn = OfficerDraws(list(self.phrases)).each(partial(weighted_means, self.hits))
        told: dict[str, float] = {}
        for name, values in self.hits.items():
            low, high = np.quantile(drawn[name], [0.025, 0.975])
            told |= {name: float(values.mean()), f"{name}_low": float(low), f"{name}_high": float(high)}
        return told


def judged(subcategory: Numbers, right: Places, labels: Labels, phrases: Sequence[str]) -> Judged:
    """First answers, answers among three, and first categories."""
    category = np.zeros((len(subcategory), len(labels.categories)))
    np.add.at(category.T, labels.places, subcategory.T)
    return Judged({
        "subcategory_first": hits(subcategory, right, 1), "subcategory_among_3": hits(subcategory, right, 3),
        "category_first": hits(category, labels.places[right], 1),
    }, phrases)  # fmt: skip


def held_figures(model: TextModel, held: Held) -> dict[str, float]:
    """Of the linear model, on phrases that it did not learn from; the chances from which on it speaks were chosen on
    the same phrases, so those figures (`told`) are a little too good."""
    subcategory, _, urgency = settled(held.scores, model.labels, model.settling)
    first, right = subcategory.max(axis=1), hits(subcategory, held.subcategory, 1)
    told = first >= model.settling.tell_subcategory
    urgencies = level_figures(model.urgency_of(urgency), held.urgency)
    figures = judged(subcategory, held.subcategory, model.labels, _phrases(held)).figures()
    return figures | {
        "told": float(told.mean()), "told_right": float(right[told].mean()) if told.any() else float("nan"),
        "calibration_error": ece(right, first),
        "texts": float(len(right)), **{f"phrases.{name}": value for name, value in urgencies.items()},
    }  # fmt: skip


def ahead(held: Held, ours: Numbers, theirs: Numbers) -> Difference:
    """How far the right first answers of one, (n,), are ahead of another's, drawn by phrase."""
    drawn = OfficerDraws(_phrases(held)).each(partial(weighted_means, {"ours": ours, "theirs": theirs}))
    return difference((float(ours.mean()), float(theirs.mean())), (drawn["ours"], drawn["theirs"]))


def simulator_figures(model: TextModel) -> dict[str, float]:
    """On each sentence of the simulator, none of which stands among the phrases."""
    place = {code: number for number, code in enumerate(model.labels.subcategories)}
    every = [one for one in sentences() if one.subcategory in place]
    told = model.chances([one.text for one in every]).subcategory
    right = np.array([place[one.subcategory] for one in every])
    figures = judged(told, right, model.labels, [one.text for one in every]).figures()
    return {f"simulator.{name}": value for name, value in figures.items()}


def by_words(bank: PhraseBank, texts: Sequence[str]) -> Numbers:
    """The plain peer, (n, subcategories): how much of a text stands in the names of each subcategory, in pairs of
    characters; what a desk could look up without learning anything."""
    names = {sub.code: sub.name_zh for category in policy().concerns for sub in category.subcategories}
    known = [set().union(*(_pairs(one) for one in (names[code], *told.about)))
             for code, told in bank.subcategories.items()]  # fmt: skip
    rows = np.array([[len(_pairs(text) & own) / np.sqrt(len(own)) for own in known] for text in texts])
    return np.asarray(rows, dtype=np.float64)


def held_peer(bank: PhraseBank, held: Held) -> Numbers:
    """Whether the plain peer's first answer is right, (n,)."""
    return hits(by_words(bank, [one.text for one in held.examples]), held.subcategory, 1)


def by_subcategory(model: TextModel, held: Held) -> list[dict[str, object]]:
    """A record for each subcategory: how often it is right, and what it is taken for most."""
    subcategory, _, _ = settled(held.scores, model.labels, model.settling)
    best, codes = subcategory.argmax(axis=1), model.labels.subcategories
    found = []
    for place, code in enumerate(codes):
        own = best[held.subcategory == place]
        wrong = np.bincount(own[own != place], minlength=len(codes))
        found.append({"subcategory": code, "texts": len(own), "first": float((own == place).mean()),
                      "taken_for": codes[int(wrong.argmax())] if wrong.any() else None})  # fmt: skip
    return found


def _phrases(held: Held) -> list[str]:
    return [one.phrase for one in held.examples]


def _pairs(text: str) -> set[str]:
    return {clause[place : place + 2] for clause in plain(text) for place in range(len(clause) - 1)}
