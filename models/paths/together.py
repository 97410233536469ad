"""Many officers' questions in one search: what is asked of all of them is worked out once, and the answers are those
that each would get alone (`Goals.officers`).

An officer has a row for each post that counts as the goal, and these again for each change that is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from models.paths.beams import Beam, Route, arrivals, quarters_in
from models.paths.farther import frame_before, frame_of
from models.paths.finding import PATHS, Goals, Path
from models.paths.rules import Opening, Rules
from models.paths.search import PathModel, Picked
from models.paths.telling import Bars, Change
from models.posts.histories import PADDING, Array, Histories

NOTHING = np.zeros(0)
AskedKind = tuple[float, bool, bytes, bytes]
SURELY_MORE = 1.5  # times as likely as at the end of the frame before: no two searches differ by so much
FLOOR_SHARED = 1e-4  # of a way to a goal that only all ways together reach with the least chance


@dataclass(frozen=True)
class Asked:
    """One officer's question as the search has it: a history of one row, and the posts that count, by number.

    factors: (1 + changes, size) what is known of the officer makes of each post, then the same with each of `changes`;
    None where nothing is. `bars` (of all posts by number) and least_months (size,) are None where no rule speaks,
    `end_months` where unknown; moves (size + 1, size) says what may follow what, None where everything may. `also` is a
    path that is found however many are better, () for none. `unwanted` says of a path whether the officer declined it,
    None where nothing was declined.
    """

    starts: Histories
    goals: tuple[int, ...]
    horizon_months: float
    factors: Array | None = None
    changes: tuple[Change, ...] = ()
    end_months: float | None = None
    bars: Bars | None = None
    least_months: Array | None = None
    moves: Array | None = None
    also: Path = ()
    unwanted: Callable[[Path], bool] | None = None

    @property
    def kind(self) -> AskedKind:
        """Questions of one kind may be searched together."""
        least, moves = (b"" if one is None else one.tobytes() for one in (self.least_months, self.moves))
        return self.horizon_months, self.factors is None, least, moves

    def without(self, *rules: str) -> Asked:
        """The same question, had some rules (fields of this) nothing to say; no change is tried. Ladders stay."""
        plain = None if self.factors is None else self.factors[:1]
        return Asked(
            self.starts, self.goals, self.horizon_months, plain,
            end_months=None if "end_months" in rules else self.end_months,
            bars=None if "bars" in rules else self.bars,
            least_months=None if "least_months" in rules else self.least_months, moves=self.moves,
        )  # fmt: skip


@dataclass(frozen=True)
class Ahead:
    """What was found for `asked`: routes, best first, the chance of any way, and with each change (changes,).

    `free` are the routes if no rule held, looked for where rules leave none. `wanted` is the chance of the ways that
    were not declined, None where nothing was.
    """

    asked: Asked
    routes: tuple[Route, ...]
    chance: float
    lifted: Array = field(default_factory=lambda: NOTHING)
    free: tuple[Route, ...] = ()
    wanted: float | None = None

    def at_least(self, shorter: Ahead) -> Ahead:
        """The same where an answer within a shorter time was no better."""
        return replace(
            self, routes=self.routes or shorter.routes, chance=max(self.chance, shorter.chance),
            lifted=np.maximum(self.lifted, shorter.lifted),
            wanted=None if self.wanted is None else max(self.wanted, shorter.wanted or 0.0),
        )  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """At most so many routes for each officer, none with a smaller chance; where no way has it by itself, the likeliest
    of those that have it together."""

    top: int
    least_chance: float


def search_all(model: PathModel, asked: Sequence[Asked], wanted: Wanted, free: bool = True) -> list[Ahead]:
    """An answer to each question, in order; with `free` those without a route are looked for without rules too."""
    found: dict[int, Ahead] = {}
    for places in _by_kind(asked).values():
        some = [asked[place] for place in places]
        found |= dict(zip(places, _search(model, some, wanted), strict=True))
    closed = [place for place, one in found.items() if free and not one.routes]
    open_ = [asked[place].without("bars", "least_months", "end_months") for place in closed]
    for places in _by_kind(open_).values():
        ways = _search(model, [open_[place] for place in places], replace(wanted, top=PATHS))
        for place, one in zip(places, ways, strict=True):
            found[closed[place]] = replace(found[closed[place]], free=one.routes)
    return [found[place] for place in range(len(asked))]


def _by_kind(asked: Sequence[Asked]) -> Mapping[AskedKind, list[int]]:
    places: dict[AskedKind, list[int]] = {}
    for place, one in enumerate(asked):
        places.setdefault(one.kind, []).append(place)
    return places


def _search(model: PathModel, asked: Sequence[Asked], wanted: Wanted) -> list[Ahead]:
    """Of questions of one kind: those of one frame together, and never less than within a shorter frame.

    Another frame is another search. Where the chance hardly grows from the end of the frame before, the question is
    searched within that one too and the better answer counts; where it grows much, no difference of searches matters.
    """
    horizon = asked[0].horizon_months
    found, before = _framed(model, asked, wanted)
    shorter = frame_before(horizon)
    if shorter is None:
        return found
    every = [np.append(one.chance, one.lifted) for one in found]
    flat = [place for place, some in enumerate(every) if (before[place] * SURELY_MORE >= some)[some > 0].any()]
    if flat:
        less = _search(model, [replace(asked[place], horizon_months=shorter) for place in flat], wanted)
        for place, one in zip(flat, less, strict=True):
            found[place] = found[place].at_least(one)
    return found


def _framed(model: PathModel, asked: Sequence[Asked], wanted: Wanted) -> tuple[list[Ahead], list[Array]]:
    """Each answer by the search of the frame, and its chances (1 + changes,) at the end of the frame before."""
    horizon = asked[0].horizon_months
    goals, tries = _rows([replace(one, horizon_months=frame_of(horizon)) for one in asked], model.transitions.size)
    least = min(wanted.least_chance, FLOOR_SHARED)
    early, refusing = quarters_in(frame_before(horizon) or horizon), any(one.unwanted is not None for one in asked)
    chances = [np.zeros((0, 3))]
    routes: list[list[Route]] = [[] for _ in asked]
    start = 0
    for part, longer in model.parts(goals, _rules(asked, goals)):
        beams = [beam.until(horizon) for beam in longer]
        arrived = np.cumsum(arrivals(beams, len(part)), 1)  # added in order, so that more time is never less
        liked = [_not_declined(beam, asked, part.askers) for beam in beams] if refusing else beams
        undeclined = arrivals(liked, len(part)).sum(1) if refusing else arrived[:, -1]
        chances.append(np.column_stack([arrived[:, [-1, early - 1]], undeclined]))
        plain = tries[start : start + len(part)] == 0
        for row, picked in enumerate(model.picked(beams, wanted.top, plain)):
            officer = int(part.askers[row])
            found = [*picked, *(_also(asked[officer].also, beams, row, picked) if plain[row] else ())]
            kept = [one for one in found if one.worth >= least]
            routes[officer] += [one.route(model, beams, horizon) for one in kept]
        start += len(part)
    within, before, wanted_alone = np.concatenate(chances).T
    found = list(_ahead(asked, within, routes, wanted))
    for place, every in enumerate(_by_officer(asked, wanted_alone)):
        if asked[place].unwanted is not None:
            found[place] = replace(found[place], wanted=float(every[0]))
    return found, list(_by_officer(asked, before))


def _not_declined(beam: Beam, asked: Sequence[Asked], askers: Array) -> Beam:
    """The ways that whoever asks has not declined; those with a change are of no interest."""
    owners = askers[beam.question]
    declined = np.zeros(len(owners), bool)
    for officer in np.unique(owners).tolist():
        if (unwanted := asked[officer].unwanted) is not None:
            own = np.flatnonzero(owners == officer)
            declined[own] = [unwanted(tuple(path)) for path in beam.steps[own].tolist()]
    return beam.take(np.flatnonzero(~declined))


def _also(path: Path, beams: Sequence[Beam], row: int, found: Sequence[Picked]) -> Iterator[Picked]:
    """The path that is wanted in any case, where it was searched for this row and not picked."""
    known = {(one.beam, one.row) for one in found}
    for number, beam in enumerate(beams):
        if beam.steps.shape[1] == len(path):
            for place in np.flatnonzero((beam.question == row) & (beam.steps == np.array(path)).all(1)).tolist():
                if (number, place) not in known:
                    yield Picked(float(beam.take(np.array([place])).worth[0]), number, place)


def _by_officer(asked: Sequence[Asked], chances: Array) -> Iterator[Array]:
    """(1 + changes,) of each officer, from those of the rows of `_rows`."""
    start = 0
    for one in asked:
        tries = 1 if one.factors is None else len(one.factors)
        stop = start + tries * len(one.goals)
        yield np.minimum(chances[start:stop].reshape(tries, -1).sum(1), 1.0)
        start = stop


def _ahead(asked: Sequence[Asked], chances: Array, routes: list[list[Route]], wanted: Wanted) -> Iterator[Ahead]:
    for one, found, every in zip(asked, routes, _by_officer(asked, chances), strict=True):
        ranked = sorted(found, key=lambda route: -route.chance)
        best = [*ranked[: wanted.top], *(route for route in ranked[wanted.top :] if route.path == one.also)]
        likely = [route for route in best if route.chance >= wanted.least_chance]
        if not likely and every[0] >= wanted.least_chance:
            likely = best  # the chance is shared by many ways, none of which is likely by itself
        yield Ahead(one, tuple(likely), float(every[0]), every[1:])


def _rows(asked: Sequence[Asked], size: int) -> tuple[Goals, Array]:
    """The rows of all officers, and (n,) which change each tries, 0 for none; of a catalogue of so many posts."""
    tries = [1 if one.factors is None else len(one.factors) for one in asked]
    counts = np.array([many * len(one.goals) for many, one in zip(tries, asked, strict=True)])
    officers = np.repeat(np.arange(len(asked)), counts)
    goals = np.concatenate([np.tile(one.goals, many) for many, one in zip(tries, asked, strict=True)])
    which = np.concatenate([np.repeat(np.arange(many), len(one.goals)) for many, one in zip(tries, asked, strict=True)])
    lifted = [np.repeat(one.factors, len(one.goals), 0) for one in asked if one.factors is not None]
    starts = _stacked([one.starts for one in asked]).take(officers)
    factors = np.concatenate(lifted) if lifted else None
    ends = np.zeros((len(asked), size), bool)
    for place, one in enumerate(asked):
        ends[place, list(one.goals)] = True
    return Goals(starts, goals.astype(np.int64), asked[0].horizon_months, factors, officers, ends), which


def _rules(asked: Sequence[Asked], goals: Goals) -> Rules:
    officers = goals.askers
    ends = np.array([np.nan if one.end_months is None else one.end_months for one in asked])

    def opens(rows: Array, posts: Array, steps: Array, months: Array) -> Opening:
        who, since, stay = officers[rows], np.zeros(len(rows)), np.zeros(len(rows))
        order = np.argsort(who, kind="stable")
        for part in np.split(order, np.flatnonzero(np.diff(who[order])) + 1):
            bars = asked[int(who[part[0]])].bars if len(part) else None
            if bars is not None:
                since[part], stay[part] = bars.opening(posts[part], steps[part], months[part])
        return Opening(since, stay)

    known = opens if any(one.bars is not None for one in asked) else None
    return Rules(known, asked[0].least_months, ends[officers], moves=asked[0].moves)


def _stacked(histories: Sequence[Histories]) -> Histories:
    """One row each, padded to the longest."""
    width = max(one.posts.shape[1] for one in histories)

    def wide(values: Array, filler: float) -> Array:
        return np.pad(values, ((0, 0), (0, width - values.shape[1])), constant_values=filler)

    return Histories(
        np.concatenate([wide(one.posts, PADDING) for one in histories]),
        np.concatenate([wide(one.days, 0.0) for one in histories]),
        np.concatenate([one.rank for one in histories]),
        np.concatenate([one.rank_days for one in histories]),
        np.concatenate([one.tenure_days for one in histories]),
        np.concatenate([one.day for one in histories]),
    )
