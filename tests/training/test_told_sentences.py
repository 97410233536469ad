"""What officers are told as reasons is true: every figure and day of every sentence, worked out again from the tables.

The day lies a year before the records end, so that what became known later would show as a wrong figure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
import pytest

from data_contracts.asof import add_months
from data_contracts.catalog import catalog
from data_contracts.policy import policy
from data_contracts.simulator.simulation import simulate
from data_contracts.vocabulary import Education, Track
from features.declared import declared_features
from features.versions import with_superseded_on
from models.risk import record_words
from models.risk.explain import record_told
from models.risk.model import RiskBundle, with_cuts
from models.risk.themes import FACETS
from tests.training.sentences_by_hand import CLAIMS, History, pattern
from training.risk.dataset import RiskRows, as_ofs_needed, lesson_of, rows_from_tables
from training.risk.fit import FitSettings, fit_outcome
from training.risk.outcomes import first_as_of
from training.risk.train import service_of
from training.splits import rolling_origin

DAY, END = date(2025, 1, 1), date(2026, 1, 1)
QUICK = FitSettings({"rounds": 20, "learning_rate": 0.1, "min_data_in_leaf": 20}, members=("boosted", "logistic"))
OUTCOMES = ("conduct", "force", "any_complaint", "strain", "departure", "stagnation")
PEERS = {"en": (r"others in the same post ([\d.]+)", r"all officers ([\d.]+)"),
         "zh": (r"同岗位其他人平均([\d.]+)", r"全员平均([\d.]+)")}  # fmt: skip
LAST = {"en": r"(?:the last on|since) (\d{4}-\d\d-\d\d)", "zh": r"(?:最近一次在|自)(\d{4}-\d\d-\d\d)起?"}
SUSTAINED = {"en": r"(\d+) of them sustained, the others are no finding", "zh": r"其中查实(\d+)件，其余不等于查实"}
ALL_SUSTAINED = {"en": "found sustained", "zh": "已查实"}
PLAIN_NOTE = {
    "en": {"a complaint is no finding", "an allegation is no finding"},
    "zh": {"投诉不等于查实"},
}
NOTES = {
    "en": {"a report is a record of duty, not a fault", "numbers only, nobody else is identified"},
    "zh": {"报告是履职记录，不是过错", "只用汇总数，不涉及任何他人身份"},
}
UNCOUNTED = {
    "en": r"\d+ more themes? raises? the chance.*|\d+ more themes? lowers? the chance.*|several things together.*",
    "zh": r"另有\d+个主题.*|多项因素合在一起.*",
}
CODES = {"en": ("rank: ", "track: ", "education: "), "zh": ("现职级为", "从事序列为", "学历为")}


@dataclass(frozen=True)
class Force:
    """Everybody's feature rows on DAY, the bundle that speaks of them, and the tables by hand."""

    frame: pd.DataFrame
    bundle: RiskBundle
    history: History
    _claimed: dict[tuple[int, str], pd.Series] = field(default_factory=dict)

    @cached_property
    def spoken(self) -> list[tuple[str, dict[str, object]]]:
        """(officer, sentence) of reasons and strengths of all outcomes, and of the record by itself."""
        return list(self.sentences())

    def sentences(self) -> Iterator[tuple[str, dict[str, object]]]:
        """As they are told now."""
        scored = self.bundle.score(self.frame)
        texts = [(one, text) for column in ("reasons", "strengths")
                 for one, text in zip(scored["officer_id"], scored[column], strict=True) if text]  # fmt: skip
        texts += list(zip(self.frame["officer_id"], record_told(self.frame, self.bundle.means), strict=True))
        for officer, text in texts:
            for sentence in json.loads(text):
                yield str(officer), sentence

    def claimed(self, place: int, start: str) -> pd.Series:
        """What a claim comes to for everybody."""
        if (place, start) not in self._claimed:
            since = pd.Timestamp(start) if start else pd.Timestamp.min
            self._claimed[place, start] = CLAIMS[place][2](self.history, since)
        return self._claimed[place, start]


@pytest.fixture(scope="module")
def force() -> Force:
    frames = simulate(220, 6, 5, END)
    tables = {name: with_superseded_on(table, frames[name]) for name, table in catalog().tables.items()}
    splits = {name: rolling_origin(DAY, 12, first_as_of(tables, name)) for name in OUTCOMES}
    rows = rows_from_tables(tables, as_ofs_needed(list(splits.values())))
    models = tuple(fit_outcome(lesson_of(rows, name, splits[name], _columns(rows, name)), QUICK) for name in OUTCOMES)
    spoken = tuple(replace(model, silent=()) for model in models)  # in a small force all is noise: let everything speak
    frame = rows.at([DAY])
    bundle = with_cuts(RiskBundle(spoken, "risk_v1", "-"), frame)
    return Force(frame, bundle, History(tables, frame["officer_id"].astype(str).tolist(), DAY))


def _columns(rows: RiskRows, outcome: str) -> list[str]:
    return [name for name in declared_features().service(service_of([outcome])).chosen if name in rows.frame]


def _agrees(told: str, exact: float) -> bool:
    """Whether a number as told is the exact one, rounded as it stands."""
    digits = len(told.partition(".")[2])
    return abs(float(told) - exact) <= 0.5 * 10.0**-digits + 1e-6


def _wrong(force: Force, officer: str, text: str, language: str) -> str:
    """What is not so in a sentence; empty for nothing."""
    said, *more = text.split("; " if language == "en" else "；")
    if said.startswith(CODES[language]):
        return _wrong_code(force.history, officer, said)
    words, _, peers = said.rstrip(")）").partition(" (" if language == "en" and "on average)" in said else "（") \
        if not said.endswith("（职级与警衔合计）") else (said, "", "")  # fmt: skip
    for place, (en, zh, _, last) in enumerate(CLAIMS):
        found = pattern(en if language == "en" else zh).fullmatch(words)
        if found:
            start = found.groupdict().get("s") or ""
            if start and date.fromisoformat(start) not in {add_months(DAY, -months) for months in (12, 24, 60)}:
                return f"{start} is the first day of no look-back"
            own = force.claimed(place, start)
            if not _agrees(found["v"], own[officer]):
                return f"{found['v']} is {own[officer]}"
            days = None if last is None else last(force.history)
            return _wrong_peers(force, officer, own, peers, language) or _wrong_rest(
                force.history, officer, (days, start, own[officer]), more, language
            )
    return "no claim that the test knows"


def _wrong_peers(force: Force, officer: str, own: pd.Series, peers: str, language: str) -> str:
    post, everybody = (re.search(one, peers) for one in PEERS[language])
    means = (post, force.history.others(own, "post_id")[officer] if post else 0.0), (everybody, own.mean())
    wrong = [f"{found[1]} is {exact}" for found, exact in means if found and not _agrees(found[1], abs(exact))]
    return "; ".join(wrong) or ("" if bool(peers) == bool(post or everybody) else f"what is {peers}")


def _wrong_rest(
    history: History, officer: str, claim: tuple[pd.Series | None, str, float], more: list[str], language: str
) -> str:
    """What is not so in the parts after the first: the day of the last, and how many were found sustained."""
    days, start, counted = claim
    for part in more:
        if found := re.fullmatch(LAST[language], part):
            if days is None or str(days[officer].date()) != found[1]:
                return f"{part}: no such day"
        elif part in (PLAIN_NOTE[language] | {ALL_SUSTAINED[language]}) or re.fullmatch(SUSTAINED[language], part):
            continue  # asked below
        elif part not in NOTES[language]:
            return f"what is {part}"
    return _wrong_note(history, officer, (start, counted), more, language)


def _wrong_note(history: History, officer: str, claim: tuple[str, float], more: list[str], language: str) -> str:
    notes = [part for part in more if part in PLAIN_NOTE[language] | {ALL_SUSTAINED[language]}
             or re.fullmatch(SUSTAINED[language], part)]  # fmt: skip
    if not notes:
        return ""
    start, counted = claim
    where = {"category": "use_of_force"} if "an allegation is no finding" in notes else {}
    found = history.counted("complaints", "opened_on", pd.Timestamp(start), finding="sustained", **where)[officer]
    return _wrong_count(notes[0], found, counted, language)


def _wrong_count(note: str, sustained: float, counted: float, language: str) -> str:
    if note in PLAIN_NOTE[language]:
        return f"{sustained} were sustained" if sustained else ""
    if note == ALL_SUSTAINED[language]:
        return "" if sustained == counted else f"{sustained} of {counted} were sustained"
    some = re.fullmatch(SUSTAINED[language], note)
    return "" if some and float(some[1]) == sustained < counted else f"{note}: {sustained} of {counted}"
