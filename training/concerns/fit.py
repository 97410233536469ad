"""Fit the linear model on the phrases: once for each part held out, to calibrate and to choose from where on it may
speak; then on all of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import logit

from data_contracts.concern_phrases import PhraseBank
from data_contracts.decisions import STRICT
from data_contracts.policy import policy
from models.base import Numbers
from models.concerns.grams import Cut, Grams
from models.concerns.text_model import (
    TINY,
    Heads,
    Labels,
    Linear,
    Scores,
    Settling,
    TextModel,
    mixed_logs,
    settled,
    softmax,
)
from training.concerns.aside import fit_aside
from training.concerns.corpus import Example, Noise, Share, examples
from training.concerns.urgency import asked, levels_of, limits

PARTS = 5
HELD_VARIANTS = 2
Say = Callable[[str], None]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class ConcernFit:
    """How it is fitted; the defaults are what `pharos tune concerns` found on held-out phrases."""

    __pydantic_config__ = STRICT

    seed: int = 0
    variants: int = 5
    characters: int = 3
    sounds: int = 2
    sound_weight: float = 1.0
    least_texts: int = 2
    strength: float = 0.45
    flat_share: float = 0.3
    typing: float = 0.4
    second: float = 0.1

    @property
    def cut(self) -> Cut:
        """How words are cut."""
        return Cut(self.characters, self.sounds, self.sound_weight)

    @property
    def noise(self) -> Noise:
        """What is done to the phrases."""
        return Noise(typing=self.typing, second=self.second)


@dataclass(frozen=True)
class Held:
    """Raw scores on examples whose phrases were held out of the fit, and what is right; `aside` has how well what is no
    concern was told."""

    examples: tuple[Example, ...]
    scores: Scores
    subcategory: Places
    urgency: Places
    aside: Mapping[str, float] = field(default_factory=dict)


def labels_of_policy() -> Labels:
    """The subcategories of policy in its order."""
    pairs = [(sub.code, category.code) for category in policy().concerns for sub in category.subcategories]
    return Labels(tuple(code for code, _ in pairs), tuple(category for _, category in pairs))


def fit_text(
    bank: PhraseBank, settings: ConcernFit, say: Say = lambda _: None, said: Share | None = None
) -> tuple[TextModel, Held]:  # fmt: skip
    """The model on all phrases, settled on what was held out, and on the simulator's sentences (`said`: a share of
    them) for how urgent a text is; and the held-out answers themselves."""
    labels = labels_of_policy()
    held = held_out(bank, labels, settings, say)
    say("fitting on all phrases")
    texts = examples(bank, Share(), settings.variants, settings.seed, settings.noise)
    grams, heads = fit_heads(texts, labels, settings)
    model = TextModel(labels, grams, heads, settling_of(held, labels, settings))
    some = asked(bank, said)
    urgency = model.chances([one.text for one in some]).urgency
    settling = replace(model.settling, **limits(urgency, levels_of(some)))
    aside, figures = fit_aside(bank, settings.seed, settings.noise, say)
    return replace(model, settling=settling, aside=aside), replace(held, aside=figures)


def held_out(bank: PhraseBank, labels: Labels, settings: ConcernFit, say: Say = lambda _: None,
             parts: Sequence[int] = range(PARTS)) -> Held:  # fmt: skip
    """Each part of the phrases as a model sees it that learned from the others."""
    found: list[tuple[list[Example], Scores]] = []
    for part in parts:
        say(f"part {part + 1} of {PARTS} held out")
        grams, heads = fit_heads(
            examples(bank, Share(part, PARTS), settings.variants, settings.seed, settings.noise), labels, settings
        )
        kept = examples(bank, Share(part, PARTS, held=True), HELD_VARIANTS, settings.seed + 1, settings.noise)
        found.append((kept, heads.scores(grams.matrix([one.text for one in kept]))))
    kept = [one for some, _ in found for one in some]
    joined = {name: np.concatenate([getattr(scores, name) for _, scores in found]) for name in vars(found[0][1])}
    return Held(tuple(kept), Scores(**joined), *targets(kept, labels))


def targets(some: Sequence[Example], labels: Labels) -> tuple[Places, Places]:
    """Places of subcategory and urgency, (n,) each."""
    place = {code: number for number, code in enumerate(labels.subcategories)}
    return np.array([place[one.subcategory] for one in some]), np.array([one.urgency for one in some])


def fit_heads(some: Sequence[Example], labels: Labels, settings: ConcernFit) -> tuple[Grams, Heads]:
    """Grams and linear parts from examples."""
    texts = [one.text for one in some]
    grams = Grams.of(texts, settings.cut, settings.least_texts)
    rows, (y, urgency) = grams.matrix(texts), targets(some, labels)
    size = len(labels.subcategories)
    within_weights, within_base = np.zeros((rows.shape[1], size)), np.zeros(size)
    for place in range(len(labels.categories)):
        own = np.flatnonzero(labels.places == place)
        mine = np.isin(y, own)
        part = _linear(rows[mine], np.searchsorted(own, y[mine]), len(own), settings)
        within_weights[:, own], within_base[own] = part.weights, part.base
    return grams, Heads(
        _linear(rows, y, size, settings),
        Linear(within_weights.astype(np.float32), within_base),
        _linear(rows, labels.places[y], len(labels.categories), settings),
        _linear(rows, urgency, 3, settings, balanced=True),
    )


def _linear(rows: Any, y: Places, classes: int, settings: ConcernFit, balanced: bool = False) -> Linear:
    """One against the rest, squared hinge; two classes are told by one score and its opposite."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    svc = LinearSVC(C=settings.strength, class_weight="balanced" if balanced else None, random_state=settings.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        svc.fit(rows, y)
    weights, base = svc.coef_.T, svc.intercept_
    if classes == 2:
        weights, base = np.hstack([-weights, weights]), np.array([-base[0], base[0]])
    return Linear(weights.astype(np.float32), np.asarray(base, np.float64))


def settling_of(held: Held, labels: Labels, settings: ConcernFit) -> Settling:
    """Temperatures that make held-out chances true, and the chances from which on the promise of policy was kept."""
    rules, plain = policy().triage.telling, Settling(flat_share=settings.flat_share)
    mixed = mixed_logs(held.scores, labels, plain.sharpness, plain.flat_share)
    warm = replace(
        plain,
        **_calibrated(mixed, held.subcategory),
        urgency_temperature=_temperature(held.scores.urgency * plain.sharpness, held.urgency),
    )
    subcategory, category, _ = settled(held.scores, labels, warm)
    right_category = labels.places[held.subcategory]
    return replace(
        warm,
        tell_subcategory=told_from(subcategory, held.subcategory, rules.right_at_least),
        tell_category=told_from(category, right_category, rules.right_at_least),
    )


def _calibrated(logs: Numbers, right: Places) -> dict[str, float]:
    """Temperature, then slope and lift of the first answer: each makes what came most likely."""
    temperature = _temperature(logs, right)
    chances = softmax(logs / temperature)
    odds, hit = logit(np.clip(chances.max(axis=1), TINY, 1.0 - TINY)), hits(chances, right, 1)

    def surprise(given: Numbers) -> float:
        score = given[0] + given[1] * odds
        return float((np.logaddexp(0.0, score) - hit * score).mean())

    lift, slope = minimize(surprise, np.array([0.0, 1.0]), method="Nelder-Mead").x
    return {"temperature": temperature, "slope": float(slope), "lift": float(lift)}


def _temperature(logs: Numbers, right: Places) -> float:
    """The one that makes what came most likely (Guo et al. 2017)."""

    def surprise(log_temperature: float) -> float:
        told = softmax(logs / np.exp(log_temperature))[np.arange(len(right)), right]
        return float(-np.log(told + TINY).mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(-3.0, 3.0), method="bounded").x))


def told_from(chances: Numbers, right: Places, promise: float) -> float:
    """The least chance of the first answer from which on a share `promise` of answers is right; above 1 where none is.

    >>> told_from(np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]]), np.array([0, 0, 1]), 0.9)
    0.8
    """
    first, best = chances.max(axis=1), chances.argmax(axis=1)
    order = np.argsort(-first, kind="stable")
    share = np.cumsum((best == right)[order]) / np.arange(1, len(order) + 1)
    kept = np.flatnonzero(share >= promise)
    return float(first[order][kept[-1]]) if len(kept) else 1.01


def worth_of_settings(
    bank: PhraseBank, settings: ConcernFit, report: Callable[[int, float], None], parts: Sequence[int] = range(PARTS)
) -> float:  # fmt: skip
    """What a search raises: right first answers and right answers among three, half each, on held-out phrases."""
    labels, figures = labels_of_policy(), list[float]()
    for part in parts:
        held = held_out(bank, labels, settings, parts=[part])
        chances = softmax(mixed_logs(held.scores, labels, Settling().sharpness, settings.flat_share))
        figures.append(0.5 * (hits(chances, held.subcategory, 1).mean() + hits(chances, held.subcategory, 3).mean()))
        report(part, float(np.mean(figures)))
    return float(np.mean(figures))


def hits(chances: Numbers, right: Places, top: int) -> Numbers:
    """Whether the right one is among the first `top`, (n,)."""
    order = np.argsort(-chances, axis=1, kind="stable")[:, :top]
    return np.asarray((order == np.asarray(right)[:, None]).any(axis=1), dtype=np.float64)
