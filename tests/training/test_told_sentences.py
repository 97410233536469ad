"""What officers are told as reasons is true: every figure and day of every sentence, worked out again from the tables.

The day lies a year before the records end, so that what became known later would show as a wrong figure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data_contracts.asof import add_months
from data_contracts.catalog import catalog
from data_contracts.policy import policy
from data_contracts.simulator.simulation import simulate
from features.declared import declared_features
from features.versions import with_superseded_on
from models.risk import record_words
from models.risk.code_rates import CodeRate, CodeRates
from models.risk.code_words import code_told
from models.risk.explain import record_told
from models.risk.model import RiskBundle, with_cuts
from tests.training.sentences_by_hand import SAID, History, Said
from training.risk.code_signs import code_rates
from training.risk.dataset import Lesson, RiskRows, as_ofs_needed, lesson_of, rows_from_tables
from training.risk.fit import FitSettings, fit_outcome
from training.risk.outcomes import Question, first_as_of, labels
from training.risk.train import service_of
from training.splits import rolling_origin

DAY, END = date(2025, 1, 1), date(2026, 1, 1)
QUICK = FitSettings({"rounds": 5, "min_data_in_leaf": 20}, members=("boosted", "logistic"))
OUTCOMES = ("conduct", "force", "any_complaint", "strain", "departure", "stagnation")
PEERS = {"en": (r"others in the same post \(?([\d.]+)", r"all officers \(?([\d.]+)"),
         "zh": (r"同岗位其他人平均（?([\d.]+)", r"全员平均（?([\d.]+)")}  # fmt: skip
PEERS_FIRST = {"en": r"(above|below) the average (of [^:]+\)): (.*)", "zh": r"(高于|低于)([^：]+）)：(.*)"}
ABOVE = {"above", "高于"}
PEERS_AFTER = {"en": r"(.*) \(((?:others|all) .*) on average\)", "zh": r"(.*)（((?:同岗位|全员).*)）"}
LAST = {
    "en": r"(?:the last on|the last mandated course was taken on|in that rank since|since) (\d{4}-\d\d-\d\d)",
    "zh": r"(?:最近一次在|最近一次修完必训课程在|自)(\d{4}-\d\d-\d\d)(?:起(?:任现职级)?)?",
}
SOME = {"en": r"(\d+) of them sustained, the others are no finding", "zh": r"其中查实(\d+)件，其余不等于查实"}
ALL = {"found sustained", "已查实"}
NONE = {"a complaint is no finding", "an allegation is no finding", "投诉不等于查实"}
NOTES = {"a report is a record of duty, not a fault", "报告是履职记录，不是过错",
         "numbers only, nobody else is identified", "只用汇总数，不涉及任何他人身份"}  # fmt: skip
RATES = {"en": r"(?P<name>.*?) \((?P<what>.*): (?P<own>[\d.]+)% of officers of this \w+, (?P<all>[\d.]+)% of all "
               r"officers\)",
         "zh": r"(?P<name>.*?)（(?P<what>.*)：该..人员中(?P<own>[\d.]+)%，全员中(?P<all>[\d.]+)%）"}  # fmt: skip
NO_FIGURE = "several"  # themes that no figure can speak for
CODED = {"rank: ": "rank", "现职级为": "rank", "track: ": "track", "从事序列为": "track",
         "education: ": "education", "学历为": "education"}  # fmt: skip


@dataclass(frozen=True)
class Force:
    """Everybody's feature rows on DAY, the bundle that speaks of them, and the tables by hand."""

    frame: pd.DataFrame
    bundle: RiskBundle
    history: History
    rates: Mapping[
        tuple[str, str], list[tuple[float, float, dict[str, str]]]
    ]  # percent of a code's and of all, of what
    _worked_out: dict[tuple[str, ...], pd.Series] = field(default_factory=dict)

    def sentences(self, record_only: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
        """As they are told now; `record_only` leaves out what a model has to be asked for."""
        scored = self.bundle.score(self.frame.head(0) if record_only else self.frame)
        texts = [(one, text) for column in ("reasons", "strengths")
                 for one, text in zip(scored["officer_id"], scored[column], strict=True) if text]  # fmt: skip
        texts += list(zip(self.frame["officer_id"], record_told(self.frame, self.bundle.means), strict=True))
        for officer, text in texts:
            for sentence in json.loads(text):
                yield str(officer), sentence

    def claimed(self, said: Said, start: str) -> pd.Series:
        """What a claim comes to for everybody."""
        return self._once(lambda: said.claim(self.history, self.history.first(start)), said.en, start)

    def sustained(self, said: Said, start: str) -> pd.Series:
        """How many of what it claims were found sustained."""
        assert said.sustained is not None
        claim = said.sustained
        return self._once(lambda: claim(self.history, self.history.first(start)), said.en, start, "sustained")

    def last(self, said: Said) -> pd.Series:
        """The day of the last such thing."""
        assert said.last is not None
        claim = said.last
        return self._once(lambda: claim(self.history), said.en, "last")

    def others(self, said: Said, start: str) -> pd.Series:
        """The mean of the others in the same post."""
        return self._once(lambda: self.history.others(self.claimed(said, start), "post_id"), said.en, start, "others")

    def _once(self, work: Callable[[], pd.Series], *name: str) -> pd.Series:
        """The tables answer for everybody at once, and stay as they are: one answer is enough for all sentences."""
        if name not in self._worked_out:
            self._worked_out[name] = work()
        return self._worked_out[name]


@pytest.fixture(scope="module")
def force() -> Force:
    frames = simulate(220, 6, 5, END)
    tables = {name: with_superseded_on(table, frames[name]) for name, table in catalog().tables.items()}
    splits = {name: rolling_origin(DAY, 12, first_as_of(tables, name)) for name in OUTCOMES}
    rows = rows_from_tables(tables, as_ofs_needed(list(splits.values())))
    lessons = [lesson_of(rows, name, splits[name], _columns(rows, name)) for name in OUTCOMES]
    models = [replace(fit_outcome(lesson, QUICK), codes=_every_code(lesson)) for lesson in lessons]
    spoken = tuple(replace(model, silent=()) for model in models)  # in a small force all is noise: let everything speak
    frame = rows.at([DAY])
    bundle = with_cuts(RiskBundle(spoken, "risk_v1", "-"), frame)
    history = History(tables, frame["officer_id"].astype(str).tolist(), DAY)
    return Force(frame, bundle, history, _rates(lessons))


def _every_code(lesson: Lesson) -> CodeRates:
    """All codes, each with the sign that its figures have."""
    came = lesson.answers(np.ones(len(lesson.x), dtype=bool), DAY, soft=False)
    found: dict[str, dict[str, CodeRate]] = {}
    for sign in (1, -1):
        signs = {column: dict.fromkeys(codes, sign) for column, codes in lesson.design.levels.items()}
        officers = lesson.spine["officer_id"].to_numpy(object)
        for column, rates in code_rates(lesson.x, lesson.design, came, officers, signs).items():
            found.setdefault(column, {}).update(rates)
    return found


def _rates(lessons: list[Lesson]) -> dict[tuple[str, str], list[tuple[float, float, dict[str, str]]]]:
    """By column and code, of each outcome: how many in a hundred rows learned from had it in their twelve months."""
    found: dict[tuple[str, str], list[tuple[float, float, dict[str, str]]]] = {}
    for lesson in lessons:
        rule = policy().outcome(lesson.outcome)
        what = {"zh": f"12个月内{rule.name_zh}", "en": f"{rule.name_en} within 12 months"}
        came = labels(lesson.rows.tables, lesson.spine, Question(lesson.outcome, 12, DAY, soft=False))
        seen = lesson.spine.assign(came=100.0 * came).merge(lesson.rows.frame, on=["officer_id", "as_of"])
        for column, name in (("rank", "rank_code"), ("track", "track"), ("education", "education")):
            for code, own in seen.groupby(name)["came"].mean().items():
                found.setdefault((column, str(code)), []).append((float(own), float(came.mean() * 100.0), what))
    return found


def _columns(rows: RiskRows, outcome: str) -> list[str]:
    return [name for name in declared_features().service(service_of([outcome])).chosen if name in rows.frame]


def _agrees(told: str, exact: float) -> bool:
    """Whether a number as told is the exact one, rounded as it stands."""
    return abs(float(told) - exact) <= 0.5 * 10.0 ** -len(told.partition(".")[2]) + 1e-6


def _wrong(force: Force, officer: str, text: str, language: str) -> str:
    """What is not so in a sentence; empty for nothing."""
    words, *more = text.split("; " if language == "en" else "；")
    for start, column in CODED.items():
        if words.startswith(start):
            name = code_told("rank_code" if column == "rank" else column, force.history.code(column, officer))
            told = re.fullmatch(RATES[language], words.removeprefix(start))
            if told is None or told["name"] != getattr(name, language):
                return f"it is {name}"
            code = force.history.code(column, officer)
            if not any(_agrees(told["own"], own) and _agrees(told["all"], every) and told["what"] == what[language]
                       for own, every, what in force.rates.get((column, code), [])):  # fmt: skip
                return f"no outcome has these shares: {force.rates.get((column, code))}"
            return "; ".join(filter(None, (_wrong_since(force, officer, column, part, language) for part in more)))
    plain, peers, way = _apart(words, language)
    for said in SAID:
        if found := said.pattern(language).fullmatch(plain):
            start = found.groupdict().get("s") or ""
            own = force.claimed(said, start)
            wrong = [] if _agrees(found["v"], own[officer]) else [f"{found['v']} is {own[officer]}"]
            if start and date.fromisoformat(start) not in {add_months(DAY, -months) for months in (12, 24, 60)}:
                wrong.append(f"no look-back begins on {start}")
            wrong += _wrong_peers(force, officer, (said, start), peers, language)
            wrong += _wrong_way(found["v"], way, peers, language)
            rest = (_wrong_part(force, officer, (said, start), part, language) for part in more)
            return "; ".join([*wrong, *filter(None, rest)])
    return "no claim that the test knows"


def _apart(words: str, language: str) -> tuple[str, str, str]:
    """The sentence, how others stand, and the side of them that it claims; the latter two empty where not said."""
    if first := re.fullmatch(PEERS_FIRST[language], words):
        return first[3], first[2], first[1]
    after = re.fullmatch(PEERS_AFTER[language], words)
    return (after[1], after[2], "") if after else (words, "", "")


def _wrong_way(told: str, way: str, peers: str, language: str) -> list[str]:
    means = [found[1] for one in PEERS[language] if (found := re.search(one, peers))]
    return [f"{told} is not {way} {mean}" for mean in means if way and (float(told) > float(mean)) != (way in ABOVE)]


def _wrong_since(force: Force, officer: str, column: str, part: str, language: str) -> str:
    """What is not so in the day that a code counts from; only a rank has one."""
    found = re.fullmatch(LAST[language], part)
    there = column == "rank" and found and str(force.history.ranks["since"][officer].date()) == found[1]
    return "" if there else f"{part}: no such day"


def _wrong_peers(force: Force, officer: str, said: tuple[Said, str], peers: str, language: str) -> list[str]:
    post, everybody = (re.search(one, peers) for one in PEERS[language])
    others = force.others(*said)[officer] if post else 0.0
    means = (post, others), (everybody, force.claimed(*said).mean())
    return [f"{found[1]} is {exact}" for found, exact in means if found and not _agrees(found[1], abs(exact))]


def _wrong_part(force: Force, officer: str, said: tuple[Said, str], part: str, language: str) -> str:
    """What is not so in a part after the first: the day of the last, or how many were found sustained."""
    claim, start = said
    if found := re.fullmatch(LAST[language], part):
        there = claim.last is not None and str(force.last(claim)[officer].date()) == found[1]
        return "" if there else f"{part}: no such day"
    if part in NOTES:
        return ""
    some = re.fullmatch(SOME[language], part)
    if claim.sustained is None or not (some or part in ALL | NONE):
        return f"what is {part}"
    sustained = force.sustained(claim, start)[officer]
    whole = force.claimed(claim, start)[officer]
    told = float(some[1]) if some else whole if part in ALL else 0.0
    return "" if told == sustained and (not some or told < whole) else f"{part}: {sustained} of {whole}"


def all_wrong(force: Force, record_only: bool = False) -> list[str]:
    """Every sentence, in either language, that says what is not so."""
    wrong, known = [], dict[tuple[str, str], str]()
    for officer, sentence in force.sentences(record_only):
        for language, text in sentence["text"].items():
            if sentence["theme"] != NO_FIGURE and (officer, text) not in known:
                known[officer, text] = _wrong(force, officer, text, language)
                wrong += [f"{officer}: {text!r}: {known[officer, text]}"] if known[officer, text] else []
        if sentence["since"] and sentence["since"] not in sentence["text"]["en"]:
            wrong.append(f"{officer}: since {sentence['since']} is not in {sentence['text']['en']!r}")
    return wrong


def test_every_figure_and_day_told_is_that_of_the_history(force: Force) -> None:
    assert all_wrong(force) == []


def test_what_is_told_covers_the_force_every_outcome_and_nearly_every_sentence(force: Force) -> None:
    scored = force.bundle.score(force.frame)
    known = scored[scored["status"] == "scored"]
    assert set(known["outcome"]) == set(OUTCOMES)
    spoken = {officer for officer, _ in force.sentences()}
    assert spoken == set(force.history.officers)
    told = {text for _, sentence in force.sentences() for text in sentence["text"].values()}
    for language in ("en", "zh"):
        plain = [_apart(re.split("; |；", text)[0], language)[0] for text in told]
        assert any(re.search(RATES[language], text) for text in told)
        absent = [said for said in SAID if not any(said.pattern(language).fullmatch(one) for one in plain)]
        assert [said.en for said in absent if force.claimed(said, "2024-01-01").notna().any()] == []  # nothing to tell


@pytest.mark.parametrize(
    ("column", "moved"),
    [("complaints_24m", 1.0), ("overtime_hours_12m", 7.0), ("tenure_days", 400.0), ("mandated_courses_lacking", 1.0),
     ("days_since_complaints", 1.0), ("complaints_24m_minus_post_others", 0.5), ("complaints_sustained_24m", 1.0)],
)  # fmt: skip
def test_a_column_that_is_not_what_its_sentence_says_is_seen(force: Force, column: str, moved: float) -> None:
    frame = force.frame.assign(**{column: force.frame[column] + moved})
    assert all_wrong(replace(force, frame=frame.head(40)), record_only=True)


def test_a_look_back_that_is_not_the_one_counted_is_seen(force: Force, monkeypatch: pytest.MonkeyPatch) -> None:
    shifted = lambda record, row, facet: add_months(DAY, -24).isoformat() if facet.months else ""  # noqa: E731
    monkeypatch.setattr(record_words.Record, "_start", shifted)
    assert all_wrong(replace(force, frame=force.frame.head(40)), record_only=True)
