"""Posts that the model was not trained on: each is scored as the post most like it is, by what is on record of both.

A post opened after the training has no moves to count and no place in the catalogue, yet its job family, track, level
of unit, rank step and competency standards are on record. Each post of the catalogue scored by its likest instead of by
itself is what this was chosen by: one likest came closer to the model's own score than a mean of several.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data_contracts.asof import last_known
from data_contracts.vocabulary import Bilingual
from models.posts.histories import Array

if TYPE_CHECKING:
    from models.posts.next_post import RankedPost, Ranking  # brings torch
    from models.posts.reasons import Reason

Frames = Mapping[str, pd.DataFrame]
WEIGHTS = {"job_family": 2.0, "track": 1.0, "unit_level": 1.0, "min_rank_step": 1.0}
AKIN = ("job_family", "track")  # a post that shares neither with another is not like it
NEW_POST = "new_post"


@dataclass(frozen=True)
class Newcomers:
    """kin: of each new post the posts of the catalogue that are like it, likest first; waiting: new posts that nothing
    on record likens to any, which cannot be scored; names: of all posts on record."""

    kin: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    names: Mapping[str, Bilingual] = field(default_factory=dict)

    @classmethod
    def of(cls, frames: Frames, known: Collection[str]) -> Newcomers:
        """The posts on record that are not among those `known` to the model; `frames` have the table of posts."""
        rows = last_known(frames["posts"], "post_id").set_index("post_id")
        rows.index = rows.index.astype(str)
        new, old = rows.index.difference(list(known)), rows.index.intersection(list(known)).sort_values()
        likeness = _likeness(rows, frames.get("competency_standards"), (new, old))
        kin = {post: _likest(old, row) for post, row in zip(new, likeness, strict=True)}
        return cls(
            {post: likest for post, likest in kin.items() if likest},
            tuple(post for post, likest in kin.items() if not likest),
            _names(rows),
        )

    def joined(self, ranking: Ranking, present: str | None) -> Ranking:
        """A ranking of the catalogue with the new posts in their places, but for the one held now."""
        if not self.kin:
            return ranking
        ranked = {one.post_id: one for one in ranking.posts}
        likest = {
            post: next(ranked[one] for one in kin if one in ranked)
            for post, kin in self.kin.items()
            if post != present and any(one in ranked for one in kin)
        }
        everybody = [*ranking.posts, *(replace(one, post_id=post) for post, one in likest.items())]
        whole = sum(one.probability for one in everybody) or 1.0
        posts = sorted(everybody, key=lambda one: -one.score)  # stable: a post on record stands before one like it

        def why(post_id: str) -> tuple[Reason, ...]:
            return (self._reason(likest[post_id]),) if post_id in likest else ranking.why(post_id)

        return replace(
            ranking, posts=tuple(replace(one, probability=one.probability / whole) for one in posts), why=why
        )

    def _reason(self, likest: RankedPost) -> Reason:
        from models.posts.reasons import Reason  # brings torch, which paths do without

        name = self.names.get(likest.post_id, Bilingual(likest.post_id, likest.post_id))
        return Reason(
            NEW_POST,
            f"新设岗位，模型训练时尚无此岗位，没有可计的调动；按与其最相近的岗位“{name.zh}”计分",
            f"a new post that the model was not trained on, so no moves to it are counted; scored as the post most "
            f"like it, “{name.en}”",
        )


def _likeness(rows: pd.DataFrame, standards: pd.DataFrame | None, posts: tuple[pd.Index, pd.Index]) -> Array:
    """(new, old) how alike posts are; minus infinity where they share neither job family nor track."""
    new, old = posts
    shares = {name: _shared(rows, name, posts) for name in WEIGHTS if name in rows}
    total = np.zeros((len(new), len(old)))
    for name, share in shares.items():
        total += WEIGHTS[name] * share
    akin = np.zeros(total.shape, bool)
    for name in AKIN:
        akin |= shares.get(name, akin)
    if standards is not None and len(standards):
        total += _standards_shared(standards, posts)
    return np.where(akin, total, -np.inf)


def _shared(rows: pd.DataFrame, name: str, posts: tuple[pd.Index, pd.Index]) -> Array:
    """(new, old) bool; two posts that ask for no rank step are alike in that, of the rest unknown is like nothing."""
    told = rows[name].astype(object).where(rows[name].notna(), "" if name == "min_rank_step" else None)
    new, old = (told.loc[some].to_numpy(object) for some in posts)
    return np.asarray((new[:, None] == old) & pd.notna(new)[:, None], bool)


def _standards_shared(standards: pd.DataFrame, posts: tuple[pd.Index, pd.Index]) -> Array:
    """(new, old) in [0, 1]: the levels two posts both ask for, over those that either does."""
    newest = last_known(standards, "post_id", "competency")
    levels = newest.pivot(index="post_id", columns="competency", values="standard_level").astype("float64").fillna(0.0)
    levels.index = levels.index.astype(str)
    new, old = (levels.reindex(some).fillna(0.0).to_numpy() for some in posts)
    both = np.stack([np.minimum(one, old).sum(1) for one in new])
    either = np.stack([np.maximum(one, old).sum(1) for one in new])
    return np.asarray(np.divide(both, either, out=np.zeros_like(both), where=either > 0))


def _likest(old: pd.Index, likeness: Array) -> tuple[str, ...]:
    order = np.argsort(-likeness, kind="stable")
    return tuple(str(old[at]) for at in order if np.isfinite(likeness[at]))


def _names(rows: pd.DataFrame) -> dict[str, Bilingual]:
    """One without a name in a language has that of the other, one without any is called by its id."""
    columns = [name for name in ("name_zh", "name_en") if name in rows]
    found = {}
    for post, *names in rows[columns].itertuples():
        given = [str(name) for name in names if not pd.isna(name)] or [str(post)]
        found[str(post)] = Bilingual(given[0], given[-1])
    return found
