"""The k best and mutually different paths from where officers stand to their goals, within a horizon.

The chance of a path is the product of its moves' chances (`transitions`) times the chance that their stays, one after
the other, end within the horizon (`dwell`, with leaving as the other risk). The search is a beam: many posts for the
first step, fewer for the second; each kept because it is likely to be gone to and the goal is likely from there. Where
the horizon leaves time for more than three steps, a narrow beam goes on (`farther`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from data_contracts.asof import DAYS_A_MONTH
from models.paths.beams import (
    Beam,
    Leg,
    Route,
    Search,
    When,
    arrivals,
    best_rows,
    from_month,
    in_whole_months,
    mean_days,
    mean_months,
    one_after_the_other,
    quarters_in,
    share_from,
)
from models.paths.dwell import DwellModel, after_each_other, ends_in_time, quantiles
from models.paths.farther import FIRST_WIDE, KEPT, NEAR_STEPS, WIDE, Reach, steps_ahead
from models.paths.finding import PATHS, FoundPaths, Goals, Path, distinct
from models.paths.rules import Rules
from models.paths.transitions import extended
from models.posts.histories import Array, Histories

CHUNK = 512
# the plain tenths covered .76 on Chicago 2008 to 2012: hazards drift, so the tails stand a hundredth further out
QUANTILES = (0.09, 0.5, 0.91)
TENURES_MONTHS = (60.0, 144.0, 240.0)  # officers of like tenure share the time of a later leg
FLOOR = 1e-12
FEWEST_WITH_DIRECT = 3


class PostChances(Protocol):
    """What the search asks of transitions."""

    @property
    def size(self) -> int:
        """Posts in the catalogue."""
        ...

    def chances(self, histories: Histories, ends: Array | None = None) -> Array:
        """(n, size) chance of each next post, of stays that end as `ends` (n, quarters) says; without it today."""
        ...

    def towards(self, histories: Histories, goals: Array, ends: Array | None = None) -> Array:
        """(n,) chance that the next post is the goal, as `chances` has it."""
        ...

    def into(self, goals: Array) -> Array:
        """(n, size) a guess of the chance to go from every post to each goal."""
        ...

    def seen(self, start: int, goals: Sequence[int]) -> tuple[int, int]:
        """Moves on record out of a post, and how many of them went straight to one of the goals."""
        ...


@dataclass(frozen=True)
class Stands:
    """How officers stand at the end of paths under search: histories (u rows), place (m,) of each path's among them.

    stays (u, quarters): when the stay that begins then ends; times (u, quarters): when the next move comes, from now;
    ends (u, quarters): the stays that are over within the horizon; waits (u,): months that rules let it last at least.
    """

    histories: Histories
    place: Array
    stays: Array
    times: Array
    ends: Array
    waits: Array

    def take(self, rows: Array) -> Stands:
        """Of the paths asked for."""
        return replace(self, place=self.place[rows])


class Picked(NamedTuple):
    """A path that was chosen: its worth, the beam that it lies in and the row there."""

    worth: float
    beam: int
    row: int

    def path(self, beams: Sequence[Beam]) -> Path:
        """The posts alone."""
        return tuple(beams[self.beam].steps[self.row].tolist())

    def route(self, model: PathModel, beams: Sequence[Beam], horizon: float) -> Route:
        """With the times of its steps."""
        beam = beams[self.beam]
        months = quantiles(beam.times_on_the_way(self.row), QUANTILES, model.dwell.within)
        times = in_whole_months(months, horizon, beam.earliest[self.row])
        times = one_after_the_other(times, beam.least[self.row])
        legs = tuple(
            Leg(int(post), float(chance), float(time[1]), float(time[0]), float(time[2]))
            for post, chance, time in zip(beam.steps[self.row], beam.chances[self.row], times, strict=True)
        )
        return Route(legs, self.worth)


@dataclass(frozen=True)
class PathModel:
    """Transitions and dwell times, and how they are searched."""

    transitions: PostChances
    dwell: DwellModel
    search: Search = field(default_factory=Search)

    def find(self, asked: Goals, k: int = PATHS) -> FoundPaths:
        """Paths and times of arrival over all ways found: what the backtest compares with the peers."""
        paths: list[list[Path]] = []
        times = [np.zeros((0, len(QUANTILES)))]
        for part, beams in self.parts(asked, None):
            paths.extend([route.path for route in routes] for routes in self._chosen(part, beams, k))
            times.append(quantiles(arrivals(beams, len(part)), QUANTILES, self.dwell.within))
        found = in_whole_months(np.concatenate(times), asked.horizon_months)
        return FoundPaths(paths, found[:, 1], found[:, 0], found[:, 2])

    def ways(self, asked: Goals, k: int = PATHS, rules: Rules | None = None) -> tuple[list[list[Route]], Array]:
        """At most k routes for each question, best first, none where no path was found; and (n,) as `chance`."""
        found: list[list[Route]] = []
        chances = [np.zeros(0)]
        for part, beams in self.parts(asked, rules):
            found.extend(self._chosen(part, beams, k))
            chances.append(arrivals(beams, len(part)).sum(1))
        return found, np.concatenate(chances)

    def routes(self, asked: Goals, k: int = PATHS, rules: Rules | None = None) -> list[list[Route]]:
        """At most k routes for each question, best first; none where no path was found."""
        return self.ways(asked, k, rules)[0]

    def chance(self, asked: Goals, rules: Rules | None = None) -> Array:
        """(n,) chance of reaching each goal within the horizon by any of the ways found."""
        parts = [arrivals(beams, len(part)).sum(1) for part, beams in self.parts(asked, rules)]
        return np.concatenate([np.zeros(0), *parts])

    def parts(self, asked: Goals, rules: Rules | None) -> Iterator[tuple[Goals, list[Beam]]]:
        """The questions, so many at a time, each with its paths of one, two, three and perhaps more steps."""
        known = rules or Rules()
        for rows in asked.parts(CHUNK):
            part = asked.take(rows)
            beams = self._beams(part, known.from_row(rows.start))
            yield part, [beam.in_time(part.horizon_months) for beam in beams]

    def _beams(self, asked: Goals, rules: Rules) -> list[Beam]:
        """Paths of one step, of two, and so on, to the goals that are known and not yet reached."""
        size, starts = self.transitions.size, asked.starts
        open_ = np.flatnonzero((asked.goals < size) & (asked.goals != starts.present(size)))
        quarters = quarters_in(asked.horizon_months)
        here = self._now(asked, open_, quarters, rules)
        out = asked.lifted(self._next(here.histories, here.ends, rules)[here.place], open_)
        goals, at = asked.goals[open_], np.arange(len(open_))
        start = Beam.begun(open_, quarters)
        direct = self._taken(start, at, goals, out[at, goals], here, rules)
        asked.go_on_past_no_goal(out, open_)
        stage = self._widened(start, (out, self.transitions.into(goals)), self.search.first, here, rules)
        two, stands = self._to_goal(stage, asked, rules)
        best = best_rows(two, self.search.second)
        stage, stands = stage.take(best), stands.take(best)
        onward = self._onward(stage, asked, stands, rules), self.transitions.into(asked.goals[stage.question])
        wider = self._widened(stage, onward, self.search.third, stands, rules)
        three, _ = self._to_goal(wider, asked, rules)
        most = steps_ahead(asked.horizon_months)
        if most == NEAR_STEPS or not len(open_):
            return [direct, two, three]
        return [direct, two, three, *self._farther((start, out, here), asked, rules, most)]

    def _farther(self, begins: tuple[Beam, Array, Stands], asked: Goals, rules: Rules, most: int) -> Iterator[Beam]:
        """Paths of more steps to goals that may be far: a narrow beam, led by the chance of getting there at all."""
        stage, out, stands = begins
        row = np.full(len(asked), -1)
        row[stage.question] = np.arange(len(stage.question))  # of each question among those that are open
        onward = self._chain if rules.moves is None else rules.following(self._chain.T, np.arange(len(self._chain))).T
        reach = Reach.of(onward, asked.goals[stage.question], most)
        for steps in range(1, most):
            left = most - steps
            ways = out, reach.within(left, row[stage.question])
            wider = self._widened(stage, ways, FIRST_WIDE if steps == 1 else WIDE, stands, rules)
            ahead = reach.by[left - 1][reach.place[row[wider.question]], wider.steps[:, -1]]
            stage = wider.take(best_rows(wider, KEPT, wider.worth * ahead))
            found, stands = self._to_goal(stage, asked, rules)
            if steps >= NEAR_STEPS:
                yield found
            out = self._onward(stage, asked, stands, rules)
            np.put_along_axis(out, stage.steps, 0.0, 1)  # nobody goes round in circles

    @cached_property
    def _chain(self) -> Array:
        """(size to, size from) a plain chain, blind to histories."""
        return self.transitions.into(np.arange(self.transitions.size))

    def _now(self, asked: Goals, rows: Array, quarters: int, rules: Rules) -> Stands:
        """How whoever asks stands now; the rows of one officer together."""
        one, place = distinct(asked.askers[rows])
        histories = asked.starts.take(rows[one])
        waits = rules.waits(histories, self.transitions.size)
        moves = rules.before_the_end(self.dwell.move_times(histories, quarters, waits), rows[one])
        return Stands(histories, place, moves, moves, moves, np.zeros(len(one)) if waits is None else waits)

    def _next(self, histories: Histories, ends: Array, rules: Rules) -> Array:
        """(n, size) chance of each next post among those that may follow."""
        return rules.following(self.transitions.chances(histories, ends), histories.present(self.transitions.size))

    def _towards(self, asked: Goals, stands: Stands, question: Array, rules: Rules) -> Array:
        """(m,) chance that the step after the stay is the goal."""
        goals = asked.goals[question]
        if asked.factors is None and rules.moves is None:
            return self.transitions.towards(stands.histories.take(stands.place), goals, stands.ends[stands.place])
        plain = self._next(stands.histories, stands.ends, rules)
        return np.asarray(asked.lifted(plain[stands.place], question)[np.arange(len(goals)), goals])

    def _onward(self, stage: Beam, asked: Goals, stands: Stands, rules: Rules) -> Array:
        """(m, size) chances of a further step that is neither the goal nor where the officer stood before."""
        size = self.transitions.size
        one, place = distinct(stands.place)
        some = stands.place[one]
        plain = self._next(stands.histories.take(some), stands.ends[some], rules)
        out = asked.lifted(plain[place], stage.question)
        asked.go_on_past_no_goal(out, stage.question)
        start = asked.starts.present(size)[stage.question]
        rows = np.flatnonzero(start < size)
        out[rows, start[rows]] = 0.0
        return out

    def _widened(self, stage: Beam, ways: tuple[Array, Array], width: int, stands: Stands, rules: Rules) -> Beam:
        """Each path with each of its `width` best further steps; `ways` are the chances of each post (m, size), and a
        guess of the chance to go on from it to the goal. A post counts by the time that rules leave for it.
        """
        out, guess = ways
        width = min(width, out.shape[1])
        worth = out if rules.opens is None else out * self._left(stage, stands, rules)
        places = np.argpartition(-worth * guess, width - 1, axis=1)[:, :width]
        row = np.repeat(np.arange(len(out)), width)
        post = places.ravel()
        kept = worth[row, post] > 0
        row, post = row[kept], post[kept]
        return self._taken(stage, row, post, out[row, post], stands, rules)

    def _left(self, stage: Beam, stands: Stands, rules: Rules) -> Array:
        """(m, size) the share of the time of the next move in which rules let it go to each post."""
        size, count = self.transitions.size, len(stage.question)
        rows, posts = np.repeat(np.arange(count), size), np.tile(np.arange(size), count)
        passed = mean_months(stage.times)
        opening = rules.opening(stage.question[rows], posts, stage.steps[rows], passed[rows])
        since = passed[rows, -1] if passed.shape[1] else 0.0
        return share_from(
            stands.times[stands.place], np.maximum(opening.months, since + opening.stay).reshape(count, size)
        )

    def _taken(self, stage: Beam, row: Array, post: Array, chance: Array, stands: Stands, rules: Rules) -> Beam:
        """The paths of `row` (m,), each with the step to `post` (m,), taken when rules allow it and not before."""
        question, at = stage.question[row], stands.place[row]
        opening = rules.opening(question, post, stage.steps[row], mean_months(stage.times[row]))
        times, stays, least = stands.times[at], stands.stays[at], stands.waits[at]
        earliest = least
        if stage.steps.shape[1]:
            longer = np.flatnonzero(opening.stay > least)
            if len(longer):
                stays[longer] = from_month(stays[longer], opening.stay[longer])
                times[longer] = after_each_other(stage.times[row[longer], -1], stays[longer])
            least = np.maximum(least, opening.stay)
            earliest = stage.earliest[row, -1] + least
        times = rules.before_the_end(from_month(times, opening.months), question)
        when = When(times, np.maximum(earliest, opening.months), stays, least)
        return stage.longer(row, post, chance, when)

    def _to_goal(self, stage: Beam, asked: Goals, rules: Rules) -> tuple[Beam, Stands]:
        """Each path with the goal as its last step, and how officers stand before that step."""
        askers = asked.askers[stage.question].astype(np.int64)
        keys = askers
        for step in stage.steps.T:
            keys = keys * self.transitions.size + step
        one, place = distinct(keys)  # an officer stands alike after the same steps, whatever the goal
        histories = self._after(stage.take(one), asked)
        sharing = None if asked.officers is None else askers[one]
        stays, waits = self._leg_times(histories, stage.times.shape[2], rules, sharing)
        before = stage.times[one, -1]
        times, ends = after_each_other(before, stays), ends_in_time(before, stays)
        stands = Stands(histories, place, stays, times, ends, waits)
        goals = asked.goals[stage.question]
        last = self._towards(asked, stands, stage.question, rules)
        return self._taken(stage, np.arange(len(goals)), goals, last, stands, rules), stands

    def _after(self, stage: Beam, asked: Goals) -> Histories:
        """(m,) the histories after the steps of each path."""
        histories = asked.starts.take(stage.question)
        passed = np.zeros(len(stage.question))
        for place in range(stage.steps.shape[1]):
            now = mean_days(stage.times[:, place])
            histories = extended(histories, stage.steps[:, place], np.maximum(now - passed - 1, 0))
            passed = np.maximum(now, passed)
        return histories

    def _leg_times(
        self, histories: Histories, quarters: int, rules: Rules, sharing: Array | None
    ) -> tuple[Array, Array]:
        """(m, quarters) when a stay that has just begun ends, and (m,) the months that it must last by rule.

        Histories of one post and like tenure share it. With `sharing` (m,) only those of one officer do, so that
        nobody's answer hangs on who else is asked about.
        """
        size = self.transitions.size
        tenure = np.searchsorted(TENURES_MONTHS, np.nan_to_num(histories.tenure_days) / DAYS_A_MONTH)
        keys = histories.present(size).astype(np.int64) * (len(TENURES_MONTHS) + 1) + tenure
        first, place = distinct(keys if sharing is None else keys + sharing * (keys.max(initial=0) + 1))
        some = histories.take(first)
        waits = rules.waits(some, size)
        least = np.zeros(len(some)) if waits is None else waits
        return self.dwell.move_times(some, quarters, waits)[place], least[place]

    def _chosen(self, asked: Goals, beams: Sequence[Beam], k: int) -> list[list[Route]]:
        """The best paths of each question as routes."""
        every = self.picked(beams, k, np.ones(len(asked), bool))
        return [[one.route(self, beams, asked.horizon_months) for one in found] for found in every]

    def picked(self, beams: Sequence[Beam], k: int, wanted: Array) -> list[list[Picked]]:
        """The best paths of each question that is wanted (n,), each as unlike the better ones as the penalty asks."""
        rows: list[list[Picked]] = [[] for _ in range(len(wanted))]
        for number, beam in enumerate(beams):
            worth = beam.worth
            for row in np.flatnonzero((worth > FLOOR) & wanted[beam.question]).tolist():
                rows[int(beam.question[row])].append(Picked(float(worth[row]), number, row))
        return [list(self._different(one, beams, k)) for one in rows]

    def _different(self, found: list[Picked], beams: Sequence[Beam], k: int) -> Iterator[Picked]:
        left = sorted(found, key=lambda one: (-one.worth, one.beam, one.row))[: 6 * k]
        steps = {one: frozenset(one.path(beams)[:-1]) for one in left}
        chosen: list[Picked] = []
        penalty = self.search.likeness_penalty
        while left and len(chosen) < k:
            best = max(left, key=lambda one: np.log(one.worth) - penalty * _likeness(one, chosen, steps))
            left.remove(best)
            chosen.append(best)
        yield from sorted(_with_direct(chosen, found, k), key=lambda one: -one.worth)


def _with_direct(chosen: list[Picked], found: Sequence[Picked], k: int) -> list[Picked]:
    """The chosen ones with the direct way, the first of the beams, in the last place where it was not among them.

    It asks for nothing on the way, so nobody should have to ask why it is not there; of one or two paths the best stay.
    """
    direct = next((one for one in found if one.beam == 0), None)
    if direct is None or direct in chosen or k < FEWEST_WITH_DIRECT:
        return chosen
    return [*chosen[: k - 1], direct]


def _likeness(one: Picked, chosen: Sequence[Picked], steps: dict[Picked, frozenset[int]]) -> float:
    """The largest share of steps in common with a path already chosen; 0 for the direct one."""
    mine = steps[one]
    return max((len(mine & steps[other]) / len(mine | steps[other]) for other in chosen if mine), default=0.0)
