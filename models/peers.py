"""Whom an officer is compared with: officers in the same post on the same day, or a wider circle where they are few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from data_contracts.asof import AsOf
from data_contracts.vocabulary import Bilingual
from models.holding import held_postings

Frames = Mapping[str, pd.DataFrame]
CIRCLES = ("post", "job_family", "track", "force")
CIRCLE_WORDS = {
    "post": Bilingual("同岗位", "in the same post"),
    "job_family": Bilingual("同职位类别", "in the same job family"),
    "track": Bilingual("同序列", "on the same track"),
    "force": Bilingual("全体民警", "in the force"),
}
COMPARED = ["value", "median", "mean", "percentile", "peers", "circle"]


def serving(frames: Frames, as_of: AsOf) -> pd.DataFrame:
    """The officers in service on a day with their present posting, indexed by `officer_id`.

    `frames` hold the rows of contract tables as they stood on the day. Columns: `post`, `job_family`, `track` (null
    where no table says), `force`, `unit_id`, `started_on`, `entered_on`. Without a posts table a post is a unit.
    """
    day, rows = as_of.timestamp, held_postings(frames["postings"], as_of.day)
    if "officers" in frames:
        left = frames["officers"].set_index("officer_id")["left_on"]
        rows = rows[~(rows["officer_id"].map(left) <= day).to_numpy(bool)]
    found = rows.set_index(rows["officer_id"].astype(object))
    return pd.DataFrame(
        {
            "post": _text(found["post_id"].fillna(found["unit_id"])),
            "job_family": _looked_up(found["post_id"], frames, "job_family"),
            "track": _looked_up(found["post_id"], frames, "track"),
            "force": "force",
            "unit_id": _text(found["unit_id"]),
            "started_on": found["started_on"],
            "entered_on": _entered(found.index, frames),
        },
        index=found.index,
    ).sort_index()


@dataclass(frozen=True)
class Peers:
    """The serving officers of a day (see `serving`), and how many others make a circle of peers."""

    places: pd.DataFrame
    least: int

    @classmethod
    def of(cls, frames: Frames, as_of: AsOf, least: int) -> Self:
        """The peers of a day."""
        return cls(serving(frames, as_of), least)

    def compare(self, values: pd.Series, circles: tuple[str, ...] = CIRCLES) -> pd.DataFrame:
        """Each serving officer's value beside that of the others in the narrowest circle with at least `least` others.

        `values` are by officer_id, null where unknown. Rows: the officers with a value; columns `COMPARED`. `median`
        and `mean` are those of the others; `percentile` (0 to 100) is the share of the others who lie below,
        equals not among them. Without a circle all but the value are null and `peers` is 0.

        >>> places = pd.DataFrame({"post": ["p"] * 3, "job_family": ["f"] * 3, "track": ["t"] * 3, "force": ["x"] * 3},
        ...                       index=["a", "b", "c"])
        >>> found = Peers(places, 2).compare(pd.Series({"a": 1.0, "b": 2.0, "c": 4.0}))
        >>> found["median"].tolist(), found["percentile"].tolist(), found["circle"].tolist()
        ([3.0, 2.5, 1.5], [0.0, 50.0, 100.0], ['post', 'post', 'post'])
        """
        own = values.reindex(self.places.index).astype("float64").dropna()
        result = pd.DataFrame({"value": own}).reindex(columns=COMPARED)
        result["circle"], result["peers"] = pd.Series(None, index=own.index, dtype=object), 0
        for circle in reversed(circles):
            self._fill(result, own, self.places.loc[own.index, circle], circle)
        return result

    def _fill(self, result: pd.DataFrame, own: pd.Series, group: pd.Series, circle: str) -> None:
        """Overwrite where this circle, narrower than those before, is large enough."""
        by = own.groupby(group)
        others = by.transform("size").fillna(0.0) - 1.0
        wide = (group.notna() & (others >= self.least)).to_numpy(bool)
        some = np.maximum(others, 1.0)
        found = {
            "median": by.transform(medians_of_others),
            "mean": (by.transform("sum") - own) / some,
            "percentile": 100.0 * (by.rank(method="min") - 1.0) / some,
            "peers": others,
        }
        for name, column in found.items():
            result.loc[wide, name] = column[wide].astype(result[name].dtype)
        result.loc[wide, "circle"] = circle


def medians_of_others(values: pd.Series) -> pd.Series:
    """For each value the median of all the others; null for a single one.

    >>> medians_of_others(pd.Series([3.0, 1.0, 2.0])).tolist()
    [1.5, 2.5, 2.0]
    """
    order = np.argsort(values.to_numpy(float), kind="stable")
    ordered, place = values.to_numpy(float)[order], np.empty(len(values), dtype=np.int64)
    place[order] = np.arange(len(values))
    others = len(values) - 1
    if not others:
        return pd.Series(np.nan, index=values.index)
    middle = [at + (place <= at) for at in ((others - 1) // 2, others // 2)]  # skipping the value itself
    return pd.Series((ordered[middle[0]] + ordered[middle[1]]) / 2.0, index=values.index)


def _looked_up(posts: pd.Series, frames: Frames, column: str) -> pd.Series:
    if "posts" not in frames:
        return pd.Series(None, index=posts.index, dtype=object)
    known = frames["posts"].drop_duplicates("post_id", keep="last").set_index("post_id")[column]
    return _text(posts.map(known))


def _entered(officers: pd.Index, frames: Frames) -> pd.Series:
    """The day of joining; the first posting where no table says."""
    first = frames["postings"].groupby("officer_id")["started_on"].min().reindex(officers)
    if "officers" not in frames:
        return pd.Series(first.to_numpy(), index=officers)
    known = frames["officers"].drop_duplicates("officer_id", keep="last").set_index("officer_id")["entered_on"]
    return pd.Series(known.reindex(officers).fillna(first).to_numpy(), index=officers)


def _text(values: pd.Series) -> pd.Series:
    plain = values.astype(object)
    return plain.where(plain.notna(), None)
