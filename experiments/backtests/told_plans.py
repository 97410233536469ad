"""Does a plan change when it should, and stay when it should? A force lives on for a year, and every answer is judged.

The history of a demo state is taken back to a day; from then on its own later rows come in again, as they became known
and some of them a look late, those of officers as `POST /v1/events` takes them. Every two months the officers are asked
for their paths through the desk that the service opens, and each answer is held against the last one by a reader of its
own (`plan_reader.py`), which knows the rows that came in between and nothing of how the service decides.

`python -m experiments.backtests.told_plans STATE [OFFICERS]` needs a state folder with a promoted paths model, reads it
only, and prints what it looked at and every answer that nothing explains; exit 1 where there is one.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pandas as pd
from rich.console import Console

from data_contracts.asof import add_months
from data_contracts.policy import policy
from data_contracts.settings import Settings
from experiments.backtests.plan_reader import Reader, Row
from features.arrivals import event_tables
from features.history import History
from models.service_end import service_end
from serving.api.opened import Absent
from serving.events.answers import EventDesk, open_events
from serving.events.schemas import EventsRequest
from serving.feedback.answers import FeedbackDesk, feedback_desk
from serving.feedback.schemas import FeedbackGiven, FeedbackRequest
from serving.freshness import FeatureSource
from serving.ground import Ground
from serving.loading import champion
from serving.paths.answers import PathDesk
from serving.paths.asking import AskedPath
from serving.paths.schemas import PathsFound, PathsRequest
from serving.paths.source import EVENT_TABLES, open_paths
from serving.paths.unwanted import posts_of

SINCE, LOOKS, MONTHS = date(2025, 1, 1), 6, 2
OFFICERS, A_CALL = 600, 200
LONG_LIST = 500  # paths, more than are ever told, to see whether one is open that is not among the best
LATE, DECLINES = 10, 25  # of so many rows one comes a look late; of so many officers one declines the path at a look
NOT_NEEDED = (
    "duty_months", "concerns", "complaints", "force_reports", "feedback", "protected_attributes", "preferences",
    "self_nominations",
)  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """What was looked at: counts by what was found, and a line for every answer that nothing explains."""

    counts: Mapping[str, int]
    unexplained: Sequence[str]


@dataclass(frozen=True)
class Coming:
    """The rows that come in after a day, by table, each with the look at which it does."""

    frames: Mapping[str, pd.DataFrame]
    looks: Mapping[str, pd.Series]

    @classmethod
    def of(cls, frames: Mapping[str, pd.DataFrame], days: Sequence[date]) -> Coming:
        """Those known by the day of a look come by it; one of `LATE` comes at the next."""
        later, looks = {}, {}
        for name, rows in frames.items():
            new = rows[rows["known_on"] > pd.Timestamp(days[0])]
            at = pd.Series(pd.to_datetime(list(days)).searchsorted(new["known_on"]).astype(float), index=new.index)
            held_back = (pd.util.hash_pandas_object(new, index=False) % LATE == 0).to_numpy()
            later[name], looks[name] = new, at + (held_back & (at < len(days) - 1).to_numpy())
        return cls(later, looks)

    def by(self, look: int) -> dict[str, pd.DataFrame]:
        """Rows of each table that come by a look and after the one before."""
        return {name: rows[self.looks[name] == look] for name, rows in self.frames.items()}


@dataclass(frozen=True)
class Force:
    """The desks over a history that grows."""

    history: History
    paths: PathDesk
    events: EventDesk
    feedback: FeedbackDesk

    @classmethod
    def opened(cls, trained: Settings, state: Settings) -> Force:
        """With the model of one state folder over the history of another."""
        no_store = cast(FeatureSource, None)  # paths read the history alone
        found = open_paths(Ground.of(state, no_store), lambda name: champion(trained, name))
        if isinstance(found, Absent):
            raise SystemExit(f"no paths model was promoted in {trained.state}; run `pharos demo --simulator` there")
        return cls(History(state.history_dir), found, open_events(state, no_store), feedback_desk(state, policy()))

    def let_in(self, rows: Mapping[str, pd.DataFrame], now: datetime) -> None:
        """Rows of the tables that take events come as events, those of catalogues as a delivery."""
        files = {name: some for name, some in rows.items() if len(some) and name not in event_tables()}
        if files:
            self.history.append_all(files, "delivery")
        sent = [
            {"event_id": f"{name}-{number}", "table": name, "row": _as_sent(row)}
            for name in sorted(rows, key=lambda one: (one != "officers", one))
            if name not in files
            for number, row in zip(rows[name].index, rows[name].to_dict("records"), strict=True)
        ]
        for start in range(0, len(sent), A_CALL):
            request = EventsRequest.model_validate({"events": sent[start : start + A_CALL]})
            answer = self.events.answer(request, f"in-{start}", now)
            if (refused := answer.counts.quarantined + answer.counts.conflict) > 0:
                fault = next(one for one in answer.results if one.status != "accepted")
                raise SystemExit(f"{refused} of {len(request.events)} rows were refused, such as {fault}")

    def asked(self, officers: Sequence[str], now: datetime, last_day: date) -> dict[str, Any]:
        """The answer to each, by officer."""
        found: dict[str, Any] = {}
        for start in range(0, len(officers), A_CALL):
            request = PathsRequest.model_validate({"officer_ids": list(officers[start : start + A_CALL])})
            answer = self.paths.answer(request, f"ask-{last_day}-{start}", now)
            found |= {one.officer_id: one for one in answer.results}
        return found

    def still_open(self, officer: str, path: tuple[str, ...], day: date) -> float | None:
        """The chance of a path today, None where the longest list that the search gives has it not."""
        on = self.paths.paths.on([officer], day)
        found = on.question(officer, None, None)
        if not isinstance(found, AskedPath):
            return None
        end = service_end(None, found.question.state.entered_on, self.paths.policy.paths)
        told = on.tell_all([found.until(end, day).question], LONG_LIST)[0]
        return next((one.chance for one in told.paths if posts_of(one) == path), None)

    def decline(self, officer: str, found: PathsFound, now: datetime) -> None:
        """The officer does not want the path that stands first."""
        given = FeedbackGiven(
            feedback_id=f"no-{officer}-{now.date()}", officer_id=officer, item_kind="path",
            item=found.paths[0].path_id, action="declined", reason="too far", occurred_on=now.date(),
        )  # fmt: skip
        self.feedback.answer(FeedbackRequest(items=[given]), "declining", now)


def judged(trained: Settings, officers: int = OFFICERS) -> Judged:
    """Let the force of a state folder live on from `SINCE` and judge every answer."""
    days = [add_months(SINCE, MONTHS * look) for look in range(LOOKS + 1)]
    before = History(trained.history_dir)
    names = [name for name in before.tables() if name not in NOT_NEEDED]
    frames = {name: before.frame(name).drop(columns="superseded_on") for name in names}
    asked = _asked_about(frames, officers)
    named = {*asked, *frames["postings"].get("supervisor_id", pd.Series(dtype=str)).dropna()}  # a posting refers to one
    frames = {name: rows[rows["officer_id"].isin(named if name == "officers" else asked)] if "officer_id" in rows
              else rows for name, rows in frames.items()}  # fmt: skip
    coming = Coming.of(frames, days)
    with ExitStack() as open_:
        state = trained.model_copy(update={"state": Path(open_.enter_context(TemporaryDirectory())), "today": None})
        force = Force.opened(trained, state)
        reader = Reader(policy().paths, force.still_open)
        known = {name: rows[rows["known_on"] <= pd.Timestamp(SINCE)] for name, rows in frames.items()}
        force.history.append_all({name: rows for name, rows in known.items() if len(rows)}, "before")
        reader.came({name: _rows_of(name, rows) for name, rows in known.items()})
        for look, day in enumerate(days):
            now = datetime.combine(day, time(9))
            if look:
                rows = coming.by(look)
                force.let_in(rows, now)
                reader.came({name: _rows_of(name, some) for name, some in rows.items()})
            for place, (officer, found) in enumerate(force.asked(asked, now, day).items()):
                reader.read(officer, found, day)
                if (place + look) % DECLINES == 0 and isinstance(found, PathsFound) and len(found.paths) > 1:
                    force.decline(officer, found, now)
                    reader.declined(officer, found.paths[0].path_id)
    return Judged(reader.counts, reader.unexplained)


def _asked_about(frames: Mapping[str, pd.DataFrame], most: int) -> list[str]:
    """Officers with a goal who are in service on the first day, spread over all of them."""
    goals, since = frames["career_goals"], pd.Timestamp(SINCE)
    serving = frames["officers"]
    gone = set(serving.loc[serving["left_on"].notna() & (serving["left_on"] < since), "officer_id"].astype(str))
    ids = sorted(set(goals.loc[goals["known_on"] <= since, "officer_id"].astype(str)) - gone)
    return ids[:: max(1, len(ids) // most)][:most]


def _rows_of(table: str, rows: pd.DataFrame) -> list[Row]:
    """What the reader is told."""
    return [Row.of(table, one) for one in rows.to_dict("records")] if table in EVENT_TABLES else []


def _as_sent(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    told = {str(name): value for name, value in row.items() if not pd.isna(value)}
    return {name: str(value.date()) if isinstance(value, pd.Timestamp) else value for name, value in told.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """What was looked at, then every answer that nothing explains."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    found = judged(Settings(state=Path(given[0])), int(given[1]) if len(given) > 1 else OFFICERS)
    console = Console()
    for name, count in sorted(found.counts.items()):
        console.print(f"{name}: {count:,}", highlight=False)
    for line in found.unexplained:
        console.print(line, highlight=False, soft_wrap=True)
    console.print(f"{len(found.unexplained)} answers that nothing explains", highlight=False)
    return 1 if found.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
