"""What a kind of study must be able to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol, TypeVar

import numpy as np
from pydantic import TypeAdapter

from data_contracts.vocabulary import Bilingual
from experiments.studies.ground import Ground
from experiments.studies.scores import Scored
from training.tuning.search import Held, Objective, Report, Space

Made = TypeVar("Made")


@dataclass(frozen=True)
class Exam:
    """One test: a day, and an outcome where the kind has several."""

    day: date
    outcome: str = ""

    @property
    def name(self) -> str:
        """As files and steps are called.

        >>> Exam(date(2024, 1, 1), "conduct").name, Exam(date(2024, 1, 1)).name
        ('2024-01-01-conduct', '2024-01-01')
        """
        return f"{self.day}-{self.outcome}" if self.outcome else str(self.day)


class Loaded(Protocol):
    """A study with its records at hand."""

    def exams(self) -> list[Exam]:
        """Every test, in order; raises InvalidInput or NotReady where one of them cannot be."""
        ...

    def objective(self, way: Any) -> Objective:
        """What the search raises: figures on time before the first test day, reported origin by origin; `way` are the
        settings of the candidate that is tuned."""
        ...

    def score(self, exam: Exam, model: str, way: Any | None) -> Scored:
        """Fit a model on what was known at the exam's day and let it answer; `way` is None for a peer."""
        ...


@dataclass(frozen=True)
class Drawn:
    """Who is drawn for the intervals: so many of them, and their name."""

    many: Bilingual
    name: Bilingual


OFFICERS = Drawn(Bilingual("民警 {:,} 名", "{:,} officers"), Bilingual("民警", "officers"))


@dataclass(frozen=True)
class Kind:
    """A kind of study.

    `measures` are columns of its rows by name; the first is the one by which models are ranked. `way` is the dataclass
    of what may be set at a candidate, `fitted_with` makes of it, and of what a search found, the settings of a fit.
    """

    name: str
    peers: tuple[str, ...]
    measures: Mapping[str, Bilingual]
    ranks: bool  # whether models give scores that are ranked over officers (else each row has its own figures)
    way: type
    fitted_with: Callable[[Any, Mapping[str, Any]], Any]
    space: Space
    defaults: Mapping[str, Any]
    service: str
    features_hash: Callable[[], str]
    load: Callable[[Ground], Loaded]
    drawn: Drawn = OFFICERS

    def settings_of(self, told: Mapping[str, Any]) -> Any:
        """The checked settings of a candidate; raises pydantic's ValidationError."""
        return TypeAdapter(self.way).validate_python(dict(told))

    @property
    def measure(self) -> str:
        """The one by which models are ranked."""
        return next(iter(self.measures))


def folded(objectives: Sequence[Objective]) -> Objective:
    """The mean of several origins, reported origin by origin, so that a hopeless trial stops at the first."""

    def judge(params: Mapping[str, Any], report: Report) -> float:
        figures = list[float]()
        for step, one in enumerate(objectives):
            found = one(params, lambda *_: None)
            figures.append(found.value if isinstance(found, Held) else found)
            report(step, float(np.mean(figures)))
        return float(np.mean(figures))

    return judge


def spent(work: Callable[[], Made]) -> tuple[Made, float]:
    """What a work made, and the CPU seconds it took on all its threads."""
    before = time.process_time()
    return work(), time.process_time() - before


def answered(work: Callable[[], Made], officers: int) -> tuple[Made, float]:
    """What a work answered, and the milliseconds on the clock for each officer."""
    before = time.perf_counter()
    return work(), 1000 * (time.perf_counter() - before) / max(1, officers)


def set_over(way: Any, found: Mapping[str, Any]) -> Any:
    """The settings of a fit, a dataclass; what a search found stands over the candidate's own."""
    return replace(way, **found)
