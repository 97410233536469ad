"""From accepted tables to paths: states at a cut, and the goals that officers reached after it, as `protocols.md` says.

A path is made of posts, or of rank steps taken as if they were posts: `careers_of` turns either into postings, and
everything behind it is the same for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from data_contracts.asof import DAYS_A_MONTH
from data_contracts.errors import InvalidInput, MissingTable
from features.sequences import posting_sequences
from models.paths.finding import Goals, Path
from models.posts.histories import EPOCH, PADDING, Array, Catalogue, Histories
from training.posts.data import MAX_WIDTH, POLICE_RANK, Frames, known_by, rank_changes

KINDS = ("post", "rank_step")
KEPT = ("officer_id", "started_on", "known_on", "superseded_on")
CONTEXT = ("officers", "promotions", "posts")


@dataclass(frozen=True)
class States:
    """Officers who had not left by a day, and what was known of each: officers (n,) ids, histories of n rows."""

    officers: Array
    histories: Histories

    def __len__(self) -> int:
        return len(self.officers)


@dataclass(frozen=True)
class PathCases:
    """Goals reached in a window: state (n,) the row of `states` that each starts from, and what really happened.

    goals (n,) catalogue numbers, `catalogue.size` for a goal outside it; paths: the posts from the start to the goal,
    the goal last; months (n,) from the start of the window to the arrival.
    """

    states: States
    state: Array
    goals: Array
    paths: tuple[Path, ...]
    months: Array

    def __len__(self) -> int:
        return len(self.goals)

    @property
    def officers(self) -> list[str]:
        """The officer of each case; one who reached two posts has two cases."""
        return [str(one) for one in self.states.officers[self.state]]

    def asked(self, horizon_months: float) -> Goals:
        """The cases as questions: who stands where, wants what, by when."""
        return Goals(self.states.histories.take(self.state), self.goals, horizon_months)


def careers_of(frames: Frames, kind: str) -> dict[str, pd.DataFrame]:
    """The tables that paths of a kind are learned from; of rank steps, the ladders of work before the police rank.

    Raises InvalidInput for an unknown kind and MissingTable where the table of the kind is absent or empty.
    """
    if kind not in KINDS:
        raise InvalidInput(f"paths lead to a {' or a '.join(KINDS)}, not to {kind!r}; choose one of them")
    table = "postings" if kind == "post" else "promotions"
    if table not in frames or frames[table].empty:
        raise MissingTable(f"paths to a {kind} need the table {table}, and it is absent or empty; ingest it first")
    if kind == "post":
        return {name: frames[name] for name in ("postings", *CONTEXT) if name in frames}
    rows = frames["promotions"]
    ladder = rows["ladder"] != POLICE_RANK
    rows = (rows[ladder] if ladder.any() else rows).rename(columns={"occurred_on": "started_on"})
    steps = rows.reindex(columns=list(KEPT)).assign(post_id=rows["rank_step"], unit_id=rows["rank_step"])
    steps["rank_step"] = pd.Series(pd.NA, index=steps.index, dtype="string")
    steps = steps[steps["post_id"].notna()]
    return {"postings": steps} | ({"officers": frames["officers"]} if "officers" in frames else {})


def states_at(frames: Frames, day: date, catalogue: Catalogue, ranks: Mapping[str, int]) -> States:
    """Everybody with a known posting who had not left by `day`, as known on it."""
    steps = posting_sequences(known_by(frames["postings"], day))
    last = ~steps["officer_id"].duplicated(keep="last") & ~steps["officer_id"].isin(_gone(frames, day))
    rows = np.flatnonzero(last.to_numpy())
    days = np.full(len(rows), (day - EPOCH).days)
    officers = steps["officer_id"].to_numpy(object)[rows]
    return States(officers, histories_on(frames, steps, (rows, days), (catalogue, ranks)))


def histories_on(
    frames: Frames, steps: pd.DataFrame, asked: tuple[Array, Array], known: tuple[Catalogue, Mapping[str, int]]
) -> Histories:
    """What is read of the officers whose present step is `rows` on `days`, both (n,) in `asked`; rows may repeat.

    `steps` is in the order of `posting_sequences`; days count from 1970.
    """
    (rows, days), (catalogue, ranks) = asked, known
    post = steps["post_id"].map(catalogue.codes).fillna(catalogue.size).to_numpy(np.int64)
    started = steps["started_on"].to_numpy("datetime64[D]").astype(np.int64)
    position = steps["position"].to_numpy(np.int64)
    back = np.arange(int(min(MAX_WIDTH, max(2, position[rows].max(initial=0) + 1))))
    at, valid = np.maximum(rows[:, None] - back, 0), back <= position[rows, None]
    asked_rows = steps.iloc[rows][["officer_id", "rank_step"]].assign(day=days.astype("datetime64[D]"))
    asked_rows["day"] = asked_rows["day"].astype("datetime64[us]")
    rank, rank_days = _rank_on(frames, asked_rows, ranks)
    return Histories(
        posts=np.where(valid, post[at], PADDING).astype(np.int32),
        days=np.where(valid, days[:, None] - started[at], 0).astype(np.float32),
        rank=rank,
        rank_days=rank_days,
        tenure_days=_tenure_on(frames, asked_rows),
        day=days.astype(np.int32),
    )


def path_cases(frames: Frames, states: States, catalogue: Catalogue, after: date, until: date) -> PathCases:
    """Every first arrival in (after, until] at a post that the officer did not stand at; InvalidInput without any.

    What happened is read as the data set knows it at its end; where an officer stood, as it was known on `after`.
    """
    steps = posting_sequences(frames["postings"])
    started = steps["started_on"]
    steps = steps[(started > pd.Timestamp(after)) & (started <= pd.Timestamp(until))]
    row = {officer: number for number, officer in enumerate(states.officers)}
    found = [
        (row[str(officer)], *arrival)
        for officer, mine in steps.groupby("officer_id", sort=False)
        if officer in row
        for arrival in _arrivals(mine, int(states.histories.posts[row[str(officer)], 0]), catalogue)
    ]
    if not found:
        raise InvalidInput(f"nobody reached a goal after {after} and by {until}; choose a test window that has data")
    state, goals, paths, arrived = zip(*found, strict=True)
    first = (after - EPOCH).days
    months = (np.array(arrived) - first) / DAYS_A_MONTH
    return PathCases(states, np.array(state), np.array(goals), tuple(paths), months)


def _arrivals(steps: pd.DataFrame, start: int, catalogue: Catalogue) -> Iterator[tuple[int, Path, int]]:
    """(goal, path, day) of each post reached for the first time; unknown posts are all the number `catalogue.size`."""
    path: list[int] = []
    names: set[str] = set()
    days = steps["started_on"].to_numpy("datetime64[D]").astype(np.int64)
    for name, day in zip(steps["post_id"], days.tolist(), strict=True):
        code = catalogue.code(name)
        if not path and code == start:
            continue
        path.append(code)
        if code != start and name not in names:
            yield code, tuple(path), day
        names.add(name)


def _gone(frames: Frames, day: date) -> Array:
    """Who had left by `day`, as far as the data tell."""
    officers = frames.get("officers")
    if officers is None or "left_on" not in officers:
        return np.zeros(0, object)
    return np.asarray(officers.loc[officers["left_on"] <= pd.Timestamp(day), "officer_id"].unique(), object)


def _tenure_on(frames: Frames, asked: pd.DataFrame) -> Array:
    """(n,) days since joining, NaN where unknown."""
    officers = frames.get("officers")
    if officers is None or "entered_on" not in officers:
        return np.full(len(asked), np.nan, np.float32)
    entered = officers.drop_duplicates("officer_id", keep="last").set_index("officer_id")["entered_on"]
    days = (asked["day"] - asked["officer_id"].map(entered)).dt.days
    return days.where(days >= 0).to_numpy(np.float32, na_value=np.nan)


def _rank_on(frames: Frames, asked: pd.DataFrame, ranks: Mapping[str, int]) -> tuple[Array, Array]:
    """(n,) rank codes, 0 unknown, and (n,) days since each was reached, NaN unknown, as known on the day asked."""
    changes = rank_changes(frames)
    if changes is None:
        codes = asked["rank_step"].map(ranks).fillna(0).to_numpy(np.int32)
        return codes, np.full(len(asked), np.nan, np.float32)
    rows = asked[["officer_id", "day"]].assign(row=np.arange(len(asked))).sort_values("day", kind="stable")
    found = changes.assign(since=changes["day"].astype("datetime64[us]"))
    found = found.assign(day=found["since"]).sort_values("day", kind="stable")
    joined = pd.merge_asof(rows, found, on="day", by="officer_id").sort_values("row")
    days = (joined["day"] - joined["since"]).dt.days
    found_ranks = joined["rank_step"].map(ranks).fillna(0)
    return found_ranks.to_numpy(np.int32), days.to_numpy(np.float32, na_value=np.nan)
