"""Lines of evidence of talent: which rows count, what each gives, and what a line comes to for each officer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from data_contracts.asof import DAYS_A_MONTH, AsOf, add_months
from data_contracts.catalog import catalog
from data_contracts.talent_pool import TalentLine
from models.peers import Frames, Peers

DAYS_A_YEAR = 365.25
OWN = "own"
TOTALS = ["points", "rows", "first", "last", "mean", "peer_mean", "peers", "circle", "amount"]


@dataclass(frozen=True)
class Day:
    """What lines are read against: the rows as they stood on a day, the day, the peers."""

    frames: Frames
    as_of: AsOf
    peers: Peers

    @classmethod
    def of(cls, frames: Frames, as_of: AsOf, least_peers: int) -> Self:
        """A day with its peers."""
        return cls(frames, as_of, Peers.of(frames, as_of, least_peers))


def line_totals(line: TalentLine, day: Day) -> pd.DataFrame:
    """What a line comes to, a row for each serving officer with evidence, by officer_id; columns `TOTALS`.

    `amount` is what was counted (rows faded by age, or years). Of lines that compare, `mean` is set against
    `peer_mean`: the mean of `peers` others in `circle`, or of `peers` other rows of the officer (`circle` is OWN);
    where there is nothing to compare with, these are null and the points nought.
    """
    rows = counted_rows(line, day)
    by = rows.groupby("officer_id")
    result = pd.DataFrame({"rows": by.size(), "first": by["date"].min(), "last": by["date"].max()})
    result["amount"] = by["weight"].sum()
    result = result.reindex(columns=TOTALS)
    result["circle"] = result["circle"].astype(object)
    if not line.compares:
        result["points"] = (line.points * result["amount"]).clip(upper=line.cap)
        return result
    result["mean"] = by["weighted"].sum() / by["weight"].sum()
    usual = _of_peers(result["mean"], day) if line.how == "above_peers" else _of_own(line, day)
    for name in ("peer_mean", "peers", "circle"):
        result[name] = usual[name].reindex(result.index)
    trust = result["rows"] / (result["rows"] + line.steady_rows)
    points = line.points * (result["mean"] - result["peer_mean"]) * trust
    result["points"] = points.fillna(0.0).clip(-line.cap, line.cap)
    return result


def _of_peers(mean: pd.Series, day: Day) -> pd.DataFrame:
    found = day.peers.compare(mean)
    return pd.DataFrame({"peer_mean": found["mean"], "peers": found["peers"], "circle": found["circle"]})


def _of_own(line: TalentLine, day: Day) -> pd.DataFrame:
    """The mean of the officer's other rows of the table, and how many these are."""
    every = counted_rows(replace(line, where=line.others, job_families=()), day)
    own = counted_rows(line, day)
    sums = every.groupby("officer_id")[["weighted", "weight"]].sum().sub(
        own.groupby("officer_id")[["weighted", "weight"]].sum(), fill_value=0.0
    )  # fmt: skip
    number = every.groupby("officer_id").size().sub(own.groupby("officer_id").size(), fill_value=0)
    others = number > 0
    mean = (sums["weighted"] / sums["weight"])[others]
    return pd.DataFrame({"peer_mean": mean, "peers": number[others], "circle": OWN})


def counted_rows(line: TalentLine, day: Day) -> pd.DataFrame:
    """The rows that count: `officer_id`, `date`, `end` (of a posting), `weight` (faded, or years), `value`, `weighted`.

    Only officers in service on the day; an absent table has no rows.
    """
    rows = _matching(line, day)
    date = rows[line.date]
    end = _end(line, rows, day)
    weight = _faded(date, line, day)
    if line.how == "years":
        weight = np.maximum((end - date).dt.days.to_numpy(float), 0.0) / DAYS_A_YEAR
    value = rows[line.value].astype("float64").to_numpy() if line.value else np.zeros(len(rows))
    result = pd.DataFrame(
        {
            "officer_id": rows["officer_id"].astype(object).to_numpy(),
            "date": date.to_numpy(),
            "end": end.to_numpy(),
            "weight": weight,
            "value": value,
        }
    )
    result = result[result["value"].notna()].assign(weighted=lambda found: found["weight"] * found["value"])
    return result.sort_values(["officer_id", "date"], kind="stable", ignore_index=True)


def _matching(line: TalentLine, day: Day) -> pd.DataFrame:
    rows = day.frames.get(line.table)
    if rows is None:
        columns = catalog().table(line.table).columns
        rows = pd.DataFrame({one.name: pd.Series(dtype=one.dtype) for one in columns})
    there = rows["officer_id"].isin(day.peers.places.index) & (rows[line.date] < day.as_of.timestamp)
    if line.months is not None:
        there &= rows[line.date] >= pd.Timestamp(add_months(day.as_of.day, -line.months))
    for name, values in line.where.items():
        there &= _column(rows, line.table, name, day.frames).isin(values)
    if line.job_families:
        there &= _family_then(rows, line.date, day.frames).isin(line.job_families)
    return rows[there.fillna(False).to_numpy(bool)]


def _column(rows: pd.DataFrame, table: str, name: str, frames: Frames) -> pd.Series:
    """A column, or `table.column` of the table that a reference points to; nothing where that table is absent."""
    owner, _, column = name.rpartition(".")
    if not owner:
        return rows[column]
    contract = catalog().table(table)
    reference = next(own for own, target in contract.references.items() if target == owner)
    if owner not in frames:
        return pd.Series(None, index=rows.index, dtype=object)
    key = catalog().table(owner).key[0]
    return rows[reference].map(frames[owner].drop_duplicates(key, keep="last").set_index(key)[column])


def _family_then(rows: pd.DataFrame, date: str, frames: Frames) -> pd.Series:
    """The job family of the post that each row's officer held at its date."""
    held = frames["postings"][["officer_id", "started_on"]].assign(
        family=_column(frames["postings"], "postings", "posts.job_family", frames)
    )
    asked = rows[["officer_id", date]].assign(place=np.arange(len(rows))).sort_values(date, kind="stable")
    asked = asked.rename(columns={date: "asked_on"})
    found = pd.merge_asof(
        asked, held.sort_values("started_on"), left_on="asked_on", right_on="started_on", by="officer_id"
    )
    return pd.Series(found.sort_values("place")["family"].to_numpy(), index=rows.index)


def _end(line: TalentLine, rows: pd.DataFrame, day: Day) -> pd.Series:
    """The end of what lasts, the day itself at the latest; null for what happens on one day."""
    ends = catalog().table(line.table).ends if line.how == "years" else ()
    if not ends:
        return pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    now = day.as_of.timestamp
    return rows[ends[0]].where(rows[ends[0]] < now, now)


def _faded(date: pd.Series, line: TalentLine, day: Day) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if line.half_life_months is None:
        return np.ones(len(date))
    months = (day.as_of.timestamp - date).dt.days.to_numpy(float) / DAYS_A_MONTH
    return np.asarray(0.5 ** (months / line.half_life_months), dtype=np.float64)


def field_totals(lines: tuple[TalentLine, ...], day: Day) -> Mapping[str, pd.DataFrame]:
    """`line_totals` by the code of the line."""
    return {line.code: line_totals(line, day) for line in lines}
