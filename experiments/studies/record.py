"""A study in MLflow: one run for the whole with notes, records, pictures and the page; beneath it one for each model.

The runs of the models are what MLflow's own compare view is useful with: what was set, the figures pooled, and the
ranking figure at each test day as a line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from data_contracts.figures import between, figure_told
from data_contracts.settings import Settings
from experiments.studies.board_figures import model_figure
from experiments.studies.board_words import part_named
from experiments.studies.comparing import Compared, Kept, kept
from experiments.studies.config import Study, Tuning
from experiments.studies.leaderboard import Board, Standing
from experiments.studies.run import Asked, Run
from models import run_files
from training import tracking
from training.evaluation.bootstrap import Difference
from training.tuning.record import search_figure
from training.tuning.search import Found

BEHIND = "from_reference"
TESTS, COMPARISONS = "evaluation", "comparisons"


def experiment_of(study: str) -> str:
    """The experiment that a study's runs stand under.

    >>> experiment_of("risk-nights")
    'study-risk-nights'
    """
    return f"study-{study}"


def check_record(asked: Asked) -> None:
    """Raise NotReady before hours of fitting where the study's runs could not keep their files."""
    run_files.check(asked.settings, experiment_of(asked.study.name))


def tags_of(run: Run) -> dict[str, str]:
    """By what a run of this study is found again."""
    study = run.asked.study
    days = study.test.as_ofs
    return {
        "pharos.study": study.name, "pharos.kind": study.kind, "pharos.source": study.data.source,
        "pharos.as_ofs": ",".join(map(str, days)), "pharos.months": str(study.test.months),
        "pharos.outcomes": ",".join(study.test.outcomes) or "-", "pharos.features_hash": run.kind.features_hash(),
    }  # fmt: skip


def record_tuning(run: Run, tune: Tuning, found: Found) -> Found:
    """The search as one run: what is best, every trial, and the picture of where good settings lie."""
    study = run.asked.study
    with _run(run, f"tune {study.name}") as kept:
        kept.tags(tags_of(run) | {"pharos.part": "search"})
        kept.dataset(_seen(run), "validation")
        kept.note(_search_note(tune, found))
        kept.params({**found.params, "trials": tune.trials, "folds": tune.folds, "fairness": tune.fairness})
        figures = {"validation": found.value, "judged": found.judged, "pruned": found.pruned, "failed": found.failed}
        kept.metrics(figures, study.test.as_ofs[0])
        kept.record({"trials": [vars(one) for one in found.trials]}, "trials")
        place = kept.picture(search_figure(study.title.en, found.trials, run.kind.space), f"tune-{study.name}")
    return replace(found, picture=place)


def _search_note(tune: Tuning, found: Found) -> str:
    """What was searched and how it ended."""
    fair = "；以各组公平为约束" if tune.fairness else ""
    fair_en = "; fairness to groups is a limit" if tune.fairness else ""
    broken = sum(not one.holds for one in found.trials)
    return (
        f"试验 {found.judged} 次，提前停止 {found.pruned} 次，{tune.folds} 个滚动起点{fair}。\n\n"
        f"{found.judged} judged, {found.pruned} stopped early, {found.failed} failed, {broken} beyond a limit; "
        f"{tune.folds} rolling origins{fair_en}. Best {found.value:.4f}."
    )


def record_study(run: Run, found: Compared, told: Mapping[str, Any]) -> None:
    """The whole and its models, once for the same figures: a study that is run again unchanged leaves no new run."""
    about = {**run.common, "figures": found.figures.read_text(encoding="utf-8"), **told}
    run.ground.steps.do("record", about, lambda: _recorded(run, found, told))


def _recorded(run: Run, found: Compared, told: Mapping[str, Any]) -> dict[str, str]:
    study = run.asked.study
    with _run(run, study.name) as whole:
        whole.tags(tags_of(run) | {"pharos.part": "study"})
        whole.note(note_of(study, found))
        whole.params({"baseline": study.baseline, "models": ",".join(study.models), **_found(told)})
        whole.dataset(_seen(run), TESTS)
        for place in found.pictures:
            whole.file(place, "pictures")
        for place in (found.page, found.figures):
            whole.file(place, "comparison")
        for name in study.models:
            _record_model(run, whole, found, name, told)
    return {"run_id": whole.run_id}


def _record_model(run: Run, whole: tracking.Run, found: Compared, name: str, told: Mapping[str, Any]) -> None:
    own = run.asked.study.named(name)
    with _run(run, f"{run.asked.study.name} {name}", whole) as part:
        part.tags(tags_of(run) | {"pharos.part": "model", "pharos.model": name})
        part.note(_model_note(run.asked.study, name, found))
        part.dataset(_seen(run), TESTS)
        params: dict[str, Any] = {"model": name}
        if own is not None:
            used = dict(told["params"]) if own.tuned else {}
            params |= {"tuned": own.tuned, **_flat(dict(own.settings)), **used}
        part.params(params)
        for board in found.boards:
            _metrics(part, board, next(one for one in board.standings if one.name == name))
            part.picture(model_figure(board, name), f"model-{board.part}")  # one name: runs are looked at side by side


def record_comparison(settings: Settings, found: Compared) -> str:
    """A comparison that somebody asked for as a run of its own; with one study, under that study's experiment."""
    names = ",".join(found.names)
    experiment = experiment_of(found.names[0]) if len(found.names) == 1 else COMPARISONS
    studies = [kept(settings, name) for name in found.names]
    hashes = sorted({str(one.told["data_hash"]) for one in studies})
    service = sorted({str(one.told["features_hash"]) for one in studies})
    with tracking.run(
        experiment, f"compare {names}"[:100], data_hash=",".join(hashes)[:500], feature_service=",".join(service)[:500],
        use=settings,
    ) as run:  # fmt: skip
        run.tags({"pharos.part": "comparison", "pharos.study": names})
        for one in _seen_by(studies):
            run.dataset(one, TESTS)
        run.note("\n".join(line for board in found.boards for line in (f"### {board.part}", "", *_markdown(board), "")))
        for place in found.pictures:
            run.file(place, "pictures")
        for place in (found.page, found.figures):
            run.file(place, "comparison")
    return run.run_id


def _metrics(part: tracking.Run, board: Board, one: Standing) -> None:
    """Pooled figures and the distance from the reference; the ranking figure of each day at its own step.

    Every model has the same names, so that MLflow draws them beside each other: the reference is 0 from itself, and a
    model without files has 0 bytes of them.
    """
    pooled = {f"{board.part}.{name}": figure.value for name, figure in one.figures.items()}
    behind = one.behind or Difference(0.0, 0.0, 0.0)
    ends = {"": behind.difference, ".low": behind.low, ".high": behind.high}
    pooled |= {f"{board.part}.{BEHIND}{end}": value for end, value in ends.items()}
    pooled |= {"cost.fit_cpu_seconds": one.cost.fit_cpu_seconds, "cost.answer_ms": one.cost.answer_ms,
               "cost.bytes": float(one.cost.bytes or 0)}  # fmt: skip
    part.metrics({name: value for name, value in pooled.items() if np.isfinite(value)})
    for day, figure in one.by_day.items():
        if np.isfinite(figure.value):
            part.metrics({f"{board.part}.by_day": figure.value}, date.fromisoformat(day))


def note_of(study: Study, found: Compared) -> str:
    """Title, notes and the leaderboards in Markdown, in Chinese and English."""
    lines = [f"## {study.title.zh} · {study.title.en}", ""]
    if study.notes is not None:
        lines += [study.notes.zh, "", study.notes.en, ""]
    for board in found.boards:
        name = part_named(board)
        lines += [f"### {name.zh} · {name.en}", "", *_markdown(board), ""]
    return "\n".join(lines)


def _markdown(board: Board) -> list[str]:
    measures = list(board.kind.measures)
    heads = ["#", "model", *measures, f"from {board.reference} (95 %)", "CPU s"]
    rows = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for place, one in enumerate(board.standings, 1):
        behind = "–" if one.behind is None else (
            f"{figure_told(one.behind.difference, 4, signed=True)} "
            f"{between(one.behind.low, one.behind.high, 4, signed=True)}")  # fmt: skip
        figures = [f"{one.figures[name].value:.4f}" for name in measures]
        rows.append(f"| {' | '.join([str(place), one.name, *figures, behind, f'{one.cost.fit_cpu_seconds:.1f}'])} |")
    return rows


def _model_note(study: Study, name: str, found: Compared) -> str:
    own = study.named(name)
    places = [f"{board.part}: {1 + [one.name for one in board.standings].index(name)} of {len(board.standings)}"
              for board in found.boards]  # fmt: skip
    what = f"{own.notes.zh}\n\n{own.notes.en}" if own is not None and own.notes is not None else name
    return f"{what}\n\n{'; '.join(places)}"


def _seen(run: Run) -> tracking.Seen:
    study = run.asked.study
    tables = {f"rows.{name}": len(frame) for name, frame in sorted(run.ground.frames.items())}
    return tracking.Seen(study.data.source, run.ground.data_hash, f"study {study.name}", profile=tables)


def _seen_by(studies: Sequence[Kept]) -> list[tracking.Seen]:
    """The records that studies were tested on, each once with the studies that stand on them."""
    whose = dict[tuple[str, str], list[Kept]]()
    for one in studies:
        whose.setdefault((str(one.told["study"]["data"]["source"]), str(one.told["data_hash"])), []).append(one)
    return [
        tracking.Seen(source, digest, f"study {', '.join(one.name for one in some)}",
                      profile={f"tests.{one.name}": len(one.told["tests"]) for one in some})
        for (source, digest), some in whose.items()
    ]  # fmt: skip


def _found(told: Mapping[str, Any]) -> dict[str, Any]:
    version = {"registered": told["trained"]} if told.get("trained") else {}
    return {**{f"found.{name}": value for name, value in told["params"].items()}, **version}


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of settings by a name of both.

    >>> _flat({"boosted": {"rounds": 10}, "penalty": 3.0})
    {'boosted.rounds': 10, 'penalty': 3.0}
    """
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        inner = {f"{name}.{key}": one for key, one in value.items()} if isinstance(value, Mapping) else {name: value}
        flat |= inner
    return flat


def _run(run: Run, name: str, parent: tracking.Run | None = None) -> Any:
    """A run of this study's experiment."""
    service = f"{run.kind.service}:{run.kind.features_hash()}"
    return tracking.run(
        experiment_of(run.asked.study.name), name, data_hash=run.ground.data_hash, feature_service=service,
        use=run.asked.settings, parent=parent,
    )  # fmt: skip
