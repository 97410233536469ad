"""How well a post fits one officer: a rule on the officer's own record, told part by part, and never a model's figure.

Parts: competencies (measured levels against the post's standards), the stated goal (a post or a job family), and
wishes (ranked preferences for vacancies of the post). A part that nobody recorded is left out, never counted as zero.
`records` hold contract tables as of a day: only rows known by then, in the version then valid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from data_contracts.counting import noun
from data_contracts.policy import policy
from data_contracts.remembering import of_tables
from data_contracts.suggesting import FitWeights
from data_contracts.vocabulary import Bilingual
from models.posts.vacancies import open_on
from models.stated_goals import StatedGoal, stated_goals

Frames = Mapping[str, pd.DataFrame]
SHOWN = 3  # competencies named as below standard
GOALS_OF_POSTS = ("post", "job_family")  # of another kind a goal says nothing of a post


@dataclass(frozen=True)
class FitPart:
    """One part: a stable code, its score in [0, 1], and what it rests on in words."""

    code: str
    score: float
    text: Bilingual


@dataclass(frozen=True)
class Fit:
    """The weighted mean of the parts on record, in [0, 1]."""

    score: float
    parts: tuple[FitPart, ...]


@dataclass(frozen=True)
class Standard:
    """What every post asks for, and which family it belongs to."""

    levels: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    families: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Frames) -> Standard:
        """From `competency_standards` and `posts`, either of which may be absent."""
        return _standard_of(records)


@of_tables("competency_standards", "posts")
def _standard_of(records: Frames) -> Standard:
    levels: dict[str, dict[str, float]] = {}
    if "competency_standards" in records:
        rows = records["competency_standards"]
        for post, name, level in zip(rows["post_id"], rows["competency"], rows["standard_level"], strict=True):
            levels.setdefault(str(post), {})[str(name)] = float(level)
    if "posts" not in records:
        return Standard(levels)
    posts = records["posts"].dropna(subset=["job_family"])
    families = {str(one): str(name) for one, name in zip(posts["post_id"], posts["job_family"], strict=True)}
    return Standard(levels, families)


@dataclass(frozen=True)
class Wanting:
    """What one officer can and wants.

    levels: latest measured level by competency, None where assessments are not kept at all; wishes: the best order by
    post, None where the officer stated none; goal: kind and code, None where none counts; lapsed: the goal stated last
    where its term is over, so that it counts no more.
    """

    levels: Mapping[str, float] | None = None
    goal: tuple[str, str] | None = None
    wishes: Mapping[str, int] | None = None
    lapsed: StatedGoal | None = None


def of_open_rounds(records: Frames, as_of: date) -> Frames:
    """The records with only those vacancies that are open on a day: a wish of a closed round says nothing any more."""
    if "vacancies" not in records:
        return records
    rows = records["vacancies"]
    return {**records, "vacancies": rows[open_on(rows, as_of, records.get("units"))]}


def wanting_of(records: Frames, officer_ids: list[str], as_of: date) -> dict[str, Wanting]:
    """What each officer can and wants on a day, from assessments, goals, preferences and the vacancies these name."""
    levels, wishes = _levels(records, officer_ids), _wishes(records, officer_ids)
    rows = _rows(records, "career_goals", officer_ids, ["occurred_on", "known_on"])
    goals = {} if rows is None else stated_goals(rows)
    lapsed = {name: goal for name, goal in goals.items() if goal.over(as_of)}
    stands = {name: goal.code for name, goal in goals.items() if name not in lapsed}
    kept = "competency_assessments" in records
    return {
        name: Wanting(levels.get(name, {}) if kept else None, stands.get(name), wishes.get(name), lapsed.get(name))
        for name in officer_ids
    }


def fit_of(post_id: str, own: Wanting, standard: Standard, weights: FitWeights) -> Fit | None:
    """The fit of a post, None where nothing that bears on it is on record.

    >>> own = Wanting({"law": 2.0}, ("post", "q"))
    >>> standard = Standard({"p": {"law": 4.0}}, {"p": "legal", "q": "legal"})
    >>> found = fit_of("p", own, standard, FitWeights(0.5, 0.3, 0.2, 0.5, 0.15))
    >>> found.score, [part.text.en for part in found.parts][0]
    (0.5, 'meets 0 of 1 measured competency; below standard: law and procedure 2 of 4')
    """
    weighed = (
        (weights.competencies, _competencies(post_id, own, standard)),
        (weights.goal, _goal(post_id, own, standard, weights)),
        (weights.wishes, _wish(post_id, own, weights)),
    )
    known = [(weight, part) for weight, part in weighed if part is not None and weight > 0]
    if not known:
        return None
    total = sum(weight for weight, _ in known)
    return Fit(sum(weight * part.score for weight, part in known) / total, tuple(part for _, part in known))


def _competencies(post_id: str, own: Wanting, standard: Standard) -> FitPart | None:
    """The mean of level over standard, at most 1 each, over what was measured."""
    asked = standard.levels.get(post_id, {})
    measured = {name: (own.levels or {})[name] for name in sorted(asked) if name in (own.levels or {})}
    if not measured:
        return None
    shares = {name: min(1.0, level / asked[name]) if asked[name] > 0 else 1.0 for name, level in measured.items()}
    below = sorted((name for name, share in shares.items() if share < 1.0), key=lambda name: (shares[name], name))
    named = {name: policy().names.competency_named(name) for name in below[:SHOWN]}
    told = [f"{said.en} {measured[name]:.3g} of {asked[name]:.3g}" for name, said in named.items()]
    told_zh = [f"{said.zh}{measured[name]:.3g}（标准{asked[name]:.3g}）" for name, said in named.items()]
    unmeasured = len(asked) - len(measured)
    zh = f"已测评的 {len(measured)} 项能力中 {len(measured) - len(below)} 项达标"
    named_en = noun(len(measured), "competency", "competencies")
    en = f"meets {len(measured) - len(below)} of {len(measured)} measured {named_en}"
    zh, en = (f"{zh}；未达标：{'、'.join(told_zh)}", f"{en}; below standard: {', '.join(told)}") if below else (zh, en)
    zh, en = (f"{zh}；{unmeasured} 项未测评", f"{en}; {unmeasured} not measured") if unmeasured else (zh, en)
    return FitPart("competencies", sum(shares.values()) / len(shares), Bilingual(zh, en))


def _goal(post_id: str, own: Wanting, standard: Standard, weights: FitWeights) -> FitPart | None:
    """Whether the post is the goal or of its family."""
    if own.goal is None or own.goal[0] not in GOALS_OF_POSTS:
        return None
    kind, goal = own.goal
    family = standard.families.get(post_id)
    if kind == "post" and goal == post_id:
        return FitPart("goal", 1.0, Bilingual("正是您提出的职业目标", "this is your stated goal"))
    if kind == "job_family" and family == goal:
        return FitPart("goal", 1.0, Bilingual("属于您提出的目标职位类别", "of the job family you aim at"))
    if kind == "post" and family is not None and family == standard.families.get(goal):
        words = Bilingual("与您的目标岗位同属一个职位类别", "of the same job family as the post you aim at")
        return FitPart("goal", weights.same_family, words)
    return FitPart("goal", 0.0, Bilingual("不在您提出的职业目标方向上", "not in the direction of your stated goal"))


def _wish(post_id: str, own: Wanting, weights: FitWeights) -> FitPart | None:
    if own.wishes is None:
        return None
    order = own.wishes.get(post_id)
    if order is None:
        told = Bilingual("不在您对现有空缺填报的志愿中", "not among your wishes for the vacancies open now")
        return FitPart("wishes", 0.0, told)
    score = max(0.0, 1.0 - weights.wish_step * (order - 1))
    return FitPart("wishes", score, Bilingual(f"您的第 {order} 志愿", f"your wish number {order}"))


def _rows(records: Frames, table: str, officer_ids: list[str], order: list[str]) -> pd.DataFrame | None:
    if table not in records:
        return None
    rows = records[table]
    return rows[rows["officer_id"].isin(officer_ids)].sort_values(order, kind="stable")


def _levels(records: Frames, officer_ids: list[str]) -> dict[str, dict[str, float]]:
    rows = _rows(records, "competency_assessments", officer_ids, ["occurred_on", "known_on"])
    levels: dict[str, dict[str, float]] = {}
    for officer, name, level in [] if rows is None else zip(rows["officer_id"], rows["competency"], rows["level"],
                                                            strict=True):  # fmt: skip
        levels.setdefault(str(officer), {})[str(name)] = float(level)  # the latest stands last
    return levels


def _wishes(records: Frames, officer_ids: list[str]) -> dict[str, dict[str, int]]:
    """The best order of a wish by post, among the vacancies on record."""
    rows = _rows(records, "preferences", officer_ids, ["officer_id", "preference_order"])
    if rows is None or "vacancies" not in records:
        return {}
    vacancies = records["vacancies"].drop_duplicates("vacancy_id", keep="last").set_index("vacancy_id")["post_id"]
    wishes: dict[str, dict[str, int]] = {}
    posts = rows["vacancy_id"].map(vacancies)
    for officer, post, order in zip(rows["officer_id"], posts, rows["preference_order"], strict=True):
        if isinstance(post, str):
            wishes.setdefault(str(officer), {}).setdefault(post, int(order))
    return wishes
