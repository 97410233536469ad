"""`pharos train paths`: learn from the history as of a day, show what it is worth, sign it and register it.

The gate figures come from a model fitted on earlier time and tested on the goals that officers reached in the months
just before `as_of`, posts and rank steps together, against the way most often taken; what is registered is then fitted
on everything known before `as_of`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path as FilePath

import numpy as np

from data_contracts.asof import DAYS_A_MONTH, add_months
from data_contracts.errors import InvalidInput, MissingTable, NotReady
from data_contracts.figures import told_to
from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.history import History
from models import run_files
from models.paths.baselines import MostFrequent
from models.paths.bundle import KINDS, POST, SERVICE, KindModel, PathBundle, service_hash
from models.paths.finding import FoundPaths, Path, PathFinder
from models.posts.histories import Array, Catalogue
from models.registry import ResolvedModel
from training import tracking
from training.evaluation.bootstrap import OfficerDraws, difference, weighted_means
from training.evaluation.path_metrics import case_metrics, path_record
from training.evaluation.path_plots import paths_figure
from training.evaluation.shown_lists import NONE, Answers, Kinds, ShownLists, shown_lists
from training.evaluation.spans import Span
from training.gate.list_evidence import keep_lists
from training.paths.data import path_cases, states_at
from training.paths.fit import PathTraining, fit_paths, path_training
from training.paths.fit_lifts import fit_lifts
from training.posts.data import Frames, day_before
from training.signing import signed

NAME, PEER = "paths", "most_frequent"
TABLES = ("postings", "promotions", "officers", "posts", "courses", "course_completions")
GATE_MONTHS = (12, 24, 48)
ENOUGH = 200
SHOWN = 5  # paths by which groups are compared
STAGES = 3  # what `say` hears: testing, fitting, registering
Say = Callable[[str], None]


@dataclass(frozen=True)
class PathWorth:
    """Figures on the months before `as_of`, and how far ahead of `most_frequent` in path hit at 5, with the interval.

    `values` are those of each case by model and metric, `lengths` (cases,) how many steps each true path has; `lists`
    are the first steps it would have shown, for the gate to compare groups by.
    """

    months: int
    cases: int
    figures: Mapping[str, float]
    gain: float
    low: float
    high: float
    values: Mapping[str, Mapping[str, Array]]
    lengths: Array
    lists: ShownLists
    picture: FilePath | None = None

    def sentence(self) -> str:
        """The figures for people."""
        return (
            f"path hit@5 {self.figures['path_hit_at_5']:.4f} on {self.cases:,} goals reached in the last "
            f"{self.months} months, ahead of {PEER} by {told_to(self.gain, self.low, self.high, 4)}; "
            f"{self.figures['interval_coverage']:.1%} arrived within their 80 % interval"
        )


@dataclass(frozen=True)
class Tested:
    """One kind of goal: officer and number of steps of each case, values of each model by metric, (cases,) each.

    firsts: (cases, 5) the first step of each path shown, by its place in `kinds`, minus 1 for none; taken (cases,) the
    step really taken first; ndcg (cases,) of the true path among the five, by model.
    """

    officers: list[str]
    lengths: Array
    values: Mapping[str, Mapping[str, Array]]
    firsts: Array
    taken: Array
    ndcg: Mapping[str, Array]
    kinds: Kinds


def train_paths(
    settings: Settings, as_of: date, say: Say = lambda _: None, seed: int = 0
) -> tuple[ResolvedModel, PathWorth]:
    """Fit, test, sign and register; raises NotReady or InvalidInput in one sentence when there is too little."""
    run_files.check(settings, NAME)
    history = History(settings.history_dir)
    frames = {name: history.frame(name) for name in TABLES if name in history.tables()}
    if "postings" not in frames:
        raise NotReady(f"the history in {settings.history_dir} has no postings; run `pharos ingest` first")
    say("testing on the last months")
    worth = worth_of(frames, as_of, seed)
    say("fitting on everything")
    bundle = fit_bundle(frames, day_before(as_of), seed)
    say("registering")
    with tracking.run(
        NAME, f"{NAME} {as_of}", data_hash=history.fingerprint(), feature_service=SERVICE, use=settings
    ) as run:
        sizes = {f"{kind}_size": one.catalogue.size for kind, one in bundle.kinds.items()}
        run.params({"as_of": as_of, "seed": seed, "months": worth.months, **sizes})
        run.metrics({**worth.figures, "cases": worth.cases}, as_of)
        run.dataset(tracking.Seen("history", history.fingerprint(), f"history as of {as_of}"))
        run.note(worth.sentence())
        run.gate({"hit_gain": worth.gain, "hit_gain_low": worth.low, "coverage": worth.figures["interval_coverage"]})
        figure = paths_figure(f"{NAME} {as_of}", worth.values, worth.lengths)
        worth = replace(worth, picture=run.picture(figure, NAME))
        with tempfile.TemporaryDirectory() as folder:
            about = {"name": NAME, "as_of": as_of.isoformat(), "kinds": list(bundle.kinds), "service": SERVICE,
                     "service_hash": service_hash(), **keep_lists(run, FilePath(folder), worth.lists)}  # fmt: skip
            return run.model(signed(FilePath(folder) / "model", bundle, about, settings), NAME), worth


def fit_bundle(frames: Frames, until: date, seed: int = 0) -> PathBundle:
    """A model for each kind of step that the tables tell of, and course lifts where courses are on record."""
    kinds, lifts = {}, None
    for kind in KINDS:
        training = _training(frames, kind, until)
        if training is None:
            continue
        model = fit_paths(training, seed)
        kinds[kind] = KindModel(model, training.data.catalogue, dict(training.data.ranks))
        if kind == POST:
            lifts = fit_lifts(frames, training, model.transitions)
    if not kinds:
        raise InvalidInput(f"no move is known by {until}; paths need officers with at least two postings by then")
    return PathBundle(kinds, lifts)


def worth_of(frames: Frames, as_of: date, seed: int = 0) -> PathWorth:
    """Fit on what was known some months ago and find the paths since; the shortest span with enough goals is taken."""
    until = day_before(as_of)
    for months in GATE_MONTHS:
        after = add_months(until, -months)
        tested = [one for kind in KINDS if (one := _tested(frames, kind, (after, until), seed)) is not None]
        cases = sum(len(one.officers) for one in tested)
        if cases >= ENOUGH or (cases and months == GATE_MONTHS[-1]):
            worth = _worth(tested, (months, after), seed)
            first = frames["postings"]["started_on"].min().date()
            return replace(worth, lists=worth.lists.over(Span(first, until, after, until)))
    raise InvalidInput(f"too few goals reached before {as_of} to train on some and test on others; ingest more history")


def _training(frames: Frames, kind: str, until: date) -> PathTraining | None:
    """None where the tables tell of no move of the kind."""
    try:
        return path_training(frames, kind, until)
    except (InvalidInput, MissingTable):
        return None


def _tested(frames: Frames, kind: str, window: tuple[date, date], seed: int) -> Tested | None:
    after, until = window
    training = _training(frames, kind, after)
    if training is None:
        return None
    states = states_at(training.frames, after, *training.known)
    try:
        cases = path_cases(training.frames, states, training.data.catalogue, after, until)
    except InvalidInput:
        return None
    horizon = (until - after).days / DAYS_A_MONTH
    models: dict[str, PathFinder] = {
        NAME: fit_paths(training, seed),
        PEER: MostFrequent.fit(training.data.moves, training.data.catalogue, horizon),
    }
    found = {name: model.find(cases.asked(horizon)) for name, model in models.items()}
    values = {name: case_metrics(one, cases.paths, cases.months) for name, one in found.items()}
    five = [one[:SHOWN] for one in found[NAME].paths]
    firsts = np.array([[path[0] for path in some] + [NONE] * (SHOWN - len(some)) for some in five])
    kinds = Kinds.of(training.data.catalogue.posts, _families(training.data.catalogue))
    return Tested(
        cases.officers, np.array([len(path) for path in cases.paths]), values, firsts,
        np.array([path[0] for path in cases.paths]),
        {name: _ndcg(one, cases.paths) for name, one in found.items()}, kinds,
    )  # fmt: skip


def _ndcg(found: FoundPaths, paths: Sequence[Path]) -> Array:
    """(cases,) of the true path among the first ones found."""
    some = [one[:SHOWN] for one in found.paths]
    place = [one.index(path) if path in one else np.inf for one, path in zip(some, paths, strict=True)]
    return np.asarray(1.0 / np.log2(2.0 + np.array(place)))


def _families(catalogue: Catalogue) -> Sequence[str | None]:
    return catalogue.families or (None,) * catalogue.size


def _worth(tested: list[Tested], window: tuple[int, date], seed: int) -> PathWorth:
    months, after = window
    values = {
        name: {
            metric: np.concatenate([one.values[name][metric] for one in tested]) for metric in tested[0].values[name]
        }
        for name in (NAME, PEER)
    }
    hits = {name: found["path_hit_at_5"] for name, found in values.items()}
    officers = [officer for one in tested for officer in one.officers]
    drawn = OfficerDraws(officers, seed=seed).each(partial(weighted_means, hits))
    found = difference((float(hits[NAME].mean()), float(hits[PEER].mean())), (drawn[NAME], drawn[PEER]))
    figures = {name: value for name, value in path_record(values[NAME]).items() if value is not None}
    figures["peer_path_hit_at_5"] = float(hits[PEER].mean())
    lengths = np.concatenate([one.lengths for one in tested])
    lists = _lists(tested, after)
    return PathWorth(months, len(officers), figures, found.difference, found.low, found.high, values, lengths, lists)


def _lists(tested: list[Tested], after: date) -> ShownLists:
    """The first steps that officers would have been shown on the day the window begins, goals of all kinds together."""
    officers = np.array([officer for one in tested for officer in one.officers], dtype=object)
    names = tuple(dict.fromkeys(name for one in tested for name in one.kinds.names))

    def own(one: Tested, items: Array) -> Array:
        places = np.array([*map(names.index, one.kinds.names), NONE])
        return np.asarray(places[one.kinds.at(items)])

    best, taken = (np.concatenate([own(one, getattr(one, name)) for one in tested]) for name in ("firsts", "taken"))
    who = officers, np.full(len(officers), after, dtype="datetime64[D]")
    own_ndcg, peer = (np.concatenate([one.ndcg[name] for one in tested]) for name in (NAME, PEER))
    quality = "ndcg_at_5", own_ndcg, peer
    answers, kinds = Answers(np.arange(len(officers)), taken), Kinds(names, np.arange(len(names)))
    shown = shown_lists(who, quality, best, answers, kinds, policy().gate.lists.most_kinds)
    lengths = np.concatenate([one.lengths for one in tested])
    strata = {"one_step": lengths == 1, "two_steps": lengths == 2, "more_steps": lengths > 2}
    return shown.beside({PEER: peer}, strata)
