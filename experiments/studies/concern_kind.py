"""Studies of concerns: what a text is about and how urgent it is, told of phrases and sentences that none learned from.

There are no days in it: one part of the phrases of `policy/phrases/` is held out of every fit and of the search, and of
the simulator's sentences one half, since the limits of urgency are chosen on the other. What people wrote is never read
here, and neither is the set that was written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.concern_phrases import PhraseBank, phrases
from data_contracts.vocabulary import Bilingual
from experiments.studies.ground import Ground
from experiments.studies.kind import Drawn, Exam, Kind, answered, set_over, spent
from experiments.studies.scores import ITEM, OFFICER, PART, Cost, Scored
from models.artifacts import size_of
from models.base import Numbers
from models.concerns.model import SERVICE, service_hash
from models.concerns.text_model import TextModel
from training.concerns.challenger import NetFit, fit_net
from training.concerns.corpus import Example, Share, examples, part_of
from training.concerns.evaluate import by_words
from training.concerns.fit import (
    HELD_VARIANTS,
    PARTS,
    ConcernFit,
    fit_text,
    hits,
    labels_of_policy,
    targets,
    worth_of_settings,
)
from training.concerns.urgency import HALVES, URGENT, Levels, asked
from training.tuning.concerns import LINEAR_SPACE, SEARCH_VARIANTS
from training.tuning.search import Objective, Report

NAMES, NETWORK = "names", "network"
HELD, SIMULATOR = "held_phrases", "simulator"
TEST, CHOSEN_ON = Share(PARTS - 1, PARTS, held=True), Share(0, HALVES)
SEED = 11  # of the forms that are asked: none that a fit draws
MEASURES = {
    "macro_first": Bilingual("小类首选正确率（各类等权）", "first answers right, every subcategory alike"),
    "macro_among_3": Bilingual("小类前三含正确率（各类等权）", "right one among three, every subcategory alike"),
    "told": Bilingual("作答比例", "share of texts told"),
    "urgent_precision": Bilingual("判为紧急者确属紧急", "share of those called urgent that are"),
    "urgent_found": Bilingual("紧急识别率", "share of urgent ones found"),
}


@dataclass(frozen=True)
class Said:
    """Of texts: chances (n, subcategories), levels of urgency (n,), and whether a subcategory is told, (n,)."""

    subcategory: Numbers
    levels: Levels
    told: Any


Answer = Callable[[Sequence[str]], Said]


@dataclass(frozen=True)
class ConcernStudy:
    """A study of concerns with its phrases at hand."""

    ground: Ground

    @cached_property
    def learned(self) -> PhraseBank:
        """What every model learns from: the phrases without those of the test."""
        return part_of(phrases(), replace(TEST, held=False))

    @cached_property
    def parts(self) -> Mapping[str, list[Example]]:
        """The texts that are asked, by board."""
        return {
            HELD: examples(phrases(), TEST, HELD_VARIANTS, SEED),
            SIMULATOR: asked(phrases(), replace(CHOSEN_ON, held=True)),
        }

    def exams(self) -> list[Exam]:
        """One: phrases have no days."""
        return [Exam(self.ground.study.test.as_ofs[0])]

    def objective(self, way: ConcernFit) -> Objective:
        """What `pharos tune concerns` raises, on as many parts of what is learned from as there are folds."""
        study = self.ground.study
        folds = study.tune.folds if study.tune is not None else 1

        def judge(params: Mapping[str, Any], report: Report) -> float:
            fit = replace(way, variants=min(way.variants, SEARCH_VARIANTS), **params)
            return worth_of_settings(self.learned, fit, report, range(folds))

        return judge

    def score(self, _: Exam, model: str, way: Any | None) -> Scored:
        """The figures of every text; of urgency only where it is asked (NaN elsewhere)."""
        (answer, n_train, size), seconds = spent(partial(self._fitted, model, way))
        said, ms = answered(
            lambda: {name: answer([one.text for one in some]) for name, some in self.parts.items()},
            sum(map(len, self.parts.values())),
        )
        rows = [rows_of(name, some, said[name]) for name, some in self.parts.items()]
        return Scored(pd.concat(rows, ignore_index=True), n_train, Cost(seconds, ms, size))

    def _fitted(self, model: str, way: ConcernFit | None) -> tuple[Answer, int, int | None]:
        if model == NAMES and way is None:
            return partial(_by_names, self.learned), 0, None
        if way is None:
            fit = NetFit()
            some = examples(self.learned, Share(), fit.variants, fit.seed)
            net = fit_net(some, labels_of_policy(), fit)
            return partial(_by_network, net), len(some), size_of(net.to_parts())
        text, _ = fit_text(self.learned, way, said=CHOSEN_ON)
        many = len(examples(self.learned, Share(), way.variants, way.seed, way.noise))
        return partial(_by_text_model, text), many, size_of(text.to_parts())


def rows_of(part: str, some: Sequence[Example], said: Said) -> pd.DataFrame:
    """A row a text, drawn by the phrase that it was made of.

    A hit weighs as much as its subcategory is rare, so that the mean over rows is the mean over subcategories.
    """
    right, urgency = targets(some, labels_of_policy())
    times = np.bincount(right, minlength=said.subcategory.shape[1])
    weight = len(right) / (np.count_nonzero(times) * times[right])
    called, urgent = said.levels == URGENT, urgency == URGENT
    rows = pd.DataFrame({
        OFFICER: [one.phrase for one in some], PART: part,
        "macro_first": weight * hits(said.subcategory, right, 1),
        "macro_among_3": weight * hits(said.subcategory, right, 3),
        "told": np.asarray(said.told, dtype=np.float64),
        "urgent_precision": np.where(called, urgent.astype(np.float64), np.nan),
        "urgent_found": np.where(urgent, called.astype(np.float64), np.nan),
    })  # fmt: skip
    return rows.assign(**{ITEM: rows.groupby(OFFICER).cumcount()})


def _by_text_model(model: TextModel, texts: Sequence[str]) -> Said:
    told = model.chances(texts)
    speaks = (told.subcategory.max(axis=1) >= model.settling.tell_subcategory) & ~told.silent
    return Said(told.subcategory, model.levels_of(told), speaks)


def _by_network(model: Any, texts: Sequence[str]) -> Said:
    told = model.chances(texts)
    return Said(told.subcategory, told.urgency.argmax(axis=1), np.ones(len(texts), dtype=bool))


def _by_names(bank: PhraseBank, texts: Sequence[str]) -> Said:
    """What a desk could look up: it knows no urgency, and is silent where no name is found."""
    shares = by_words(bank, texts)
    return Said(shares, np.zeros(len(texts), dtype=np.int64), shares.max(axis=1) > 0)


CONCERNS = Kind(
    name="concerns",
    peers=(NAMES, NETWORK),
    measures=MEASURES,
    ranks=False,
    way=ConcernFit,
    fitted_with=set_over,
    space=LINEAR_SPACE,
    defaults={name: getattr(ConcernFit(), name) for name in LINEAR_SPACE},
    service=SERVICE,
    features_hash=service_hash,
    load=ConcernStudy,
    drawn=Drawn(Bilingual("例句 {:,} 条", "{:,} phrases"), Bilingual("例句", "phrases")),
)
