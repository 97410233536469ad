"""Who may take which post: the rules of policy and what the post itself asks for, with what is lacking in words.

Every requirement is met, not met, or unknown: the record does not tell. Unknown bars nobody unless policy says so
(policy/unknown_facts.toml). `allowed` answers for officers x posts at once; `judgement` tells one pair in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.decisions import EligibilityRule
from data_contracts.naming import Naming, quoted
from data_contracts.policy import Policy
from data_contracts.remembering import of_tables
from data_contracts.requirements import Fact
from data_contracts.vocabulary import Bilingual, Education
from models.eligibility.spells import Days, full_months, months_later
from models.eligibility.standing_facts import NO_DAY, Facts, Frames, lapses_on

MET, NOT_MET, UNKNOWN = 0, 1, 2
States = NDArray[np.int8]  # (n,) of MET, NOT_MET, UNKNOWN
OWN_RANK, OWN_COURSE = "min_rank_step", "required_course"


@dataclass(frozen=True)
class Post:
    """What is known of a post; without a posts table only its id and the level of its unit."""

    post_id: str
    job_family: str | None = None
    track: str | None = None
    unit_level: str | None = None
    min_rank_step: str | None = None
    required_course_id: str | None = None
    course: Bilingual | None = None
    valid_months: float = float("nan")


@dataclass(frozen=True)
class BlockedBy:
    """One requirement that is not known to be met: what is lacking, and the day from which time alone meets it.

    `met_from` of a rank step is the earliest that the least times in steps allow, the day asked about where they are
    served already and only the promotion lacks, or where a change of ladder as others made it would bring the step;
    None where time does not meet it.
    """

    code: str
    zh: str
    en: str
    met_from: date | None = None


@dataclass(frozen=True)
class Judgement:
    """One officer and one post: codes of the rules met, what bars, and what the record does not tell."""

    eligible: bool
    met: tuple[str, ...]
    blocked_by: tuple[BlockedBy, ...]
    unknown: tuple[BlockedBy, ...]


@dataclass(frozen=True)
class Requirement:
    """One measurable thing that a rule or a post asks for."""

    code: str
    name: Bilingual
    fact: Fact
    least: float = 0.0
    what: str = ""
    called: Bilingual | None = None  # what people call `what`, where it is a competency


def _posts_by_units(frames: Frames) -> tuple[Post, ...]:
    """Every unit is a post."""
    levels = _rows_by(frames.get("units"), "unit_id")
    ids = sorted({*levels, *(str(one) for one in frames["postings"]["post_id"].unique())})
    return tuple(Post(one, unit_level=_text(levels.get(one, {}).get("unit_level"))) for one in ids)


@of_tables("posts", "courses")
def _posts_on_record(frames: Frames) -> tuple[Post, ...]:
    courses = _rows_by(frames.get("courses"), "course_id")
    rows = frames["posts"].drop_duplicates("post_id").sort_values("post_id").to_dict("records")
    return tuple(_post({str(name): value for name, value in row.items()}, courses) for row in rows)


def posts_of(frames: Frames) -> tuple[Post, ...]:
    """Every post on record in order of id; where there is no posts table, every unit is one (post = unit)."""
    return _posts_on_record(frames) if "posts" in frames else _posts_by_units(frames)


def requirements(post: Post, policy: Policy) -> tuple[Requirement, ...]:
    """What a post asks for: the rules that speak of it, in their order, then its own rank step and course."""
    found = [
        each
        for rule in policy.eligibility
        if rule.applies_to(post.post_id, post.job_family, post.track, post.unit_level)
        for each in _of_rule(rule, policy.names)
    ]
    if post.min_rank_step:
        step = policy.step(str(post.track), post.min_rank_step)
        name = _rank_asked(quoted(post.min_rank_step) if step is None else step.label)
        found.append(Requirement(OWN_RANK, name, "rank_step", what=post.min_rank_step))
    if post.required_course_id:
        course = post.course or quoted(post.required_course_id)
        name = Bilingual(f"须完成培训“{course.zh}”", f"the course “{course.en}” is required")
        found.append(Requirement(OWN_COURSE, name, "course", what=post.required_course_id))
    return tuple(found)


def of_a_first_post(post: Post, policy: Policy) -> tuple[tuple[Requirement, ...], tuple[Requirement, ...]]:
    """What a post asks of somebody who never held any, and what can be asked only once a first post is held.

    Time in the present post begins with the first; so does service where a rule asks it before every post, for then
    nobody could ever begin; and the course that a post requires is taken in it (of 627 first posts of a simulated force
    that require one, it had been taken before in none).
    """
    everywhere = {rule.code for rule in policy.eligibility if rule.applies_to_all}
    every = requirements(post, policy)
    later = [
        one for one in every
        if one.fact in ("post", "course") or (one.fact == "service" and one.code in everywhere)
    ]  # fmt: skip
    return tuple(one for one in every if one not in later), tuple(later)


def told_later(asked: Requirement) -> BlockedBy:
    """That a requirement is not asked of a first post."""
    return BlockedBy(
        asked.code,
        f"{asked.name.zh}：首任岗位不以此为前提，任职后再核查",
        f"{asked.name.en}: not asked of a first post, checked once it is held",
    )


Asking = Callable[[Post, Policy], Sequence[Requirement]]


def allowed(facts: Facts, posts: Sequence[Post], policy: Policy, asking: Asking = requirements) -> NDArray[np.bool_]:
    """Officers x posts, (n, p): whether nothing bars of what `asking` says that a post asks for."""
    return allowed_and_untold(facts, posts, policy, asking)[0]


def allowed_and_untold(
    facts: Facts, posts: Sequence[Post], policy: Policy, asking: Asking = requirements
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The same, and whether the record does not tell of anything that the post asks for and that then bars nobody."""
    free = np.ones((len(facts.officer_ids), len(posts)), dtype=bool)
    untold = np.zeros_like(free)
    known: dict[tuple[Requirement, str | None, float], tuple[NDArray[np.bool_], NDArray[np.bool_]]] = {}
    for place, post in enumerate(posts):
        for each in asking(post, policy):
            key = _alike(each, post)
            if key not in known:
                state = states(facts, post, each)
                bars = _bars(state, each.fact, policy)
                known[key] = bars, (state == UNKNOWN) & ~bars
            bars, unknown = known[key]
            free[:, place] &= ~bars
            untold[:, place] |= unknown
    return free, untold


def allowed_from(facts: Facts, posts: Sequence[Post], policy: Policy) -> Days:
    """Officers x posts, (n, p): the first day on which nothing bars, from the day of the facts on, if only time passes.

    NaT where time alone does not: a course to take, a promotion to come.
    """
    found = np.full((len(facts.officer_ids), len(posts)), facts.moment)
    for place, post in enumerate(posts):
        for asked in requirements(post, policy):
            bars = _bars(states(facts, post, asked), asked.fact, policy)
            if bars.any():
                met = np.where(bars, _met_from(facts, asked), facts.moment)
                found[:, place] = np.maximum(found[:, place], met)
    return found


def judgement(
    facts: Facts, officer: int, post: Post, policy: Policy, asked: Sequence[Requirement] | None = None
) -> Judgement:
    """The officer at that place in `facts` and one post, rule by rule; `asked` where its requirements are known."""
    asking = requirements if asked is None else lambda *_: asked
    return judgements(facts, officer, [post], policy, asking)[0]


def judgements(
    facts: Facts, officer: int, posts: Sequence[Post], policy: Policy, asking: Asking = requirements
) -> list[Judgement]:
    """The same of several posts, in order, with what they ask for alike judged once."""
    one = alone(facts, officer)
    known: dict[tuple[Requirement, str | None, float], tuple[States, BlockedBy | None]] = {}
    found = []
    for post in posts:
        met, blocked, unknown = list[str](), list[BlockedBy](), list[BlockedBy]()
        for each in asking(post, policy):
            key = _alike(each, post)
            if key not in known:
                state = states(one, post, each)
                known[key] = state, None if state[0] == MET else told_unmet(one, post, each, int(state[0]))
            state, told = known[key]
            if told is None:
                met.append(each.code)
            else:
                (blocked if _bars(state, each.fact, policy)[0] else unknown).append(told)
        open_ones = {each.code for each in (*blocked, *unknown)}
        wholly = tuple(code for code in dict.fromkeys(met) if code not in open_ones)
        found.append(Judgement(not blocked, wholly, tuple(blocked), tuple(unknown)))
    return found


def _alike(asked: Requirement, post: Post) -> tuple[Requirement, str | None, float]:
    """What two posts have in common that ask for the same of the same officer."""
    own = asked.fact in ("rank_step", "course")
    return asked, post.track if own else None, post.valid_months if own and post.valid_months > 0 else 0.0


def bars_of_posts(
    facts: Facts, officer: int, posts: Sequence[Post], policy: Policy, asking: Asking = requirements
) -> dict[str, tuple[BlockedBy, ...]]:
    """What bars the officer at that place from each post, by post; those that nothing bars are left out."""
    judged = zip(posts, judgements(facts, officer, posts, policy, asking), strict=True)
    return {post.post_id: one.blocked_by for post, one in judged if one.blocked_by}


def states(facts: Facts, post: Post, asked: Requirement) -> States:
    """Whether each officer meets a requirement, (n,)."""
    if asked.fact in ("service", "post"):
        since = facts.entered_on if asked.fact == "service" else facts.post_since
        return _state(~np.isnat(since), months_later(since, int(asked.least)) <= facts.moment)
    if asked.fact == "grassroots":
        enough = facts.grassroots_months >= asked.least
        return _state(facts.grassroots_known | enough, enough)
    if asked.fact == "education":
        return _state(facts.education >= 0, facts.education >= asked.least)
    if asked.fact == "level":
        levels = facts.levels.get(asked.what, np.full(len(facts.officer_ids), np.nan))
        return _state(~np.isnan(levels), levels >= asked.least)
    if asked.fact == "rank_step":
        return _rank_states(facts, post)
    if facts.taken is None:
        return _state(np.zeros(len(facts.officer_ids), dtype=bool), np.False_)
    taken = _taken(facts, asked.what)
    lapse = lapses_on(taken, post.valid_months)
    return _state(np.True_, ~np.isnat(taken) & (np.isnat(lapse) | (lapse > facts.moment)))


def _rank_states(facts: Facts, post: Post) -> States:
    """By the ladder of the post's track; a step of another ladder does not count, no step at all is unknown."""
    goal = facts.ladders.position(post.track, post.min_rank_step)
    own = np.array([ladder is None or ladder == post.track for ladder in facts.ladder], dtype=bool)
    held = np.array([facts.ladders.position(post.track, step) for step in facts.rank_step], dtype=np.float64)
    ranked = np.array([step is not None for step in facts.rank_step], dtype=bool)
    known = ranked & ~np.isnan(goal) & (~own | ~np.isnan(held))
    return _state(known, own & (held >= goal))


def _state(known: NDArray[np.bool_] | np.bool_, met: NDArray[np.bool_] | np.bool_) -> States:
    return np.where(known, np.where(met, MET, NOT_MET), UNKNOWN).astype(np.int8)


def _bars(state: States, fact: Fact, policy: Policy) -> NDArray[np.bool_]:
    strict = fact in policy.unknown_facts.count_as_not_met
    bars: NDArray[np.bool_] = (state == NOT_MET) | ((state == UNKNOWN) & strict)
    return bars


def _of_rule(rule: EligibilityRule, names: Naming) -> Iterator[Requirement]:
    name = Bilingual(rule.name_zh, rule.name_en)
    months: tuple[tuple[Fact, int | None], ...] = (
        ("service", rule.minimum_service_months),
        ("post", rule.minimum_post_months),
        ("grassroots", rule.minimum_grassroots_months),
    )
    for fact, least in months:
        if least is not None:
            yield Requirement(rule.code, name, fact, float(least))
    if rule.minimum_education is not None:
        yield Requirement(rule.code, name, "education", float(list(Education).index(rule.minimum_education)))
    for competency, level in rule.minimum_levels.items():
        yield Requirement(rule.code, name, "level", level, competency, names.competency_named(competency))


def _rank_asked(step: Bilingual) -> Bilingual:
    return Bilingual(f"职级不低于{step.zh}", f"rank step {step.en} or above")


def told_unmet(one: Facts, post: Post, asked: Requirement, state: int = NOT_MET) -> BlockedBy:
    """What one officer lacks."""
    name = _rank_asked(one.ladders.named(post.track, asked.what)) if asked.fact == "rank_step" else asked.name
    if state == UNKNOWN:
        return BlockedBy(asked.code, f"{name.zh}：记录中没有，无法判断", f"{name.en}: not on record")
    zh, en, day = _lacking(one, post, asked)
    when = _from_when(one, post, asked, day)
    return BlockedBy(asked.code, f"{name.zh}：{zh}{when.zh}", f"{name.en}: {en}{when.en}", day)


def _from_when(one: Facts, post: Post, asked: Requirement, day: date | None) -> Bilingual:
    """What time does: months are met by it alone; a rank step only may be taken then, and the step itself must come."""
    if asked.fact == "rank_step" and one.ladder[0] not in (None, post.track):
        return _by_a_change(one, post, day)
    if day is None:
        return Bilingual("", "")
    if asked.fact != "rank_step":
        return Bilingual(f"，最早{day}满足", f", met from {day} at the earliest")
    if day <= one.as_of:
        en = ", with the least years in steps served; the promotion is still to come"
        return Bilingual("，任职年限已满，尚待晋升", en)
    en = f", to be promoted on {day} at the earliest by the least years in steps"
    return Bilingual(f"，按最低年限最早{day}可晋升", en)


def _by_a_change(one: Facts, post: Post, day: date | None) -> Bilingual:
    """What a change of ladder would do, as far as the record was asked whether anybody made it."""
    changes = one.ladders.changes
    if changes is None:
        return Bilingual("，须先转换职级序列", "; it takes a change of ladder first")
    if (str(one.ladder[0]), str(post.track)) not in changes:
        return Bilingual("，记录中也无人这样转换过职级序列", "; nobody on record changed ladder that way")
    if day is None:
        en = "; others changed ladder that way, and above that height no least times lead to the step"
        return Bilingual("；记录中有人这样转换，但转入后按最低年限推算不到该级", en)
    if day <= one.as_of:
        en = "; others changed ladder that way at the same height, and that change is still to come"
        return Bilingual("；记录中有人按同等高度这样转换，本人尚待转换", en)
    en = f"; after a change of ladder as others made it, to be promoted on {day} at the earliest by the least years"
    return Bilingual(f"；如他人一样转换职级序列后，按最低年限最早{day}可晋升", en)


def _lacking(one: Facts, post: Post, asked: Requirement) -> tuple[str, str, date | None]:
    least = f"{asked.least:g}"
    if asked.fact in ("service", "post", "grassroots"):
        months, day = _months(one, asked)
        where = {"service": "service", "post": "the present post", "grassroots": "posts at the grass roots"}[asked.fact]
        return f"已满{months}个月，须{least}个月", f"{months} of {least} months in {where}", day
    if asked.fact == "education":
        has, needs = list(Education)[int(one.education[0])], list(Education)[int(asked.least)]
        return f"现为{has.zh}，须{needs.zh}", f"has {has.en}, needs {needs.en}", None
    if asked.fact == "level":
        level, name = f"{float(one.levels[asked.what][0]):g}", asked.called or quoted(asked.what)
        return f"{name.zh}测评{level}，须{least}", f"{name.en} measured at {level}, needs {least}", None
    if asked.fact == "rank_step":
        held = one.ladders.named(one.ladder[0] or post.track, str(one.rank_step[0]))
        if one.ladder[0] not in (None, post.track):
            zh, en = f"现为{held.zh}，不在该岗位的职级序列", f"holds {held.en}, on another ladder than the post's"
            return zh, en, _changed_from(one, post)
        return f"现为{held.zh}", f"holds {held.en}", _ranked_from(one, post)
    taken = _taken(one, asked.what)
    if np.isnat(taken[0]):
        return "尚未完成", "not taken yet", None
    lapsed = lapses_on(taken, post.valid_months)[0]
    return f"已于{lapsed}失效", f"lapsed on {lapsed}", None


def _months(one: Facts, asked: Requirement) -> tuple[int, date | None]:
    """Full months so far, and the day on which they are enough if nothing changes."""
    day = _date(_met_from(one, asked))
    if asked.fact == "grassroots":
        return int(one.grassroots_months[0]), day
    since = one.entered_on if asked.fact == "service" else one.post_since
    return int(full_months(since, np.array([one.moment]))[0]), day


def _met_from(facts: Facts, asked: Requirement) -> Days:
    """The day from which time alone meets a requirement, (n,); NaT where it does not."""
    least = int(asked.least)
    if asked.fact == "grassroots":
        since, months = facts.grassroots_since, facts.grassroots_months
        return months_later(since, least - months + full_months(since, np.full(len(since), facts.moment)))
    if asked.fact in ("service", "post"):
        return months_later(facts.entered_on if asked.fact == "service" else facts.post_since, least)
    return np.full(len(facts.officer_ids), NO_DAY)


def _ranked_from(one: Facts, post: Post) -> date | None:
    """The earliest day that the least times in steps allow, on the officer's own ladder.

    Time in the step held counts for that step alone: those after it begin with a promotion, which is still to come.
    """
    goal, held = one.ladders.position(post.track, post.min_rank_step), float(one.rank_position[0])
    if one.ladder[0] != post.track or np.isnan(held):
        return None
    years = one.ladders.years_between(str(post.track), held, goal)
    if years is None:
        return None
    own = one.ladders.years_between(str(post.track), held, float(np.nextafter(held, np.inf))) or 0.0
    promoted = np.maximum(months_later(one.rank_since, round(12 * own)), one.moment)
    return _date(months_later(promoted, round(12 * (years - own))))


def _changed_from(one: Facts, post: Post) -> date | None:
    """The earliest day by a change of ladder that is on record: to the same height, then by the least times.

    The change itself is no promotion and asks for no time; time in step begins anew with it.
    """
    ladders, held = one.ladders, float(one.rank_position[0])
    goal, way = ladders.position(post.track, post.min_rank_step), (str(one.ladder[0]), str(post.track))
    if way not in (ladders.changes or ()) or not ladders.has_height(way[1], held):
        return None
    years = 0.0 if held >= goal else ladders.years_between(way[1], held, goal)
    return None if years is None else _date(months_later(np.array([one.moment]), round(12 * years)))


def _taken(facts: Facts, course_id: str) -> Days:
    nobody = np.full(len(facts.officer_ids), NO_DAY)
    return nobody if facts.taken is None else facts.taken.get(course_id, nobody)


def alone(facts: Facts, place: int) -> Facts:
    """The facts of the officer at a place and of nobody else."""
    at = slice(place, place + 1)
    return Facts(
        as_of=facts.as_of,
        officer_ids=facts.officer_ids[at],
        entered_on=facts.entered_on[at],
        post_id=facts.post_id[at],
        post_since=facts.post_since[at],
        grassroots_months=facts.grassroots_months[at],
        grassroots_since=facts.grassroots_since[at],
        grassroots_known=facts.grassroots_known[at],
        education=facts.education[at],
        ladder=facts.ladder[at],
        rank_step=facts.rank_step[at],
        rank_position=facts.rank_position[at],
        rank_since=facts.rank_since[at],
        levels={name: levels[at] for name, levels in facts.levels.items()},
        taken=None if facts.taken is None else {name: days[at] for name, days in facts.taken.items()},
        ladders=facts.ladders,
    )


def _date(days: Days) -> date | None:
    return None if np.isnat(days[0]) else pd.Timestamp(days[0]).date()


def _post(row: dict[str, object], courses: dict[str, dict[str, object]]) -> Post:
    course_id = _text(row.get("required_course_id"))
    course = courses.get(course_id or "", {})
    zh, en = _text(course.get("name_zh")), _text(course.get("name_en"))
    months = _text(course.get("valid_months"))
    return Post(
        post_id=str(row["post_id"]),
        job_family=_text(row.get("job_family")),
        track=_text(row.get("track")),
        unit_level=_text(row.get("unit_level")),
        min_rank_step=_text(row.get("min_rank_step")),
        required_course_id=course_id,
        course=Bilingual(zh or en or "", en or zh or "") if zh or en else None,
        valid_months=float("nan") if months is None else float(months),
    )


def _rows_by(rows: pd.DataFrame | None, key: str) -> dict[str, dict[str, object]]:
    if rows is None:
        return {}
    return {str(row[key]): {str(name): value for name, value in row.items()} for row in rows.to_dict("records")}


def _text(value: object) -> str | None:
    return None if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]
