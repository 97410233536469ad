"""`POST /v1/next_posts` without the web: officers in, ranked posts with reasons out.

An officer without any known posting gets the posts that peers move to, and the answer says so (`cold_start`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import pandas as pd

from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual
from serving.freshness import UNKNOWN, AgeLimits, FeatureSource, read_fresh
from serving.manifest import ModelIdentity
from serving.schemas import (
    Because,
    BlockedBy,
    ModelName,
    NextPostsAnswer,
    NextPostsRequest,
    NotScored,
    PostsRanked,
    PostSuggestion,
    Text,
)
from serving.warn import reasons_of

NO_POSTS = Because(code="no_posts", zh="没有可建议的岗位", en="there is no post to suggest")


class PostRanker(Protocol):
    """What ranks posts for a frame of officers (`officer_id`, `as_of` and the features of its service).

    The answer has at most `top` rows for each officer, best first, with the columns `officer_id`, `post_id`, `score`,
    `reasons` (JSON as in the night's results) and, where rules stand against it, `blocked_by` (JSON). Null features
    mean an officer without a known posting.
    """

    def __call__(self, frame: pd.DataFrame, top: int) -> pd.DataFrame:
        """Ranked posts."""
        ...

    @property
    def names(self) -> Mapping[str, Bilingual]:
        """Names of posts, where they are known."""
        ...


@dataclass(frozen=True)
class CareerDesk:
    """Everything that `/v1/next_posts` needs, fixed at start."""

    model: ModelIdentity
    ranker: PostRanker
    source: FeatureSource
    policy: Policy

    def answer(self, request: NextPostsRequest, request_id: str, now: datetime) -> NextPostsAnswer:
        """One result for each officer, in order."""
        limits = AgeLimits.of(self.policy)
        fresh = read_fresh(
            self.source, request.officer_ids, self.model.service, asked=request.as_of, now=now, limits=limits
        )
        results: dict[str, PostsRanked | NotScored] = {
            name: NotScored(officer_id=name, because=why) for name, why in fresh.refused.items() if why != UNKNOWN
        }
        results |= self._ranked(fresh.frame, request.top, cold_start=False)
        results |= self._ranked(fresh.unknown, request.top, cold_start=True)
        return NextPostsAnswer(
            request_id=request_id,
            model=ModelName(name=self.model.name, version=self.model.version, features=self.model.service),
            as_of=fresh.read_as_of,
            feature_age_hours=fresh.age_hours,
            degraded=fresh.degraded,
            results=[results[officer_id] for officer_id in request.officer_ids],
        )

    def _ranked(self, frame: pd.DataFrame, top: int, *, cold_start: bool) -> dict[str, PostsRanked | NotScored]:
        if frame.empty:
            return {}
        posts: dict[str, list[PostSuggestion]] = {str(officer_id): [] for officer_id in frame["officer_id"]}
        for record in self.ranker(frame, top).to_dict("records"):
            row = {str(name): value for name, value in record.items()}
            posts[str(row["officer_id"])].append(self._suggestion(row))
        return {
            officer_id: PostsRanked(officer_id=officer_id, cold_start=cold_start, posts=ranked[:top])
            if ranked
            else NotScored(officer_id=officer_id, because=NO_POSTS)
            for officer_id, ranked in posts.items()
        }

    def _suggestion(self, row: Mapping[str, Any]) -> PostSuggestion:
        post_id = str(row["post_id"])
        name = self.ranker.names.get(post_id, Bilingual(post_id, post_id))
        blocked = row.get("blocked_by")
        return PostSuggestion(
            post_id=post_id,
            name=Text(zh=name.zh, en=name.en),
            score=float(row["score"]),
            reasons=reasons_of(row["reasons"]),
            blocked_by=[BlockedBy.model_validate(rule) for rule in json.loads(blocked)] if blocked else [],
        )
