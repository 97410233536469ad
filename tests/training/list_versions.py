"""Recommender versions as training registers them, from lists whose fairness is known; no model is fitted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from data_contracts.settings import Settings
from features.history import History
from models import artifacts, keys
from models.artifacts import Parts
from models.registry import ResolvedModel
from tests.training.careers import postings
from training import tracking
from training.evaluation import exposure
from training.evaluation.bootstrap import OfficerDraws
from training.evaluation.shown_lists import Answers, Kinds, ShownLists, shown_lists
from training.gate.list_evidence import keep_lists

DAY = date(2025, 6, 1)
GOOD = {"ndcg_gain": 0.01, "ndcg_gain_low": 0.004, "hit_gain_low": 0.01, "coverage": 0.8}
POSTS = ("p1", "p2", "p3", "p4")
FAMILIES = ("patrol", "patrol", "legal", "legal")


@dataclass(frozen=True)
class Lists:
    """Officers, half of them women, and one list each; half of everybody goes on to legal work.

    withheld: the share of women who are shown patrol alone whatever they go on to; worse: the share of women whose
    list is a bad one; harder: the share of women whose way nobody foresees, the plain peer neither; apart: the share of
    men, and of men alone, who go on to patrol whatever chance says, which the lists follow.
    """

    people: int = 4000
    seed: int = 5
    withheld: float = 0.0
    worse: float = 0.0
    harder: float = 0.0
    apart: float = 0.0

    @property
    def officers(self) -> list[str]:
        """Their ids."""
        return [f"o{n}" for n in range(self.people)]

    @property
    def women(self) -> NDArray[np.bool_]:
        """Every second one, (people,)."""
        return np.asarray(np.arange(self.people) % 2 == 0)

    def shown(self) -> ShownLists:
        """What each was shown, and where each went."""
        rng = np.random.default_rng(self.seed)
        legal = rng.random(self.people) < 0.5
        legal &= ~(~self.women & (rng.random(self.people) < self.apart))
        taken = 2 * legal + rng.integers(0, 2, self.people)
        right = legal ^ (rng.random(self.people) < 0.1)  # a list leads with the kind that comes, nine times in ten
        right &= ~(self.women & (rng.random(self.people) < self.withheld))
        best = np.where(right[:, None], [2, 3], [0, 1])
        ndcg = rng.choice([1.0, 0.63, 0.5, 0.0], self.people)
        ndcg[self.women & (rng.random(self.people) < self.harder)] = 0.0
        peer = ndcg.copy()
        ndcg[self.women & (rng.random(self.people) < self.worse)] = 0.0
        who = np.array(self.officers, dtype=object), np.full(self.people, DAY, dtype="datetime64[D]")
        answers = Answers(np.arange(self.people), taken)
        return shown_lists(who, ("ndcg_at_10", ndcg, peer), best, answers, Kinds.of(POSTS, FAMILIES), 6)

    def settle_in(self, use: Settings, *, as_in_new_york: bool = False) -> None:
        """Write protected attributes and postings into the history; New York records ethnicity alone."""
        ids = pd.array(self.officers, dtype="string")
        halves = np.where(self.women, "f", "m")
        protected = pd.DataFrame({"officer_id": ids, "sex": halves, "ethnicity": "han", "birth_year": 1990,
                                  "known_on": pd.Timestamp("2015-01-01")})  # fmt: skip
        if as_in_new_york:
            protected = protected.assign(sex=None, birth_year=None, ethnicity=halves)
        types = {"sex": "string", "ethnicity": "string", "birth_year": "Int64", "known_on": "datetime64[us]"}
        History(use.history_dir).append("protected_attributes", protected.astype(types))
        rows = postings({one: [("p1", "2020-01-01")] for one in self.officers}).drop(columns="superseded_on")
        absent = ("ended_on", "shift", "supervisor_id", "occasion")
        History(use.history_dir).append("postings", rows.assign(**dict.fromkeys(absent)))


@contextmanager
def fewer_draws() -> Iterator[None]:
    """A fifth of the bootstrap's draws, where the answer is clear."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exposure, "OfficerDraws", partial(OfficerDraws, draws=200))
        yield


def register(use: Settings, name: str, lists: ShownLists, signed_as: str | None = None) -> ResolvedModel:
    """The next version of a recommender that is ahead of its peer, with these lists as its evidence."""
    with tracking.run(name, "tiny", data_hash="d1", feature_service="tiny_v1", use=use) as run:
        scratch = use.state / "scratch"
        scratch.mkdir()
        metadata = {"name": signed_as or name, "as_of": "2026-01-01", **keep_lists(run, scratch, lists)}
        signed = artifacts.save(scratch / "signed", Parts(json={}), metadata, keys.signing_key(use.keys_dir))
        run.gate(GOOD)
        model = run.model(signed, name)
    shutil.rmtree(scratch)
    return model
