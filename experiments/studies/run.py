"""One run of a study: what each step is made of, and how it is done. Nothing is loaded before a step needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data_contracts.errors import InvalidInput
from data_contracts.settings import Settings
from experiments.studies.config import Study, Tuning
from experiments.studies.ground import Ground, ground_of
from experiments.studies.kind import Exam, Kind, Loaded
from experiments.studies.kinds import KINDS
from experiments.studies.scores import write_scores
from experiments.studies.steps import fingerprint
from training.tuning.search import Found, Objective, Search, Step, search
from training.tuning.ways import Crew

TUNE, SCORES = "tune", "scores"
HOW_LONG = ("workers", "trials")  # of a search: a longer one, or one with more workers, goes on with the same trials


@dataclass(frozen=True)
class Asked:
    """A study and how it is run here; what is None is as the study says."""

    study: Study
    settings: Settings
    data: Path | None = None
    workers: int | None = None

    @property
    def folder(self) -> Path:
        """Where what its steps made is kept."""
        return self.settings.experiments_dir / self.study.name


@dataclass(frozen=True)
class Tested:
    """One model at one test."""

    exam: Exam
    model: str

    @property
    def step(self) -> str:
        """As the step is called."""
        return f"score-{self.exam.name}-{self.model}"

    def path(self, folder: Path) -> Path:
        """Where what the model said lies, in the folder of its study."""
        return folder / SCORES / f"{self.exam.name}-{self.model}.parquet"


def every_test(study: Study) -> list[Tested]:
    """Every model at every test, test by test."""
    exams = [Exam(day, name) for name in study.test.outcomes or ("",) for day in study.test.as_ofs]
    return [Tested(exam, model) for exam in exams for model in study.models]


@dataclass(frozen=True)
class Run:
    """A study at work."""

    asked: Asked

    @cached_property
    def ground(self) -> Ground:
        """The records."""
        return ground_of(self.asked.study, self.asked.settings, self.asked.data)

    @property
    def kind(self) -> Kind:
        """What is studied."""
        return KINDS[self.asked.study.kind]

    @cached_property
    def loaded(self) -> Loaded:
        """The study with its records at hand; every test can be made."""
        found = self.kind.load(self.ground)
        found.exams()
        return found

    @cached_property
    def common(self) -> Mapping[str, Any]:
        """What every figure rests on: records, features, the version of this project."""
        return {"data": self.ground.data_hash, "features": self.kind.features_hash(), "kind": self.kind.name,
                "pharos": version("pharos")}  # fmt: skip

    # --- the search ---

    @property
    def tune(self) -> Tuning | None:
        """How settings are searched; None where no candidate asks for it."""
        return self.asked.study.tune if self.asked.study.tuned is not None else None

    def about_search(self, tune: Tuning) -> dict[str, Any]:
        """What the search is made of; how many work at it changes nothing."""
        told = {name: value for name, value in asdict(tune).items() if name != "workers"}
        test = asdict(self.asked.study.test)
        own = self.asked.study.tuned
        settings = {} if own is None else dict(own.settings)
        return {**self.common, "tune": told, "settings": settings, "first": test["as_ofs"][0], "months": test["months"],
                "outcomes": test["outcomes"]}  # fmt: skip

    def kept_params(self) -> Mapping[str, Any] | None:
        """What an earlier run found; empty where nothing is searched, None where the search is not done."""
        if self.tune is None:
            return {}
        made = self.ground.steps.made(TUNE, self.about_search(self.tune))
        return None if made is None else dict(made["params"])

    def what_is_searched(self, tune: Tuning) -> Search:
        """A search of the study's own: the settings that `pharos train` uses are not touched."""
        study, kind, about = self.asked.study, self.kind, self.about_search(tune)
        context = {**about, "tune": {name: told for name, told in about["tune"].items() if name not in HOW_LONG}}
        told = {"data_hash": self.ground.data_hash, "service": kind.service, "service_hash": kind.features_hash(),
                "as_of": study.test.as_ofs[0].isoformat()}  # fmt: skip
        start = {name: kind.defaults[name] for name in kind.space}
        return Search(
            f"study-{study.name}", fingerprint(context), kind.space, (start,), tune.seed, told, tune.ways
        )  # fmt: skip

    def search(self, tune: Tuning, heard: Step) -> Found:
        """Search, with the workers asked for."""
        workers, what = self.asked.workers or tune.workers, self.what_is_searched(tune)
        loaded = self.loaded  # before any worker: what is computed once is kept for them
        if workers == 1:
            return search(
                what, objective_of(self.asked, loaded), trials=tune.trials, settings=self.asked.settings, progress=heard
            )  # fmt: skip
        crew = Crew(workers, partial(objective_of, self.asked))
        return search(
            what, _of_the_workers, trials=tune.trials, settings=self.asked.settings, progress=heard, crew=crew
        )  # fmt: skip

    # --- the tests ---

    def about(self, tested: Tested, params: Mapping[str, Any]) -> dict[str, Any]:
        """What a test is made of; other tests and other models change nothing for it."""
        own = self.asked.study.named(tested.model)
        told = None if own is None else {"settings": dict(own.settings), "found": dict(params) if own.tuned else {}}
        return {**self.common, "day": tested.exam.day, "outcome": tested.exam.outcome,
                "months": self.asked.study.test.months, "model": tested.model if own is None else "own",
                "way": told}  # fmt: skip

    def way(self, model: str, params: Mapping[str, Any]) -> Any | None:
        """The settings of a candidate's fit; None for a peer."""
        own = self.asked.study.named(model)
        if own is None:
            return None
        return self.kind.fitted_with(self.kind.settings_of(own.settings), params if own.tuned else {})

    def score(self, tested: Tested, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Fit one model, let it answer, keep what it said; how many it learned from, and what it took."""
        made = self.loaded.score(tested.exam, tested.model, self.way(tested.model, params))
        write_scores(tested.path(self.asked.folder), made.rows)
        return {"rows": len(made.rows), "n_train": made.n_train, "cost": asdict(made.cost)}


def objective_of(asked: Asked, loaded: Loaded | None = None) -> Objective:
    """What the search raises; a worker loads the records for itself, in its own process."""
    own, run = asked.study.tuned, Run(asked)
    if own is None:
        raise InvalidInput(
            f"the study {asked.study.name} searches nothing; add [tune], and tuned = true at a candidate"
        )
    return (loaded or run.loaded).objective(run.kind.settings_of(own.settings))


def _of_the_workers(params: Mapping[str, Any], report: object) -> float:
    raise NotImplementedError("the workers of a crew make their own objectives")
