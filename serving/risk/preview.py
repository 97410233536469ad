"""`pharos preview` and the page of a unit: what alerts, precision and recall each way to set the grade poor would give.

Volume is of the force as it stands, scored with the model; precision and recall are of the later years that the model
was checked on before it was signed (models/risk/evidence.py), never of years it learned from.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.asof import DAYS_A_MONTH, add_months
from data_contracts.decisions import GradePolicy, Shares
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.policy import policy
from data_contracts.pseudonyms import pseudonyms
from data_contracts.settings import Settings
from data_contracts.vocabulary import Grade
from features.store import FeatureReader
from models import artifacts, keys, registry
from models.base import Numbers
from models.registry import ResolvedModel
from models.risk.evidence import FILE, PLACE, Pooled, expected_events, read_evidence
from models.risk.grade_rate import GradeRate
from models.risk.grades import by_cut_offs, by_shares, over_budget, short_history, within_budget
from models.risk.model import OutcomeModel, RiskBundle

NAME = "risk"
MONTHS_BACK = 12
DAYS_OFF = 3  # by which a snapshot may miss the day of the month that is asked about
USUAL = (0.01, 0.02, 0.03, 0.05, 0.08, 0.10)
Say = Callable[[str], None]
Marks = NDArray[np.bool_]


@dataclass(frozen=True)
class Setting:
    """One way to decide who is poor: a share of the force, a least chance, or the shares within a unit's budget.

    >>> Setting("poor_share", 0.03).words
    'poor share 3 %'
    """

    kind: str
    value: float

    def __post_init__(self) -> None:
        if not 0.0 < self.value < 1.0:
            raise InvalidInput(
                f"{self.kind} {self.value:g} flags nobody or everybody; give a number between 0 and 1",
                zh=f"{self.kind}为{self.value:g}时无人或人人预警；请给出0与1之间的数",
            )

    @property
    def words(self) -> str:
        """For a table."""
        name = self.kind.replace("_", " ")
        return f"{name} {self.value:.3f}" if self.kind == "cut_off" else f"{name} {100 * self.value:g} %"

    def poor(self, chances: Numbers, units: Sequence[str | None], rules: GradePolicy) -> Marks:
        """Who would be poor among a force (n,)."""
        if self.kind == "cut_off":
            grades = by_cut_offs(chances, {Grade.POOR.value: self.value})
        elif self.kind == "poor_share":
            grades = by_shares(chances, _shares(self.value, rules.shares))
        else:
            budget = dataclasses.replace(rules.unit, poor_budget=self.value)
            grades = within_budget(by_shares(chances, rules.shares), chances, units, budget)
        return np.asarray(grades == Grade.POOR.value, dtype=bool)


def _floorless(rules: GradePolicy) -> GradePolicy:
    """The same rules without a least chance of the grades that warn."""
    return dataclasses.replace(
        rules, shares=dataclasses.replace(rules.shares, warned_from_mean=0.0, poor_from_mean=0.0)
    )


def _shares(poor: float, usual: Shares) -> Shares:
    """So many poor, and nobody of a chance that policy warns nobody of."""
    return dataclasses.replace(usual, poor=poor, fair=0.0, good=0.0, excellent=1.0 - poor)


@dataclass(frozen=True)
class Preview:
    """What is asked; nothing asked is the usual shares beside policy's own budget of a unit."""

    as_of: date
    outcomes: tuple[str, ...] = ()
    poor_shares: tuple[float, ...] = ()
    cut_offs: tuple[float, ...] = ()
    unit_budgets: tuple[float, ...] = ()

    def settings_asked(self, rules: GradePolicy) -> list[Setting]:
        """Each once, in the order asked."""
        given = {"poor_share": self.poor_shares, "cut_off": self.cut_offs, "unit_budget": self.unit_budgets}
        asked = [Setting(kind, value) for kind, values in given.items() for value in values]
        usual = [*(Setting("poor_share", value) for value in USUAL), Setting("unit_budget", rules.unit.poor_budget)]
        return list(dict.fromkeys(asked or usual))


@dataclass(frozen=True)
class Force:
    """A force on one day: officers, their units, and the chances of each model (n,), NaN where not scored."""

    as_of: date
    officers: NDArray[Any]
    units: list[str | None]
    chances: Mapping[str, Numbers]

    def only(self, some: Marks) -> Force:
        """Some of its officers, (n,)."""
        units = [unit for unit, there in zip(self.units, some, strict=True) if there]
        return Force(self.as_of, self.officers[some], units, {name: all_[some] for name, all_ in self.chances.items()})


@dataclass(frozen=True)
class Evidence:
    """Later years of one outcome, and where each of their officers stood."""

    rows: Pooled
    units: list[str | None]


def preview(settings: Settings, asked: Preview, say: Say = lambda _: None) -> dict[str, Any]:
    """{"data", "records"}: one record for each outcome and setting, best to read as a table.

    Raises NotReady without a model or a snapshot, InvalidInput for an outcome that the model does not answer.
    """
    rules = policy().grades
    wanted, ground = asked.settings_asked(rules), Prepared.of(settings, asked.as_of, asked.outcomes, say)
    about: dict[str, Any] = {
        "as_of": asked.as_of.isoformat(),
        "model": {"name": ground.model.name, "version": ground.model.version},
    }
    binds = {"unit_budget": rules.unit.poor_budget, "budget_binds": rules.mode == "unit_budget"}
    days = [str(force.as_of) for force in ground.forces[:-1]]
    more = {"mode": rules.mode, "snapshots": days, "new_over_months": len(ground.pairs)}
    return {"data": about | binds | more, "records": ground.records(wanted, rules)}


@dataclass(frozen=True)
class Prepared:
    """What every setting is previewed on: the force on some days, the last of them the one asked for, and later years.

    It takes seconds to make and milliseconds to ask.
    """

    model: ResolvedModel
    models: Sequence[OutcomeModel]
    forces: Sequence[Force]
    later: Mapping[str, Evidence]
    pairs: Sequence[tuple[date, date]] = ()

    @classmethod
    def of(cls, settings: Settings, as_of: date, outcomes: Sequence[str] = (), say: Say = lambda _: None) -> Prepared:
        """Of the model in force; raises as `preview` does."""
        reader = FeatureReader(settings)
        model, bundle, evidence = _model(settings)
        models = _chosen(bundle, outcomes)
        say("scoring")
        pairs = monthly(as_of, reader.snapshot_dates())
        days = sorted({as_of}.union(*pairs))
        forces = [_force(reader, day, models) for day in days]
        say("later years")
        later = {name: Evidence(rows, _units_then(settings, reader, rows)) for name, rows in evidence.items()}
        return cls(model, models, forces, later, pairs)

    def records(
        self, wanted: Sequence[Setting], rules: GradePolicy, within: Collection[str] | None = None
    ) -> list[dict[str, Any]]:
        """One for each outcome and setting; alerts are counted in the units `within`, or in the whole force. Who is
        poor is settled over the whole force either way, and so is how often that was right."""
        return [
            {"outcome": one.outcome, "horizon_months": one.horizon_months, "setting": setting.kind,
             "value": setting.value}
            | _volume(self.forces, self.pairs, one.name, setting, rules, within)
            | _worth(self.later.get(one.name), setting, rules)
            for one in self.models
            for setting in wanted
        ]  # fmt: skip


def _model(settings: Settings) -> tuple[ResolvedModel, RiskBundle, Mapping[str, Pooled]]:
    """The champion, or the newest version while there is none, with its evidence."""
    try:
        model = registry.resolve(settings, NAME)
    except NotReady:
        versions = registry.versions(settings, NAME)
        if not versions:
            raise
        model = versions[-1]
    parts, metadata = artifacts.load(model.path, keys.public_key(settings.keys_dir))
    evidence = read_evidence(model.path.parent / PLACE / FILE, metadata["evidence_sha256"])
    return model, RiskBundle.from_parts(parts), evidence


def _chosen(bundle: RiskBundle, outcomes: Sequence[str]) -> list[OutcomeModel]:
    absent = sorted(set(outcomes) - {one.outcome for one in bundle.outcome_models})
    if absent:
        known = ", ".join(dict.fromkeys(one.outcome for one in bundle.outcome_models))
        raise InvalidInput(
            f"outcome {absent[0]!r} is not answered by this model; it answers {known}",
            zh=f"此模型不回答结局{absent[0]!r}；可回答的有{known}",
        )
    return [one for one in bundle.outcome_models if not outcomes or one.outcome in outcomes]


def _force(reader: FeatureReader, day: date, models: Sequence[OutcomeModel]) -> Force:
    frame = reader.snapshot(day).dropna(subset=["officer_id"]).drop_duplicates("officer_id").reset_index(drop=True)
    short = short_history(frame, policy().grades)
    chances = {one.name: np.where(short, np.nan, one.predict(one.design.matrix(frame))) for one in models}
    return Force(day, frame["officer_id"].to_numpy(object), _units(frame["unit_id"]), chances)


def _units(column: pd.Series) -> list[str | None]:
    return [None if pd.isna(unit) else str(unit) for unit in column]


def _units_then(settings: Settings, reader: FeatureReader, rows: Pooled) -> list[str | None]:
    """The unit of each row of evidence on its day; its officers are pseudonyms, and so are ours for this."""
    names = pseudonyms(settings.keys_dir, make=False)
    units: dict[tuple[Any, str], str | None] = {}
    for day in sorted({pd.Timestamp(day).date() for day in rows.days} & set(reader.snapshot_dates())):
        frame = reader.snapshot(day)
        held = zip(frame["officer_id"].astype(str), _units(frame["unit_id"]), strict=True)
        units.update({(np.datetime64(day, "D"), names.of(officer)): unit for officer, unit in held})
    return [units.get((day, officer)) for day, officer in zip(rows.days, rows.officers, strict=True)]


def _volume(
    forces: Sequence[Force], pairs: Sequence[tuple[date, date]], name: str, setting: Setting, rules: GradePolicy,
    within: Collection[str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Alerts now, new ones a month over the months that can be compared, and how they fall on units."""
    poor = [setting.poor(force.chances[name], force.units, rules) for force in forces]
    held_back = setting.poor(forces[-1].chances[name], forces[-1].units, _floorless(rules)) & ~poor[-1]
    if within is not None:
        there = [np.array([unit in within for unit in force.units], dtype=bool) for force in forces]
        poor = [marks[some] for marks, some in zip(poor, there, strict=True)]
        held_back = held_back[there[-1]]
        forces = [force.only(some) for force, some in zip(forces, there, strict=True)]
    now = forces[-1]
    by_unit = pd.Series(poor[-1]).groupby(pd.Series(now.units, dtype="string")).agg(["sum", "size"])
    share = by_unit["sum"] / by_unit["size"]
    return {
        "officers": int((~np.isnan(now.chances[name])).sum()),
        "alerts_now": int(poor[-1].sum()),
        "held_back": int(held_back.sum()),
        "new_a_month": _new_a_month(forces, poor, pairs),
        "new_over_months": len(pairs),
        "units": len(by_unit),
        "units_with_alerts": int((by_unit["sum"] > 0).sum()),
        "most_in_a_unit": int(by_unit["sum"].max()) if len(by_unit) else 0,
        "units_over_budget": _over_budget(now, name, poor[-1], setting, rules),
        "share_by_unit": {f"p{int(q * 100)}": float(share.quantile(q)) for q in (0.5, 0.9, 1.0)} if len(share) else {},
    }


def _over_budget(now: Force, name: str, poor: Marks, setting: Setting, rules: GradePolicy) -> int:
    """Units with more alerts than their budget (the setting's own, else policy's), which only `unit_budget` keeps."""
    unit = dataclasses.replace(rules.unit, poor_budget=setting.value) if setting.kind == "unit_budget" else rules.unit
    grades = np.full(len(poor), Grade.GOOD.value, dtype=object)
    grades[np.isnan(now.chances[name])] = None
    grades[poor] = Grade.POOR.value
    return over_budget(grades, now.units, unit)


def monthly(as_of: date, snapshots: Collection[date]) -> list[tuple[date, date]]:
    """The snapshots on both ends of each of the last months, newest month first; months that lack one are left out.

    An end is the snapshot nearest to the same day of its month, so that others between or far apart change nothing.

    >>> days = [date(2025, 6, 1), date(2025, 12, 2), date(2025, 12, 20), date(2026, 1, 1)]
    >>> monthly(date(2026, 1, 1), days)
    [(datetime.date(2025, 12, 2), datetime.date(2026, 1, 1))]
    """
    ends: list[date | None] = [as_of]
    for back in range(1, MONTHS_BACK + 1):
        wanted = add_months(as_of, -back)
        near = [day for day in snapshots if abs((day - wanted).days) <= DAYS_OFF]
        ends.append(min(near, key=lambda day: (abs((day - wanted).days), day), default=None))
    return [(before, after) for after, before in pairwise(ends) if before is not None and after is not None]


def _new_a_month(forces: Sequence[Force], poor: Sequence[Marks], pairs: Sequence[tuple[date, date]]) -> float | None:
    """Officers poor at the end of a month and not at its beginning, the mean of the months; None without a month.

    Over longer spans those who were poor in between are not seen, so the figure would hang on which snapshots exist.
    """
    if not pairs:
        return None
    held = {force.as_of: {*force.officers[marks].tolist()} for force, marks in zip(forces, poor, strict=True)}
    months = sum((after - before).days for before, after in pairs) / DAYS_A_MONTH
    return sum(len(held[after] - held[before]) for before, after in pairs) / months


def _worth(evidence: Evidence | None, setting: Setting, rules: GradePolicy) -> dict[str, Any]:
    """Precision with its interval and recall, pooled over the later years and at each of them."""
    if evidence is None or not len(evidence.rows.y):
        unknown = ("flagged", "events", "events_expected", "base_rate", "precision", "low", "high", "recall")
        return dict.fromkeys(unknown) | {"by_as_of": []}
    rows = evidence.rows
    marks, by_as_of = np.zeros(len(rows.y), dtype=bool), []
    for day in np.unique(rows.days):
        there = np.flatnonzero(rows.days == day)
        marks[there] = setting.poor(rows.chances[there], [evidence.units[row] for row in there], rules)
        by_as_of.append({"as_of": str(day)} | _figures(rows.y[there], marks[there]))
    return _figures(rows.y, marks) | {"by_as_of": by_as_of}


def _figures(y: Numbers, marks: Marks) -> dict[str, Any]:
    """`events_expected` of the `events` are no findings yet (models/risk/evidence.py)."""
    rate = GradeRate.of(float(y[marks].sum()), int(marks.sum()))
    known = {name: None if np.isnan(value) else value for name, value in
             (("precision", rate.rate), ("low", rate.low), ("high", rate.high))}  # fmt: skip
    recall = rate.events / float(y.sum()) if y.sum() > 0 else None
    return {
        "flagged": rate.n, "events": float(y.sum()), "events_expected": expected_events(y),
        "base_rate": float(y.mean()), **known, "recall": recall,
    }  # fmt: skip
