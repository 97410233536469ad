"""`pharos watch`: inputs, predictions and, once mature, outcomes of a day against training; a scheduler's exit status.

0 nothing to say, 3 a warning, 4 an alert, and 2, as for every command, that there is no answer: an error of ours, or a
day before the training day, of which figures are shown and nothing is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from data_contracts.asof import add_months
from data_contracts.errors import MissingTable
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from experiments.backtests.reporting import check_writable
from experiments.drift.findings import ALERT, WARN, Finding
from experiments.drift.forces import Usual, input_findings, said_findings
from experiments.drift.nights import Nights, SaidOn, Watched, watched_model
from experiments.drift.notices import Notice, notices_of
from experiments.drift.outcomes import Outcome, outcome_findings
from experiments.drift.usual import Season, independent_shares, same_seasons, seasons_of, snapshot_of
from experiments.progress import steps
from features.history import History
from features.store import FeatureReader
from models.base import Numbers
from models.risk.model import OutcomeModel
from training.evaluation.names import outcome_named
from training.risk.open_findings import OpenFindings, open_findings
from training.risk.outcomes import Question, labels
from training.risk.reference import YEAR_DAYS, Answer, Came, Said, came_of, chances_of, key_of, said_from
from training.risk.train import label_tables

EXIT_STATUS: Mapping[int, int] = {0: 0, WARN: 3, ALERT: 4}
LEVELS = ("quiet", "warning", "alert")
NOT_JUDGED, NO_ANSWER = "not_judged", 2  # the verdict on a day before training, and how the command ends then
TITLES: Mapping[str, str] = {NOT_JUDGED: "looks back, not judged"}
MOST_NIGHTS = 13  # of which outcomes are shown: a year of months and the same month of the year before
MOST_LINES = 15
STEPS = 4
Say = Callable[[str], None]


@dataclass
class Watch:
    """Everything a watch found: findings, what was said then and now, what came of which nights, and what is not."""

    as_of: date
    watched: Watched
    source: str
    data_hash: str
    findings: list[Finding]
    said: dict[str, tuple[Said, Said]]
    came: dict[str, list[tuple[Outcome, Came]]]
    notes: list[Bilingual] = field(default_factory=list)
    open_findings: list[OpenFindings] = field(default_factory=list)

    @property
    def notices(self) -> list[Notice]:
        """What to know before the figures are read."""
        return notices_of(self.as_of, self.watched.reference.as_of, self.findings, policy().watch.sureness)

    @property
    def level(self) -> int:
        """The worst of the findings."""
        return max((found.level for found in self.findings), default=0)

    @property
    def looks_back(self) -> bool:
        """Whether the day lies before training: the model is then compared with its own future, and no level is
        meant."""
        return self.as_of < self.watched.reference.as_of

    @property
    def verdict(self) -> str:
        """`quiet`, `warning`, `alert` or `not_judged`."""
        return NOT_JUDGED if self.looks_back else LEVELS[self.level]

    @property
    def exit_status(self) -> int:
        """What a scheduler hears."""
        return NO_ANSWER if self.looks_back else EXIT_STATUS[self.level]

    def speaking(self) -> list[Finding]:
        """Findings that warn or alert, the worst first."""
        loud = [found for found in self.findings if found.level]
        return sorted(loud, key=lambda found: (-found.level, found.section, -found.value))

    def to_json(self) -> dict[str, Any]:
        """What the JSON says; figures that could not be measured are NaN here."""
        outcomes = {
            key: [{"as_of": seen.as_of.isoformat(), "source": seen.source, **asdict(came)} for seen, came in some]
            for key, some in self.came.items()
        }
        reference = self.watched.reference
        return {
            "watch": 1, "as_of": self.as_of.isoformat(), "model_version": self.watched.version,
            "answers": self.watched.answers, "notices": [one.as_record() for one in self.notices],
            "level": self.verdict, "exit_status": self.exit_status, "predictions_from": self.source,
            "reference": {"as_of": reference.as_of.isoformat(), "officers": reference.officers,
                          "recomputed": reference.recomputed,
                          "came": {key: asdict(came) for key, came in reference.came.items()}},
            "findings": [{**asdict(found), "level": LEVELS[found.level]} for found in self.findings],
            "predictions": {key: {"then": asdict(then), "now": asdict(now)} for key, (then, now) in self.said.items()},
            "outcomes": outcomes, "notes": [note.en for note in self.notes],
            "open_findings": [one.as_record() | {"told": asdict(one.counted)} for one in self.open_findings],
            "data_hash": self.data_hash,
        }  # fmt: skip


def watch(settings: Settings, as_of: date, say: Say = lambda _: None, version: str | None = None) -> Watch:
    """Compare a day with the training of the champion, or of `version`.

    Raises NotReady when there is no champion or no snapshot of that day, InvalidInput when that version is not there.
    """
    say("reading")
    reader, history = FeatureReader(settings), History(settings.history_dir)
    watched = watched_model(settings, reader, version)
    nights, force = Nights(settings, reader, watched), snapshot_of(reader, as_of)
    now = nights.now(as_of)
    say("what is usual")
    seasons = seasons_of(reader, history, same_seasons(watched.reference.as_of, as_of))
    usual = _usual(watched, force, now, seasons)
    say("inputs and predictions")
    findings = list(input_findings(watched.reference, force, usual))
    made = Watch(as_of, watched, now.source, history.fingerprint(), findings, {}, {})
    _predictions(made, now, usual)
    say("outcomes")
    _outcomes(made, nights, label_tables(history))
    return made


def _usual(watched: Watched, force: pd.DataFrame, now: SaidOn, seasons: tuple[Season, ...]) -> Usual:
    reference = watched.reference
    known = [name for name, spread in reference.inputs.items() if spread.codes is None]
    columns = {name: force[name].to_numpy(np.float64, na_value=np.nan) for name in known}
    names = force["officer_id"].astype(str)
    columns |= {key_of(*answer): said.reindex(names).to_numpy() for answer, said in now.chances.items()}
    years = max(1.0, (now.as_of - reference.as_of).days / YEAR_DAYS)
    return Usual(policy().watch, years, seasons, independent_shares(force, columns))


def _predictions(made: Watch, now: SaidOn, usual: Usual) -> None:
    reference, models = made.watched.reference, made.watched.bundle.outcome_models
    for model in models:
        key = key_of(model.outcome, model.horizon_months)
        then = reference.said[key]
        said = _said(now.chances[model.outcome, model.horizon_months].to_numpy(), model, then)
        made.said[key] = (then, said)
        ends = [_ends(model, then, season) for season in usual.seasons]
        made.findings.extend(said_findings(key, then, said, ends, usual, 3 * len(models)))


def _ends(model: OutcomeModel, then: Said, season: Season) -> tuple[Said, Said]:
    earlier, later = (chances_of(model, force) for force in (season.earlier, season.later))
    return _said(earlier, model, then), _said(later, model, then)


def _said(chances: Numbers, model: OutcomeModel, then: Said) -> Said:
    return said_from(chances, model.cuts, over=then.spread)


def _outcomes(made: Watch, nights: Nights, tables: Mapping[str, Any]) -> None:
    """The newest mature night of each outcome is judged; earlier ones are shown, since their windows overlap."""
    answers = made.watched.bundle.answers
    past: dict[date, SaidOn | None] = {}
    for answer in answers:
        key, seen = key_of(*answer), []
        for day in nights.mature(answer[1], made.as_of)[-MOST_NIGHTS:]:
            past[day] = past[day] if day in past else nights.honest(day)
            seen.extend(_came(past[day], answer, made.as_of, tables))
        made.came[key] = seen
        if seen:
            judged = seen[-1]
            made.open_findings.extend(_open(judged[0], answer, made.as_of, tables))
            then = made.watched.reference.came.get(key)
            rules = policy().watch
            made.findings.extend(outcome_findings(key, then, judged[1], judged[0], rules, 3 * len(answers)))
        else:
            made.notes.append(_not_yet(key, answer[1], made))


def _came(said: SaidOn | None, answer: Answer, as_of: date, tables: Mapping[str, Any]) -> list[tuple[Outcome, Came]]:
    """What came of one night, as known at `as_of`; nothing where it cannot be said."""
    if said is None or answer not in said.chances:
        return []
    chances = said.chances[answer].dropna()
    spine = chances.index.to_frame(index=False, name="officer_id").astype({"officer_id": "string"})
    spine["as_of"] = np.datetime64(said.as_of, "us")
    try:
        y = labels(tables, spine, Question(*answer, as_of))
    except MissingTable:
        return []
    if not len(y):
        return []
    told = Outcome(said.as_of, said.source, list(chances.index), y, chances.to_numpy(np.float64))
    return [(told, came_of([(y, told.chances)]))]


def _open(seen: Outcome, answer: Answer, as_of: date, tables: Mapping[str, Any]) -> list[OpenFindings]:
    """What of the night that is judged waits for its findings."""
    spine = pd.DataFrame({"officer_id": pd.array(seen.officers, dtype="string")})
    return open_findings(tables, answer[0], spine.assign(as_of=np.datetime64(seen.as_of, "us")), answer[1], as_of)


def _not_yet(key: str, horizon_months: int, made: Watch) -> Bilingual:
    name = outcome_named(key).zh
    ends = add_months(made.watched.reference.as_of, horizon_months)
    if ends > made.as_of:
        zh = f"尚不能判定：{name}的预测最早到 {ends} 才满期限。"
        return Bilingual(zh, f"{key}: no night is old enough to be judged before {ends}")
    last = add_months(made.as_of, -horizon_months)
    zh = f"尚不能判定：{name}在训练日与 {last} 之间没有可评定的批次或快照。"
    return Bilingual(zh, f"{key}: no night or snapshot between training and {last} can be judged")


def as_table(made: Watch) -> Table:
    """What speaks, the worst first, narrow enough for a terminal of 80 columns."""
    loud = made.speaking()
    verdict = TITLES.get(made.verdict, made.verdict)
    title = f"watch as of {made.as_of}: {verdict} (risk version {made.watched.version})"
    table = Table(title=title, caption=_caption(made, len(loud)))
    for name in ("level", "where", "of what", "figure"):
        table.add_column(name, overflow="fold")
    for name in ("then", "now", "value"):
        table.add_column(name, justify="right", no_wrap=True)
    for found in loud[:MOST_LINES]:
        numbers = (f"{value:.3g}" for value in (found.then, found.now, found.value))
        table.add_row(LEVELS[found.level], found.section, found.what, found.figure, *numbers)
    return table


def _caption(made: Watch, loud: int) -> str:
    more = f"{loud - MOST_LINES} more in the JSON; " if loud > MOST_LINES else ""
    reference = made.watched.reference
    again = ", computed again" if reference.recomputed else ""
    return f"{more}{len(made.findings)} figures against training as of {reference.as_of}{again}"


def run_watch(settings: Settings, as_of: date, out: Path | None, console: Console, version: str | None = None) -> int:
    """Watch, write JSON and page, log both with pictures, print; returns the exit status for a scheduler."""
    from experiments.drift.page import record_watch

    check_writable(out or settings.state / "watch", folder=True)
    with steps(console, "watch", STEPS + 1) as bar:
        made = watch(settings, as_of, bar.say, version)
        bar.say("recording")
        page = record_watch(settings, made, out or settings.state / "watch" / as_of.isoformat())
    console.print(as_table(made))
    for notice in made.notices:
        console.print(f"note: {notice.told.en}", highlight=False, markup=False, soft_wrap=True)
    if not made.watched.answers:
        console.print(f"risk version {made.watched.version} does not answer; it is only watched", highlight=False)
    for one in made.open_findings:
        console.print(one.counted.en, highlight=False, markup=False, soft_wrap=True)
    for note in made.notes:
        console.print(note.en, highlight=False, markup=False)
    console.print(f"written to {page}", highlight=False, markup=False, soft_wrap=True)
    return made.exit_status
