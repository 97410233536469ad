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
from training import fit_next_post, fit_risk, risk_record, tracking, train_next_post, train_risk
from training.dataset import Lesson, as_ofs_needed
from training.next_post_data import TrainingData, day_before, training_data
from training.tune import Found, Number, Objective, Report, Search, Space, best_params, search

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
Step = Callable[[int, float | None], None]


def risk_fit(settings: Settings) -> fit_risk.FitSettings:
    """The settings the last search found best, or the defaults."""
    return _risk_settings(best_params(settings, risk_record.NAME))


def next_post_fit(settings: Settings) -> fit_next_post.FitSettings:
    """The settings the last search found best, or the defaults."""
    return replace(fit_next_post.FitSettings(), **best_params(settings, train_next_post.NAME))


def tune_risk(settings: Settings, as_of: date, trials: int, progress: Step | None = None) -> Found:
    """Search the risk model's settings on every served outcome; resumable, and on record in MLflow."""
    history, reader = History(settings.history_dir), FeatureReader(settings)
    tables = train_risk.label_tables(history)
    asked = train_risk.RiskTraining(as_of)
    answers = train_risk.answers_of(asked, tables)
    outcomes = [outcome for outcome, _ in answers]
    splits = {answer: train_risk.split_of(asked, answer, tables, reader.snapshot_dates()) for answer in answers}
    material = train_risk.material_of(reader, tables, as_ofs_needed(list(splits.values())), outcomes)
    lessons = [material.lesson(answer, split) for answer, split in splits.items()]
    service = train_risk.service_of(outcomes)
    context = f"{history.fingerprint()}:{reader.service_hash(service)}:{as_of}"
    what = Search(risk_record.NAME, context, RISK_SPACE)
    found = search(what, risk_objective(lessons), trials=trials, settings=settings, progress=progress)
    _record(settings, what, found, history.fingerprint(), service, as_of)
    return found


def tune_next_post(settings: Settings, as_of: date, trials: int, progress: Step | None = None) -> Found:
    """Search the next-post model's settings; resumable, and on record in MLflow."""
    history = History(settings.history_dir)
    frames = {name: history.frame(name) for name in train_next_post.TABLES if name in history.tables()}
    if "postings" not in frames:
        raise NotReady(f"the history in {settings.history_dir} has no postings; run `pharos ingest` first")
    what = Search(train_next_post.NAME, f"{history.fingerprint()}:{as_of}", NEXT_POST_SPACE)
    objective = next_post_objective(training_data(frames, day_before(as_of)))
    found = search(what, objective, trials=trials, settings=settings, progress=progress)
    _record(settings, what, found, history.fingerprint(), train_next_post.SERVICE, as_of)
    return found


def risk_objective(lessons: Sequence[Lesson]) -> Objective:
    """Mean over outcomes of average precision on the year held out; reported outcome by outcome, for pruning."""

    def judge(params: Mapping[str, Any], report: Report) -> float:
        chosen, figures = _risk_settings(params), list[float]()
        for step, lesson in enumerate(lessons):
            figure = fit_risk.validation_score(lesson, chosen)
            if figure is not None:
                figures.append(figure)
                report(step, float(np.mean(figures)))
        if not figures:
            raise InvalidInput("no outcome has an earlier year to be judged on; search with a later --as-of")
        return float(np.mean(figures))

    return judge


def next_post_objective(data: TrainingData) -> Objective:
    """HR@10 + NDCG@10 on the moves held out, all and novel."""

    def judge(params: Mapping[str, Any], report: Report) -> float:
        figure = fit_next_post.validation_score(data, replace(fit_next_post.FitSettings(), **params))
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


def _risk_settings(params: Mapping[str, Any]) -> fit_risk.FitSettings:
    usual = fit_risk.FitSettings()
    trees = {name: value for name, value in params.items() if name != "penalty"}
    return replace(usual, boosted=trees, penalty=params.get("penalty", usual.penalty))


def _record(settings: Settings, what: Search, found: Found, data_hash: str, service: str, as_of: date) -> None:
    """The search as one MLflow run."""
    with tracking.run(
        f"{what.name}-tuning", f"tune {what.name} {as_of}", data_hash=data_hash, feature_service=service, use=settings
    ) as run:
        run.params(found.params)
        run.metrics({"validation": found.value, "judged": found.judged, "pruned": found.pruned}, as_of)


def tune(name: str, settings: Settings, as_of: date, trials: int, console: Console) -> Table:
    """Search with a bar that shows the best so far; returns the table of what was found."""
    by_name = {risk_record.NAME: tune_risk, train_next_post.NAME: tune_next_post}
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(f"tune {name}", total=trials)

        def progress(done: int, best: float | None) -> None:
            told = "" if best is None else f", best {best:.4f}"
            bar.update(task, completed=done, description=f"tune {name}{told}")

        found = by_name[name](settings, as_of, trials, progress)
    return as_table(name, found)
