"""`pharos train next-post`: learn from the history as of a day, show what it is worth, sign it and register it.

The gate figures come from a model fitted on earlier time and tested on the months just before `as_of`; what is
registered is then fitted on everything known before `as_of`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.asof import add_months
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.figures import told_to
from data_contracts.policy import policy
from data_contracts.settings import Settings
from features.history import History
from features.store import FeatureReader
from models import run_files
from models.posts.baselines import Markov, Popularity, PostScorer
from models.posts.histories import Array
from models.posts.next_post import NextPostModel
from models.registry import ResolvedModel
from training import tracking
from training.evaluation.bootstrap import OfficerDraws, difference, weighted_means
from training.evaluation.plots import next_post_figure
from training.evaluation.ranking_metrics import item_metrics, mean_metrics
from training.evaluation.shown_lists import Answers, Kinds, ShownLists, shown_lists
from training.evaluation.spans import Span
from training.gate.list_evidence import keep_lists
from training.posts.data import Frames, TrainingData, WindowItems, day_before, training_data, window_items
from training.posts.evidence import moved_within
from training.posts.fit import FitSettings, fit_pharos, shown_posts, target_places
from training.signing import signed

NAME, ALL = "next-post", "all"
TABLES = ("postings", "promotions", "officers", "posts", "course_completions", "honours", "appraisals", "career_goals")
GATE_MONTHS = (6, 12, 24, 48)
ENOUGH = 200
DEPTH = 10  # of the lists by which groups are compared
STAGES = 5  # what `say` hears: testing, fitting, validation, networks, registering
SERVICE = "career_v1"  # what a request reads; its hash moves with the code of the sequences learned from
Say = Callable[[str], None]


@dataclass(frozen=True)
class Worth:
    """Figures on the months before `as_of`, and how far ahead of Markov in NDCG@10 with the 95 % interval.

    `places` say, for each model, where the post taken stood among those it ranked; `lists` are what it would have
    shown, for the gate to compare groups by.
    """

    months: int
    items: int
    figures: dict[str, float]
    gain: float
    low: float
    high: float
    lists: ShownLists
    places: Mapping[str, Array] = field(default_factory=dict)
    picture: Path | None = None

    def sentence(self) -> str:
        """The figures for people."""
        return (
            f"NDCG@10 {self.figures['ndcg_at_10']:.4f} on {self.items:,} moves of the last {self.months} months, "
            f"ahead of markov by {told_to(self.gain, self.low, self.high, 4)}"
        )


def train_next_post(
    settings: Settings, as_of: date, say: Say = lambda _: None, fit: FitSettings | None = None
) -> tuple[ResolvedModel, Worth]:
    """Fit, test, sign and register; raises NotReady or InvalidInput in one sentence when there is too little."""
    run_files.check(settings, NAME)
    chosen = fit or FitSettings()
    history = History(settings.history_dir)
    frames = {name: history.frame(name) for name in TABLES if name in history.tables()}
    if "postings" not in frames:
        raise NotReady(f"the history in {settings.history_dir} has no postings; run `pharos ingest` first")
    say("testing on the last months")
    worth = worth_of(frames, as_of, chosen)
    say("fitting on everything")
    data = training_data(frames, day_before(as_of))
    within = moved_within(frames, day_before(as_of), data.catalogue, policy().suggestions.counts)
    model = replace(fit_pharos(data, chosen, say), within=within)
    say("registering")
    service = f"{SERVICE}:{FeatureReader(settings).service_hash(SERVICE)}"
    with tracking.run(
        NAME, f"{NAME} {as_of}", data_hash=history.fingerprint(), feature_service=service, use=settings
    ) as run:
        run.params({"as_of": as_of, "moves": len(data.moves), "posts": data.catalogue.size, **vars(chosen)})
        run.metrics({**worth.figures, "items": worth.items}, as_of)
        run.dataset(tracking.Seen("history", history.fingerprint(), f"history as of {as_of}"))
        run.note(worth.sentence())
        run.gate({"ndcg_gain": worth.gain, "ndcg_gain_low": worth.low})
        worth = replace(worth, picture=run.picture(next_post_figure(f"{NAME} {as_of}", worth.places), NAME))
        with tempfile.TemporaryDirectory() as folder:
            kept = keep_lists(run, Path(folder), worth.lists)
            about = {"as_of": as_of.isoformat(), "moves": len(data.moves), "post_names": post_names(frames), **kept}
            return run.model(signed_model(model, about, settings, Path(folder) / "model"), NAME), worth


def signed_model(model: NextPostModel, about: Mapping[str, Any], settings: Settings, folder: Path) -> Path:
    """The model as a signed folder that says which features it is served from."""
    told = {**about, "name": NAME, "service": SERVICE, "service_hash": FeatureReader(settings).service_hash(SERVICE)}
    return signed(folder, model, told, settings)


def post_names(frames: Frames) -> dict[str, list[str]]:
    """Chinese and English name of each post that has one, the newest version of each."""
    table = frames.get("posts")
    if table is None or table.empty:
        return {}
    newest = table.drop_duplicates("post_id", keep="last")
    names = zip(newest["post_id"].astype(str), newest["name_zh"], newest["name_en"], strict=True)
    given = {post: [str(name) for name in (zh, en) if not pd.isna(name)] for post, zh, en in names}
    return {post: [found[0], found[-1]] for post, found in given.items() if found}


def worth_of(frames: Frames, as_of: date, settings: FitSettings) -> Worth:
    """Fit on what was known some months ago and rank the moves since; the shortest span with enough moves is taken."""
    until = day_before(as_of)
    for months in GATE_MONTHS:
        after = add_months(until, -months)
        try:
            data = training_data(frames, after)
            items = window_items(frames, after, until, data)
        except InvalidInput:
            continue
        if len(items.moves) >= ENOUGH or months == GATE_MONTHS[-1]:
            first = frames["postings"]["started_on"].min().date()
            worth = _tested(data, items, months, settings)
            return replace(worth, lists=worth.lists.over(Span(first, until, after + timedelta(days=1), until)))
    raise InvalidInput(f"too few moves before {as_of} to train on some and test on others; ingest a longer history")


def _tested(data: TrainingData, items: WindowItems, months: int, settings: FitSettings) -> Worth:
    models: dict[str, PostScorer] = {
        "pharos": fit_pharos(data, settings),
        "markov": Markov.fit(data.moves, data.catalogue),
        "popularity": Popularity.fit(data.moves, data.catalogue),
    }
    places = {name: target_places(model, items.moves, False, data.catalogue.size) for name, model in models.items()}
    values = item_metrics(places["pharos"])
    gained = {name: item_metrics(found)["ndcg_at_10"] for name, found in places.items()}
    drawn = OfficerDraws(items.moves.officers.tolist()).each(partial(weighted_means, gained))
    exact = (float(gained["pharos"].mean()), float(gained["markov"].mean()))
    found = difference(exact, (drawn["pharos"], drawn["markov"]))
    figures = {name: value for name, value in mean_metrics(values).items() if value is not None}
    lists = _lists(models["pharos"], data, items, (gained["pharos"], gained["markov"]))
    strata = {name: np.asarray(rows, dtype=bool) for name, rows in items.strata().items() if name != ALL}
    lists = lists.beside({name: found for name, found in gained.items() if name != "pharos"}, strata)
    return Worth(months, len(items.moves), figures, found.difference, found.low, found.high, lists, places)


def _lists(model: PostScorer, data: TrainingData, items: WindowItems, ndcg: tuple[Array, Array]) -> ShownLists:
    """What the model would have shown before each move, and which post was taken."""
    catalogue, moves = data.catalogue, items.moves
    kinds = Kinds.of(catalogue.posts, catalogue.families or (None,) * catalogue.size)
    best = shown_posts(model, moves, catalogue.size, DEPTH)
    answers = Answers(np.arange(len(moves)), moves.targets)
    who = items.officer_ids, moves.day.astype("datetime64[D]")
    return shown_lists(who, ("ndcg_at_10", *ndcg), best, answers, kinds, policy().gate.lists.most_kinds)
