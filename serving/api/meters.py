"""What is counted of the service, for Prometheus: addresses, answers, refusals and times; never an id, never a value.

Labels come from fixed lists only (our routes, our codes, our grades), so that nothing a caller sends can become one.
"""

from __future__ import annotations

import os
from collections import Counter as Count
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from data_contracts.vocabulary import Grade
from serving.figures import Figure

UNMATCHED = "unmatched"
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
STATUSES = frozenset((
    "scored", "not_scored", "graded", "rolled_up", "not_graded", "listed", "not_listed", "accepted", "duplicate",
    "conflict", "refused", "quarantined", "no_path", "reached", "placed", "not_placed", "withheld",
))  # fmt: skip
OTHER = "other"
GRADES = frozenset(grade.value for grade in Grade)


class Meters:
    """The counters of one process, or of all workers of a service: then each writes its own into a folder, which
    prometheus_client knows by PROMETHEUS_MULTIPROC_DIR from its import on, and whoever is asked adds them up."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter("requests", "requests answered", "route", "status")
        self._refused = self._counter("refused", "requests refused, by our code of the problem", "code")
        self._results = self._counter("results", "results told, one for each item asked about", "route", "status")
        self._grades = self._counter("grades", "grades told of officers and units", "route", "grade")
        self._degraded = self._counter("degraded", "answers marked degraded", "route")
        self._audited = self._counter("audited", "answers that the audit chain holds", "route")
        self._events = self._counter("events", "events taken in, by what became of them", "outcome")
        self._seconds = Histogram(
            "pharos_request_seconds", "time from the first byte to the last", ("route",), buckets=SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.in_flight = Gauge(
            "pharos_in_flight", "requests being answered now", registry=self.registry, multiprocess_mode="livesum"
        )

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"pharos_{name}", about, labels, registry=self.registry)

    def request(self, route: str, status: int, seconds: float) -> None:
        """One request is over."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def refused(self, code: str) -> None:
        """One request was refused with a problem of this code."""
        self._refused.labels(code).inc()

    def answered(self, route: str, answer: Any, *, audited: bool) -> None:
        """What an answer holds: how many results of each status, which grades, and whether it is degraded."""
        for status, many in Count(_statuses(answer)).items():
            self._results.labels(route, status).inc(many)
        for grade, many in Count(_grades(answer)).items():
            self._grades.labels(route, grade).inc(many)
        if getattr(answer, "degraded", False):
            self._degraded.labels(route).inc()
        if audited:
            self._audited.labels(route).inc()

    def events(self, answer: Any, today: date) -> None:
        """What became of events; `late` are those accepted that were known before today."""
        for one in _results_of(answer):
            late = one.status == "accepted" and one.counts_from is not None and one.counts_from < today
            self._events.labels("late" if late else one.status if one.status in STATUSES else OTHER).inc()

    def text(self, figures: Sequence[Figure] = ()) -> bytes:
        """Everything in the format that Prometheus reads, with sums of the whole deployment."""
        told = CollectorRegistry()
        for figure in figures:
            told.register(_Now(figure))
        if FOLDER_VARIABLE not in os.environ:
            return generate_latest(self.registry) + generate_latest(told)
        every = CollectorRegistry()
        every.register(_OfAllWorkers())
        return generate_latest(every) + generate_latest(told)


@dataclass(frozen=True, eq=False)
class _Now:
    """A figure as Prometheus is told it: as it is now, and not added up over workers."""

    figure: Figure

    def collect(self) -> Iterator[Metric]:
        metric = GaugeMetricFamily(f"pharos_{self.figure.name}", self.figure.about, labels=[self.figure.label])
        for name, value in self.figure.values.items():
            metric.add_metric([name], value)
        yield metric


class _OfAllWorkers:
    """The counters of ours in the folder; libraries put theirs there too."""

    def collect(self) -> Iterator[Metric]:
        for metric in multiprocess.MultiProcessCollector(None).collect():  # type: ignore[no-untyped-call]
            if metric.name.startswith("pharos_"):
                yield metric


def _results_of(answer: Any) -> list[Any]:
    return list(getattr(answer, "results", ()) or ())


def _statuses(answer: Any) -> Iterator[str]:
    for one in _results_of(answer):
        status = getattr(one, "status", None)
        yield status if status in STATUSES else OTHER


def _grades(answer: Any) -> Iterator[str]:
    for one in _results_of(answer):
        grade = getattr(one, "grade", None)
        if grade in GRADES:
            yield str(grade)


def counted(text: bytes, name: str) -> Mapping[str, float]:
    """The samples of one counter by their labels, for tests and for people.

    >>> counted(b'# HELP x y\\nx_total{route="/a"} 2.0\\n', "x_total")
    {'route="/a"': 2.0}
    """
    found = {}
    for line in text.decode().splitlines():
        if line.startswith((f"{name}{{", f"{name} ")):
            labels, _, value = line.removeprefix(name).rpartition(" ")
            found[labels.strip("{}")] = float(value)
    return found
