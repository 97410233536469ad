"""Reads answers of `/v1/paths` one after the other, as an officer would, and says which of them nothing explains.

It knows what was answered before and the rows that came in since, and works out for itself what must be told: every
row once and nothing else, the status, whether the first path is what was left of the last one, and why it is not. It
shares no code with `models/paths/replanning.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Self

from data_contracts.asof import add_months
from data_contracts.pathing import PathPolicy
from models.paths.reasons import STANDING
from serving.paths.schemas import GoalReached, NoPathFound, PathsFound, PathStep
from serving.schemas import NotScored

ITEMS: Mapping[str, tuple[str, str]] = {
    "postings": ("post_id", "started_on"), "course_completions": ("course_id", "occurred_on"),
    "appraisals": ("kind", "occurred_on"), "competency_assessments": ("competency", "occurred_on"),
    "career_goals": ("goal", "occurred_on"), "vacancies": ("post_id", "opened_on"),
}  # fmt: skip
TOLD_AS: Mapping[str, tuple[str, ...]] = {
    "course_completions": ("completion", "other_completion"), "appraisals": ("appraisal",),
    "competency_assessments": ("assessment", "other_assessment"),
}  # fmt: skip
MOVES = ("posting", "left_path", "told_path")
LOOK_AGAIN = (*MOVES, "completion", "assessment", "appraisal", "vacancy", "overdue", "horizon", "declined_over")
ANOTHER = ("better", "closed", "unlikely", "none", "declined", "goal", "opened", "retirement", "reached")
ROUNDING = 1e-9
Answer = PathsFound | NoPathFound | GoalReached
StillOpen = Callable[[str, tuple[str, ...], date], float | None]


@dataclass(frozen=True)
class Row:
    """One row of a table that a plan may rest on; `seen_from` is the first day whose answers show it."""

    table: str
    officer_id: str
    item: str
    day: date
    seen_from: date

    @classmethod
    def of(cls, table: str, row: Mapping[Hashable, Any]) -> Self:
        """Of a row of the history; what happens on a day is seen from the next, a vacancy from the day it is known."""
        item, on = ITEMS.get(table, ("ladder", "occurred_on"))
        day, known = row[on].date(), row["known_on"].date()
        late = day if table == "vacancies" else day + timedelta(days=1)
        return cls(table, str(row.get("officer_id", "")), str(row[item]), day, max(known, late))


@dataclass(frozen=True)
class Last:
    """What an officer was told: goal, the steps of the first path, none where there was none, and the rows seen.

    `others` are the steps of the other paths, `chance` and `months` those of the goal, where there was a path; `held`
    says that the goal was reached; `promised` is the day of the goal that was told first, with the end of its interval.
    """

    goal: str
    steps: tuple[PathStep, ...]
    seen: frozenset[Row]
    posts: tuple[tuple[str, date], ...]
    others: tuple[tuple[PathStep, ...], ...] = ()
    chance: float | None = None
    months: int | None = None
    held: bool = False
    promised: tuple[date, date] | None = None


@dataclass
class Reader:
    """All officers' answers so far; `counts` by what was read, `unexplained` a line each."""

    policy: PathPolicy
    still_open: StillOpen = lambda *_: None
    counts: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)
    _rows: dict[str, set[Row]] = field(default_factory=dict)
    _last: dict[str, Last] = field(default_factory=dict)
    _declined: dict[str, set[str]] = field(default_factory=dict)

    def came(self, rows: Mapping[str, Sequence[Row]]) -> None:
        """Rows that are in the history from now on."""
        for one in (one for some in rows.values() for one in some if one.table in ITEMS):
            self._rows.setdefault(one.officer_id, set()).add(one)

    def declined(self, officer_id: str, path_id: str) -> None:
        """The officer said no to a path."""
        self._declined.setdefault(officer_id, set()).add(path_id)

    def read(self, officer_id: str, found: object, day: date) -> None:
        """Judge one answer against the last one and remember it."""
        if isinstance(found, NotScored) or not isinstance(found, PathsFound | NoPathFound | GoalReached):
            self.counts["not answered"] += 1
            return
        seen = frozenset(one for one in self._rows.get(officer_id, ()) if one.seen_from <= day)
        posts, last, promised = _posts(seen), self._last.get(officer_id), None
        if last is None:
            self.counts["first answers"] += 1
        elif found.progress is None:
            self._wrong(officer_id, day, "an answer after another one says nothing of how it stands")
        else:
            look = _Look(officer_id, day, last, found, seen, posts)
            self._judge(look, self._declined.get(officer_id, set()))
            promised = look.promised if look.goes_on else None
        if not isinstance(found, PathsFound):
            if last is not None:  # what never was a plan cannot change
                held = found.progress is not None and found.progress.status == "reached"
                self._last[officer_id] = Last(last.goal, (), seen, posts, held=held)
            return
        now = Last(
            found.goal_id or "", tuple(found.paths[0].steps), seen, posts,
            tuple(tuple(path.steps) for path in found.paths[1:]), found.chance, found.horizon_months,
            promised=promised or (found.paths[0].steps[-1].expected_on, found.paths[0].steps[-1].high_on),
        )  # fmt: skip
        stays = last is not None and [one.code for one in found.progress.why if one.code not in STANDING] == ["nothing"]
        self._last[officer_id] = replace(
            now, others=(*last.others, *now.others), chance=last.chance
        ) if last is not None and stays else now  # fmt: skip

    def _judge(self, look: _Look, declined: set[str]) -> None:
        why = Counter[str]()
        for one in look.why:
            why[one.code] += one.count
        for code in why:
            self.counts[f"told {code}"] += 1
        self.counts[f"status {look.status}"] += 1
        self.counts["changed" if look.changed else "unchanged"] += 1
        if why["left_path"]:
            self.counts[f"posted off the path, {'another path' if look.changed else 'the same path'}"] += 1
        for fault in (*look.untold(why), *look.misjudged(self.policy), *self._path_faults(look, why, declined)):
            self._wrong(look.officer_id, look.day, f"{fault}; told {look.status}, changed {look.changed}, {dict(why)}")

    def _path_faults(self, look: _Look, why: Counter[str], declined: set[str]) -> Sequence[str]:
        """What is wrong with the first path, given what was left of the last one."""
        found, rest = look.found, tuple(step.post_id for step in look.rest)
        if not isinstance(found, PathsFound) or "goal" in why or not look.last.steps:
            return ()
        told = {tuple(step.post_id for step in path.steps): path for path in found.paths}
        first, best = next(iter(told)), max(path.chance for path in found.paths)
        close = told[first].chance >= (1 - self.policy.keep_within) * best - ROUNDING
        if not look.changed:
            faults = ["the path is said to stay and another stands first"] if first != rest else []
            kept = why["kept"] or why["kept_rest"]
            return faults + (["the path stays and is not close to the best"] if kept and not close else [])
        faults = []
        if first == rest:
            faults.append("the path is said to change and is what was left of the last one")
        if not any(why[code] for code in (*LOOK_AGAIN, "unlikely", "closed")) and not why["declined"]:
            faults.append("the path changed and nothing that it rests on became known")
        if why["declined"] and ">".join(rest) not in declined:
            faults.append("a path was changed for a decline that was not given")
        held = told[rest].chance if rest in told else self.still_open(look.officer_id, rest, look.day)
        free = why["declined"] or why["told_path"]  # who is on another path told goes on along that one
        if held is not None and not free and held >= (1 - self.policy.keep_within) * best + ROUNDING:
            faults.append(f"the path changed though its chance {held:.4f} is close to the best {best:.4f}")
        if held is not None and (why["closed"] or why["unlikely"]):
            faults.append(f"the path is said to be gone and has a chance of {held:.4f}")
        return faults

    def _wrong(self, officer_id: str, day: date, what: str) -> None:
        self.unexplained.append(f"{officer_id} on {day}: {what}")


@dataclass(frozen=True)
class _Look:
    """One answer beside the last one."""

    officer_id: str
    day: date
    last: Last
    found: Answer
    seen: frozenset[Row]
    posts: tuple[tuple[str, date], ...]

    @property
    def why(self) -> Sequence[Any]:
        return () if self.found.progress is None else self.found.progress.why

    @property
    def status(self) -> str:
        return "" if self.found.progress is None else self.found.progress.status

    @property
    def changed(self) -> bool:
        return self.found.progress is not None and self.found.progress.changed

    @property
    def moves(self) -> list[tuple[str, date]]:
        """Posts taken up that the last answer did not know of, in order."""
        return [one for one in self.posts if one not in self.last.posts]

    @property
    def rest(self) -> tuple[PathStep, ...]:
        """What is left of the last path after the posts taken up."""
        return self.left_of(self.last.steps)[0]

    def left_of(self, rest: tuple[PathStep, ...]) -> tuple[tuple[PathStep, ...], bool]:
        """What is left of a path after the posts taken up, and whether the last of them is on it."""
        on_it = True
        for post, _ in self.moves:
            place = next((place for place, step in enumerate(rest) if step.post_id == post), None)
            on_it, rest = place is not None, rest if place is None else rest[place + 1 :]
        return rest, on_it

    @property
    def followed(self) -> tuple[PathStep, ...] | None:
        """The path that the officer is on: the first, else the first of the others told; None where on none."""
        return next((steps for steps in (self.last.steps, *self.last.others) if self.left_of(steps)[1]), None)

    @property
    def promised(self) -> tuple[date, date] | None:
        """What was told first of the goal; who goes on along another path told has the time of both."""
        if self.last.promised is None or not self.followed or not self.way_is_other:
            return self.last.promised
        day, by = self.last.promised
        return day, max(by, self.followed[-1].high_on)

    @property
    def goes_on(self) -> bool:
        """Whether the first path is what is left of the one that the officer is on, told for the same time."""
        way, found = self.followed, self.found
        if way is None or not isinstance(found, PathsFound) or found.horizon_months != self.last.months:
            return False
        rest = tuple(step.post_id for step in self.left_of(way)[0])
        return found.goal_id == self.last.goal and rest == tuple(step.post_id for step in found.paths[0].steps)

    @property
    def past_term(self) -> bool:
        """Whether the term of the goal, not held within it, is over or will be when the first path gets there."""
        found = self.found
        if not isinstance(found, PathsFound) or found.term is None or "was_held" in {one.code for one in self.why}:
            return False
        return found.term.ends_on < max(self.day, found.paths[0].steps[-1].expected_on)

    def by_its_day(self, policy: PathPolicy) -> str:
        """How the day on which the goal is expected stands to what was told first."""
        if not self.goes_on or self.promised is None or not isinstance(self.found, PathsFound):
            return "on_track"
        (first, latest), now = self.promised, self.found.paths[0].steps[-1].expected_on
        fell = self.way_is_other and self.last.chance is not None and self.found.chance < self.last.chance
        if add_months(now, round(policy.grace_months)) < first:
            return "on_track" if fell else "ahead"
        return "off_track" if now > max(latest, add_months(first, round(policy.grace_months))) else "on_track"

    @property
    def way_is_other(self) -> bool:
        """Whether the officer is on another path than the first of those told."""
        return self.followed is not None and self.followed != self.last.steps

    @property
    def rose(self) -> bool:
        """Whether the chance of the goal is higher than it was told within the same time."""
        found, last = self.found, self.last
        if not isinstance(found, PathsFound) or last.chance is None or last.months != found.horizon_months:
            return False
        return found.chance > last.chance

    def untold(self, why: Counter[str]) -> list[str]:
        """Rows of the officer that came in and are not told, or told and did not come in."""
        new, faults = self.seen - self.last.seen, []
        for table, codes in TOLD_AS.items():
            known = {(one.item, one.day) for one in self.last.seen if one.table == table}
            fresh = {(one.item, one.day) for one in new if one.table == table} - known  # a later word of it is no news
            told = sum(why[code] for code in codes)
            if self.status != "reached" and told != len(fresh):
                faults.append(f"{len(fresh)} rows of {table} came in and {told} are told")
        moves = sum(why[code] for code in MOVES) if self.status != "reached" else len(self.moves)
        if moves != len(self.moves):
            faults.append(f"{len(self.moves)} posts were taken up and {moves} are told")
        return faults

    def misjudged(self, policy: PathPolicy) -> list[str]:
        """A status that the posts, the days and the answer do not give."""
        wanted = self._status(policy)
        if self.past_term:
            wanted = tuple("off_track" if one in ("on_track", "ahead", "first") else one for one in wanted)
        if self.last.held and self.status == "reached" and self.changed:
            return ["the goal was reached before and is said to change"]
        return [] if self.status in wanted else [f"the status is {self.status} and should be {' or '.join(wanted)}"]

    def _status(self, policy: PathPolicy) -> tuple[str, ...]:
        codes = {one.code for one in self.why}
        way, rose = self.followed, self.rose
        rest = self.left_of(way)[0] if way is not None else self.rest
        if isinstance(self.found, GoalReached) or (self.last.steps and not rest and "goal" not in codes):
            return ("reached",)
        if isinstance(self.found, NoPathFound):
            return ("no_path", "off_track")
        if "goal" in codes or not self.last.steps:
            if "goal" in codes:
                return ("first",)
            return ("off_track",) if self.last.held else ("on_track",)
        if way is None:
            return ("on_track",) if rose else ("off_track",)
        if self.day > add_months(rest[0].high_on, round(policy.grace_months)):
            return ("off_track",)
        on_path = {step.post_id: step for step in way}
        taken = [(post, on) for post, on in self.moves if post in on_path]
        well = self.by_its_day(policy)
        if not taken:
            return ("off_track",) if "closed" in codes and not rose else (well,)
        step, on = on_path[taken[-1][0]], taken[-1][1]
        return ("off_track",) if on > step.high_on else (well,)


def _posts(seen: frozenset[Row]) -> tuple[tuple[str, date], ...]:
    """The posts held, each with the day it was taken up; of one post after itself the first."""
    rows = sorted((one for one in seen if one.table == "postings"), key=lambda one: (one.day, one.seen_from, one.item))
    steps = [one for place, one in enumerate(rows) if not place or rows[place - 1].item != one.item]
    return tuple((one.item, one.day) for one in steps)
