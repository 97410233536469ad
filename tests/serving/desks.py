"""Desks with models and features whose right answers are written down, for tests of the web and of the handlers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from data_contracts.errors import NotReady
from data_contracts.policy import Policy, policy
from data_contracts.vocabulary import Bilingual
from models.eligibility.rules import BlockedBy
from models.posts.reasons import moved_here
from models.posts.suggestions import Suggestion, Suggestions
from serving.api.opened import Absent, Desks
from serving.night.manifest import ModelIdentity
from serving.night.results import PublishedRun
from serving.posts.career_records import CareerRecord
from serving.posts.recommend import Advised, Asked, CareerDesk
from serving.risk.warn import RiskDesk
from serving.units.answers import UnitDesk
from tests.serving.feedback_room import plain_suggester
from tests.serving.guidance_state import guidance
from tests.serving.unit_force import published

NO_RISK = Absent(Bilingual("没有风险模型", "no risk model"))
NO_POSTS = Absent(Bilingual("没有岗位模型", "no next-post model"))
NOW = datetime(2026, 11, 1, 12)
CUTS = {asked: {"poor": 0.5, "fair": 0.3, "good": 0.1} for asked in (("conduct", 12), ("strain", 6), ("strain", 24))}
REASONS = json.dumps([{"theme": "complaints", "text": {"zh": "近两年投诉", "en": "complaints"}, "since": "2025-01-01"}])
SHORT = json.dumps({"code": "short_history", "zh": "履历不足", "en": "too little history"})


@dataclass
class FakeSource:
    """Features by officer: hours of age (None: unknown officer) and a value; `reads` counts what was asked."""

    ages: Mapping[str, float | None]
    status: Mapping[str, str] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=lambda: {"risk_v1": "h1", "career_v1": "h2"})
    reads: list[list[str]] = field(default_factory=list)
    filled: date | None = date(2026, 11, 1)

    def online(self, ids: Sequence[str], service: str, as_of: date | None = None) -> pd.DataFrame:
        self.reads.append(list(ids))
        ages = [self.ages.get(name) for name in ids]
        stamps = [pd.NaT if age is None else pd.Timestamp(NOW) - pd.Timedelta(hours=age) for age in ages]
        present = ["unknown" if age is None else "present" for age in ages]
        status = [self.status.get(name, usual) for name, usual in zip(ids, present, strict=True)]
        return pd.DataFrame(
            {
                "officer_id": pd.array(list(ids), dtype="string"),
                "status": pd.array(status, dtype="string"),
                "feature_timestamp": pd.Series(stamps, dtype="datetime64[us]"),
                "tenure_days": [None if age is None else 1000.0 for age in ages],
            }
        )

    def service_hash(self, service: str) -> str:
        return self.hashes[service]

    def filled_as_of(self, service: str) -> date | None:
        return self.filled


@dataclass(frozen=True)
class FakeScorer:
    """Conduct and strain: `rows[officer]` are both probabilities; None means a short history. Strain at 6 months;
    at 24 twice as likely."""

    rows: Mapping[str, tuple[float | None, float | None]]
    models: tuple[ModelIdentity, ...] = ()
    answers: tuple[tuple[str, int], ...] = (("strain", 6), ("strain", 24), ("conduct", 12), ("force", 12))

    def __call__(self, chunk: pd.DataFrame) -> pd.DataFrame:
        answers: list[dict[str, Any]] = []
        for officer_id in chunk["officer_id"]:
            both = dict(zip(("conduct", "strain"), self.rows[officer_id], strict=True))
            both["force"] = 0.9
            answers += [_answer(officer_id, asked, both[asked[0]]) for asked in self.answers]
        return pd.DataFrame(answers[::-1])  # in another order than asked, as a scorer may


def _answer(officer_id: str, asked: tuple[str, int], probability: float | None) -> dict[str, Any]:
    common = {"officer_id": officer_id, "outcome": asked[0], "horizon_months": asked[1]}
    if probability is None:
        nothing = {"probability": None, "low": None, "high": None, "unsure": None, "reasons": None}
        return {**common, "status": "not_scored", **nothing, "because": SHORT}
    probability *= 2 if asked[1] == 24 else 1
    numbers = {"probability": probability, "low": probability / 2, "high": None, "unsure": False}
    return {**common, "status": "scored", **numbers, "reasons": REASONS, "because": None}


@dataclass(frozen=True)
class FakeRanker:
    """The same posts for everybody, as many as asked for; `silent` officers get none."""

    silent: tuple[str, ...] = ()

    @property
    def names(self) -> Mapping[str, Bilingual]:
        return {"p1": Bilingual("社区民警", "community officer")}

    def __call__(
        self, frame: pd.DataFrame, asked: Asked, record: CareerRecord | None, policy: Policy
    ) -> Sequence[Advised]:
        lacking = BlockedBy("rank", "职级不足", "rank too low")
        posts = [
            Suggestion(f"p{place}", 1 / place, None, (moved_here(6, 10),), (lacking,) if place == 2 else ())
            for place in range(1, asked.top + 1)
        ]
        return [
            Advised(
                str(one), Suggestions(() if one in self.silent else tuple(posts), ()), True, 0 if pd.isna(day) else 3
            )
            for one, day in zip(frame["officer_id"], frame["feature_timestamp"], strict=True)
        ]


RISK_MODEL = ModelIdentity("risk", "7", "a" * 64, "risk_v1", "h1")
CAREER_MODEL = ModelIdentity("next-post", "3", "b" * 64, "career_v1", "h2")


def risk_desk(source: FakeSource, rows: Mapping[str, tuple[float | None, float | None]]) -> RiskDesk:
    return RiskDesk(RISK_MODEL, FakeScorer(rows), CUTS, source, policy())


def career_desk(source: FakeSource, silent: tuple[str, ...] = ()) -> CareerDesk:
    return CareerDesk(CAREER_MODEL, FakeRanker(silent), source, plain_suggester(), policy())


@cache
def _night() -> tuple[TemporaryDirectory[str], PublishedRun]:
    """A published night of a small force; its folder goes when the process ends."""
    folder = TemporaryDirectory()
    return folder, published(Path(folder.name))


def unit_desk(night: bool = True) -> UnitDesk:
    """Units a, b, c and top; or none before a night was scored."""

    def none() -> PublishedRun:
        raise NotReady("no night has been scored yet")

    return UnitDesk((lambda: _night()[1]) if night else none, policy())


def demo_desks(*, risk: bool = True, careers: bool = True, night: bool = True) -> Desks:
    """Two officers whom every desk knows: o-000001 and o-000002."""
    source = FakeSource({"o-000001": 2.0, "o-000002": 2.0})
    return Desks(
        risk=risk_desk(source, {"o-000001": (0.6, 0.2), "o-000002": (None, None)}) if risk else NO_RISK,
        careers=career_desk(source) if careers else NO_POSTS,
        units=unit_desk(night),
        now=lambda: NOW,
        probe=lambda: None,
        guidance=guidance(),
        record=lambda *_: None,
    )
