"""From accepted tables to moves: what trains at a cut, and the items of a test window, as `protocols.md` says.

Training sees only postings that had started and were known by train-until, in the version then valid. The history
of a test item holds what had started and was known before the day of the move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd

from data_contracts.errors import InvalidInput, MissingTable
from features.sequences import posting_sequences
from models.posts.histories import PADDING, Array, Catalogue, Histories, Moves, words_of
from training.posts.background_data import background_data, course_codes

Frames = Mapping[str, pd.DataFrame]
ATTRIBUTES = ("name_zh", "name_en", "job_family", "track", "unit_level")
MAX_WIDTH = 64
SHORT = 2
POLICE_RANK = "police_rank"


@dataclass(frozen=True)
class TrainingData:
    """Everything a next-post model may learn from at a cut.

    `counted` and `counted_posts` also have the moves and posts that started by the cut and became known later, as the
    counts published with the data do; nothing learns from those.
    """

    catalogue: Catalogue
    ranks: Mapping[str, int]
    moves: Moves
    counted: int
    counted_posts: int
    courses: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Coded:
    """What stands for posts, rank steps and courses in arrays."""

    catalogue: Catalogue
    ranks: Mapping[str, int]
    courses: Mapping[str, int]


@dataclass(frozen=True)
class WindowItems:
    """Moves of the test window; targets outside the catalogue are `catalogue.size`, a miss for whoever ranks.

    `officer_ids` (n,) say whose each move is.
    """

    moves: Moves
    short_history: Array
    cold: Array
    officer_ids: Array

    def strata(self) -> dict[str, Array]:
        """Rows of each stratum by name."""
        every = np.ones(len(self.moves), bool)
        return {"all": every, "novel": self.moves.novel, "short_history": self.short_history, "cold": self.cold}


def training_data(frames: Frames, until: date) -> TrainingData:
    """Moves started and known by `until`; raises InvalidInput when there is none."""
    postings, day = _postings(frames), pd.Timestamp(until)
    steps = posting_sequences(known_by(postings, until))
    counted = posting_sequences(postings)
    counted = counted[counted["started_on"] <= day]
    if not (steps["position"] > 0).any():
        raise InvalidInput(f"no move is known by {until}; next posts need officers with at least two postings by then")
    catalogue = catalogue_at(frames, steps, until)
    ranks = _rank_codes(frames, steps, until)
    wanted = (steps["position"] > 0).to_numpy()
    always = np.full(len(steps), np.iinfo(np.int64).min)  # all is known by now, steps of the same day too
    coded = Coded(catalogue, ranks, course_codes(frames, until))
    moves = _moves(frames, steps, wanted, always, coded)
    moved = int((counted["position"] > 0).sum())
    return TrainingData(catalogue, ranks, moves, moved, counted["post_id"].nunique(), coded.courses)


def window_items(frames: Frames, after: date, until: date, data: TrainingData) -> WindowItems:
    """Every move that starts in (after, until]; raises InvalidInput when there is none."""
    steps = posting_sequences(_postings(frames))
    started = steps["started_on"]
    within = ((started > pd.Timestamp(after)) & (started <= pd.Timestamp(until))).to_numpy()
    wanted = within & (steps["position"] > 0).to_numpy()
    if not wanted.any():
        raise InvalidInput(f"no move starts after {after} and by {until}; choose a test window that has data")
    usable = np.maximum(_days(steps["known_on"]), _days(started))
    moves = _moves(frames, steps, wanted, usable, Coded(data.catalogue, data.ranks, data.courses))
    seen = set(steps.loc[started <= pd.Timestamp(after), "post_id"])
    cold = ~steps.loc[wanted, "post_id"].isin(seen).to_numpy()
    ids = steps.loc[wanted, "officer_id"].astype(str).to_numpy(object)
    return WindowItems(moves, (steps.loc[wanted, "position"] <= SHORT).to_numpy(), cold, ids)


def known_by(rows: pd.DataFrame, until: date) -> pd.DataFrame:
    """Postings that had started by `until` and were known by then, in the version valid then."""
    day = pd.Timestamp(until)
    kept = rows[(rows["started_on"] <= day) & (rows["known_on"] <= day)]
    if "superseded_on" in kept:
        kept = kept[kept["superseded_on"].isna() | (kept["superseded_on"] > day)].drop(columns="superseded_on")
    return kept


def catalogue_at(frames: Frames, steps: pd.DataFrame, until: date) -> Catalogue:
    """Posts held by `until`, and posts whose attributes were known by then though nobody held them."""
    table = frames.get("posts")
    held = set(steps["post_id"])
    words: dict[str, tuple[str, ...]] = {post: words_of(post) for post in held}
    families: dict[str, str] = {}
    if table is not None:
        known = table[table["known_on"] <= pd.Timestamp(until)].drop_duplicates("post_id", keep="last")
        columns = [column for column in ATTRIBUTES if column in known]
        for post, *texts in known[["post_id", *columns]].itertuples(index=False):
            given = [text for text in texts if isinstance(text, str)]
            if given:
                words[post] = words_of(*given)
        if "job_family" in known:
            named = known.dropna(subset=["job_family"])
            families = dict(zip(named["post_id"].astype(str), named["job_family"].astype(str), strict=True))
    posts = tuple(sorted(words))
    return Catalogue(posts, tuple(words[post] for post in posts), tuple(families.get(post) for post in posts))


def _postings(frames: Frames) -> pd.DataFrame:
    if "postings" not in frames or frames["postings"].empty:
        raise MissingTable("next posts need the table postings, and it is absent or empty; ingest it first")
    return frames["postings"]


def _days(dates: pd.Series) -> Array:
    return dates.to_numpy("datetime64[D]").astype(np.int64)


def _moves(frames: Frames, steps: pd.DataFrame, wanted: Array, known: Array, coded: Coded) -> Moves:
    """Arrays for the wanted steps; `known` (steps,) is the day after which each step counts as history."""
    rows, catalogue = np.flatnonzero(wanted), coded.catalogue
    started = _days(steps["started_on"])
    position = steps["position"].to_numpy(np.int64)
    post = steps["post_id"].map(catalogue.codes).fillna(catalogue.size).to_numpy(np.int64)
    at, valid = _earlier(rows, position, started, known)
    moved = steps.iloc[rows]
    identity = pd.factorize(steps["post_id"])[0]
    last = np.where(valid[:, 0], at[:, 0], -1)
    rank, rank_days = _ranks(frames, moved, steps, last, coded.ranks)
    units = steps["unit_id"].astype(object).where(steps["unit_id"].notna(), None).to_numpy(object)
    asked = moved[["officer_id", "started_on"]].assign(
        unit_id=pd.Series(units[last], moved.index).where(last >= 0, None)
    )
    histories = Histories(
        posts=np.where(valid, post[at], PADDING).astype(np.int32),
        days=np.where(valid, started[rows, None] - started[at], 0).astype(np.float32),
        rank=rank,
        rank_days=rank_days,
        tenure_days=_tenure(frames, moved),
        day=started[rows].astype(np.int32),
        background=background_data(frames, asked, steps, coded.courses, catalogue),
    )
    officers = pd.factorize(moved["officer_id"])[0].astype(np.int64)
    return Moves(histories, post[rows].astype(np.int64), _novel(rows, position, identity), officers)


def _earlier(rows: Array, position: Array, started: Array, known: Array) -> tuple[Array, Array]:
    """(n, width) indices of the earlier steps that count, newest first, and which places are filled."""
    width = int(min(MAX_WIDTH, max(2, position[rows].max())))
    back = np.arange(1, width + 1)
    at = np.maximum(rows[:, None] - back, 0)
    valid = (back <= position[rows, None]) & (known[at] < started[rows, None])
    order = np.argsort(~valid, axis=1, kind="stable")
    return np.take_along_axis(at, order, 1), np.take_along_axis(valid, order, 1)


def _novel(rows: Array, position: Array, identity: Array) -> Array:
    """Whether the officer had never held the post before, whatever was known of it."""
    held = np.zeros(len(rows), bool)
    for back in range(1, int(position[rows].max()) + 1):
        reaches = position[rows] >= back
        held |= reaches & (identity[np.maximum(rows - back, 0)] == identity[rows])
    return ~held


def _tenure(frames: Frames, moved: pd.DataFrame) -> Array:
    """Days since joining, NaN where unknown or later than the move."""
    officers = frames.get("officers")
    if officers is None or "entered_on" not in officers:
        return np.full(len(moved), np.nan, np.float32)
    entered = officers.drop_duplicates("officer_id", keep="last").set_index("officer_id")["entered_on"]
    days = (moved["started_on"] - moved["officer_id"].map(entered)).dt.days
    return days.where(days >= 0).to_numpy(np.float32, na_value=np.nan)


def rank_changes(frames: Frames) -> pd.DataFrame | None:
    """Changes of rank by the day each was known: officer_id, rank_step, day, in order; None without promotions.

    Police ranks are left out where there is another ladder.
    """
    table = frames.get("promotions")
    if table is None or table.empty:
        return None
    ladder = table["ladder"] != POLICE_RANK
    rows = (table[ladder] if ladder.any() else table).assign(day=lambda f: f[["occurred_on", "known_on"]].max(axis=1))
    rows = rows.sort_values(["officer_id", "day", "rank_step"], kind="stable")
    before = rows.groupby("officer_id", sort=False)["rank_step"].shift()
    changed = before.isna() | (rows["rank_step"] != before).fillna(True)
    return rows.loc[changed, ["officer_id", "rank_step", "day"]]


def _rank_codes(frames: Frames, steps: pd.DataFrame, until: date) -> dict[str, int]:
    """A number from 1 for each rank step known by `until`."""
    promotions = rank_changes(frames)
    if promotions is not None:
        known = promotions.loc[promotions["day"] <= pd.Timestamp(until), "rank_step"]
    else:
        known = steps["rank_step"]
    return {rank: code for code, rank in enumerate(sorted(known.dropna().unique()), start=1)}


def _ranks(
    frames: Frames, moved: pd.DataFrame, steps: pd.DataFrame, last: Array, codes: Mapping[str, int]
) -> tuple[Array, Array]:
    """Rank code (0 unknown) and days since it was reached, as known before each move."""
    promotions = rank_changes(frames)
    if promotions is None:
        rank = steps["rank_step"].map(codes).fillna(0).to_numpy(np.int32)
        return np.where(last >= 0, rank[last], 0).astype(np.int32), np.full(len(moved), np.nan, np.float32)
    asked = moved[["officer_id", "started_on"]].assign(row=np.arange(len(moved)))
    asked["started_on"] = asked["started_on"].astype("datetime64[us]")
    rows = promotions.assign(day=promotions["day"].astype("datetime64[us]")).sort_values("day", kind="stable")
    joined = pd.merge_asof(
        asked.sort_values("started_on", kind="stable"), rows, left_on="started_on", right_on="day", by="officer_id",
        allow_exact_matches=False,
    ).sort_values("row")  # fmt: skip
    days = (joined["started_on"] - joined["day"]).dt.days
    code = joined["rank_step"].map(codes).fillna(0)
    return code.to_numpy(np.int32), days.to_numpy(np.float32, na_value=np.nan)


def day_before(day: date) -> date:
    """The last day before `day`: a model trained as of a day learns from what was known before it."""
    return day - timedelta(days=1)
