"""What `pharos tune` searches: the space of each model, and its figure on validation time.

Nothing that a test or the gate looks at is seen: the risk model is judged on the last year before the training day
whose end is known, the next-post model on the last part of the moves before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from data_contracts.errors import InvalidInput, NotReady
from data_contracts.settings import Settings
from features.history import History
from features.store import FeatureReader
from models import run_files
from models.risk.boosting import DEFAULTS
from training.posts import fit as fit_next_post
from training.posts import train as train_next_post
from training.posts.data import TrainingData, day_before, training_data
from training.risk import fit as fit_risk
from training.risk import record as risk_record
from training.risk import train as train_risk
from training.risk.dataset import Lesson, as_ofs_needed
from training.risk.fit import Validated
from training.risk.left_out import LeftOut
from training.tuning.concerns import CHALLENGER, CONCERNS, tune_challenger, tune_concerns
from training.tuning.fair import Audit, limits_broken
from training.tuning.record import experiment_of, record_search
from training.tuning.search import Found, Held, Number, Objective, Report, Search, Space, best, search

RISK_SPACE: Space = {
    "rounds": Number(100, 600, whole=True),
    "learning_rate": Number(0.01, 0.1, log=True),
    "num_leaves": Number(5, 63, log=True, whole=True),
    "min_data_in_leaf": Number(20, 500, log=True, whole=True),
    "feature_fraction": Number(0.1, 0.9),
    "lambda_l2": Number(0.1, 100.0, log=True),
    "penalty": Number(10.0, 3000.0, log=True),
}
NEXT_POST_SPACE: Space = {
    "learning_rate": Number(5e-4, 1e-2, log=True),
    "passes": Number(1.0, 6.0),
    "decay": Number(1e-4, 0.3, log=True),
    "embedding_decay": Number(1e-3, 1.0, log=True),
}
SPACES: Mapping[str, tuple[Space, Mapping[str, Any]]] = {  # with the defaults
    risk_record.NAME: (RISK_SPACE, {**DEFAULTS, "penalty": fit_risk.FitSettings().penalty}),
    train_next_post.NAME: (NEXT_POST_SPACE, vars(fit_next_post.FitSettings())),
}
DEFAULT_SERVICES = {risk_record.NAME: train_risk.SERVICE, train_next_post.NAME: train_next_post.SERVICE}
Step = Callable[[int, float | None], None]
Say = Callable[[str], None]
MakeRisk = Callable[[Mapping[str, Any]], fit_risk.FitSettings]


def risk_fit(settings: Settings, say: Say = lambda _: None) -> fit_risk.FitSettings:
    """The settings the last search found best, or the defaults; `say` hears what the search was made on."""
    return risk_settings(_in_force(settings, risk_record.NAME, say))


def next_post_fit(settings: Settings, say: Say = lambda _: None) -> fit_next_post.FitSettings:
    """The settings the last search found best, or the defaults; `say` hears what the search was made on."""
    return replace(fit_next_post.FitSettings(), **_in_force(settings, train_next_post.NAME, say))


def tune_risk(settings: Settings, as_of: date, trials: int, progress: Step | None = None) -> Found:
    """Search the risk model's settings on every served outcome that can be trained; resumable, on record in MLflow."""
    run_files.check(settings, experiment_of(risk_record.NAME))
    history, reader = History(settings.history_dir), FeatureReader(settings)
    tables = train_risk.label_tables(history)
    asked = train_risk.RiskTraining(as_of)
    left = LeftOut(as_of, train_risk.without_tables(asked, tables))
    splits = train_risk.splits_of(asked, tables, reader.snapshot_dates(), left)
    outcomes = [outcome for outcome, _ in splits]
    material = train_risk.material_of(reader, tables, as_ofs_needed(list(splits.values())), outcomes)
    lessons = [material.lesson(answer, split) for answer, split in splits.items()]
    what = search_of(settings, risk_record.NAME, train_risk.service_of(outcomes), as_of)
    found = search(what, risk_objective(lessons), trials=trials, settings=settings, progress=progress)
    return record_search(settings, what, found, as_of)


def tune_next_post(settings: Settings, as_of: date, trials: int, progress: Step | None = None) -> Found:
    """Search the next-post model's settings; resumable, and on record in MLflow."""
    run_files.check(settings, experiment_of(train_next_post.NAME))
    history = History(settings.history_dir)
    frames = {name: history.frame(name) for name in train_next_post.TABLES if name in history.tables()}
    if "postings" not in frames:
        raise NotReady(f"the history in {settings.history_dir} has no postings; run `pharos ingest` first")
    what = search_of(settings, train_next_post.NAME, train_next_post.SERVICE, as_of)
    objective = next_post_objective(training_data(frames, day_before(as_of)))
    found = search(what, objective, trials=trials, settings=settings, progress=progress)
    return record_search(settings, what, found, as_of)


def search_of(settings: Settings, name: str, service: str, as_of: date) -> Search:
    """A search on the history and features as they are; the defaults and the settings in force are judged first."""
    space, usual = SPACES[name]
    about = {**_stands_on(settings, service), "as_of": as_of.isoformat()}
    in_force = {**usual, **best(settings, name).params}
    starts = [{setting: params[setting] for setting in space} for params in (usual, in_force)]
    context = f"{about['data_hash']}:{about['service_hash']}:{as_of}"
    return Search(name, context, space, tuple(starts), about=about)


def _in_force(settings: Settings, name: str, say: Say) -> Mapping[str, Any]:
    """What the last search wrote down.

    Settings found on older data or features are used all the same, since they are still nearer than the defaults,
    but it is said aloud what has changed since.
    """
    found = best(settings, name)
    if found.params:
        then, now = found.about, _stands_on(settings, found.about.get("service", DEFAULT_SERVICES[name]))
        parts = {"the history": "data_hash", "the definition of the features": "service_hash"}
        changed = " and ".join(part for part, key in parts.items() if then.get(key) != now[key])
        since = f"; {changed} changed since, so `pharos tune {name}` may find better ones" if changed else ""
        say(f"{name}: settings of the search as of {then.get('as_of', 'an unknown day')} are used{since}")
    return found.params


def _stands_on(settings: Settings, service: str) -> dict[str, str]:
    """What figures can be compared on: the rows, and the columns made of them."""
    hashed = FeatureReader(settings).service_hash(service)
    return {"data_hash": History(settings.history_dir).fingerprint(), "service": service, "service_hash": hashed}


def risk_objective(lessons: Sequence[Lesson], audit: Audit | None = None, made: MakeRisk | None = None) -> Objective:
    """Mean over lessons of average precision on the year held out; reported lesson by lesson, for pruning.

    The lessons are those of each outcome, or of each outcome at several rolling origins. With `audit` no setting may be
    unfair to a group (`fair.py`). `made` makes the settings of a fit of those of a trial, where not `risk_settings`.
    """
    settings_of = made or risk_settings

    def judge(params: Mapping[str, Any], report: Report) -> float | Held:
        chosen, figures, said = settings_of(params), list[float](), dict[str, list[Validated]]()
        for step, lesson in enumerate(lessons):
            one = fit_risk.validated(lesson, chosen)
            if one is not None:
                figures.append(one.quality)
                said.setdefault(lesson.outcome, []).append(one)
                report(step, float(np.mean(figures)))
        if not figures:
            raise InvalidInput("no outcome has an earlier year to be judged on; search with a later --as-of")
        value = float(np.mean(figures))
        return value if audit is None else Held(value, limits_broken(said, audit))

    return judge


def next_post_objective(data: TrainingData, usual: fit_next_post.FitSettings | None = None) -> Objective:
    """HR@10 + NDCG@10 on the moves held out, all and novel; `usual` is what a trial does not set."""
    before = usual or fit_next_post.FitSettings()

    def judge(params: Mapping[str, Any], report: Report) -> float:
        figure = fit_next_post.validation_score(data, replace(before, **params))
        report(0, figure)
        return figure

    return judge


def as_table(name: str, found: Found) -> Table:
    """The best settings for people."""
    caption = f"{found.judged} judged, {found.pruned} of them stopped early, {found.failed} failed"
    table = Table("setting", "best", title=f"{name}: {found.value:.4f} on validation time", caption=caption)
    for setting, value in found.params.items():
        table.add_row(setting, f"{value:.4g}" if isinstance(value, float) else str(value))
    return table


def risk_settings(params: Mapping[str, Any]) -> fit_risk.FitSettings:
    """Settings of a fit from those of a trial."""
    usual = fit_risk.FitSettings()
    trees = {name: value for name, value in params.items() if name != "penalty"}
    return replace(usual, boosted=trees, penalty=params.get("penalty", usual.penalty))


def tune(name: str, settings: Settings, as_of: date, trials: int, console: Console) -> Table:
    """Search with a bar that shows the best so far; returns the table of what was found."""
    by_name = {
        risk_record.NAME: tune_risk, train_next_post.NAME: tune_next_post, CONCERNS: tune_concerns,
        CHALLENGER: tune_challenger,
    }  # fmt: skip
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(f"tune {name}", total=trials)

        def progress(done: int, best: float | None) -> None:
            told = "" if best is None else f", best {best:.4f}"
            bar.update(task, completed=done, description=f"tune {name}{told}")

        found = by_name[name](settings, as_of, trials, progress)
    console.print(f"picture {found.picture}", soft_wrap=True, markup=False, highlight=False)
    return as_table(name, found)
