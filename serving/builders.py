"""From verified parts to models that answer: the one place where serving knows which classes stand behind a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from data_contracts.policy import Policy, policy
from data_contracts.vocabulary import Bilingual
from serving.loading import Builders, GradedScorer, Loaded
from serving.night.manifest import ModelIdentity
from serving.posts.career_records import CareerRecord
from serving.posts.recommend import Advised, Asked

if TYPE_CHECKING:
    from models.base import Numbers
    from models.courses.next_course import NextCourseModel
    from models.posts.histories import CareerState
    from models.posts.next_post import NextPostModel
    from models.risk.model import RiskBundle
    from models.units.model import UnitRule
    from serving.posts.advice import Ranks


def builders() -> Builders:
    """The models of this version; they are imported only when one is built (torch and LightGBM take seconds)."""
    return Builders(risk=_risk, careers=_careers, courses=_courses)


def _risk(loaded: Loaded) -> GradedScorer:
    from models.risk.model import RiskBundle
    from models.risk.what_if import what_if

    bundle = RiskBundle.from_parts(loaded.parts)
    best = {(one.outcome, one.horizon_months): one.commend_below for one in bundle.outcome_models}

    def think(frame: pd.DataFrame) -> pd.DataFrame:
        return what_if(bundle.outcome_models, frame, bundle.means, policy().what_if)

    return GradedScorer(BundleScorer(bundle, (loaded.identity,)), bundle.cuts, best, think)


@dataclass(frozen=True)
class BundleScorer:
    """A risk bundle with the name it is registered under; requests and the night score with the same object."""

    bundle: RiskBundle
    models: tuple[ModelIdentity, ...]

    @property
    def answers(self) -> tuple[tuple[str, int], ...]:
        """The outcomes answered, each with its months ahead."""
        return self.bundle.answers

    @property
    def unit_rules(self) -> Mapping[tuple[str, int], UnitRule]:
        """What training learned of units."""
        return self.bundle.unit_rules

    def chances(self, frame: pd.DataFrame) -> Mapping[tuple[str, int], Numbers]:
        """Chances without reasons; what movement between days is told from."""
        return self.bundle.chances(frame)

    def __call__(self, chunk: pd.DataFrame) -> pd.DataFrame:
        """Results of one chunk."""
        return self.bundle.score(chunk)


def _courses(loaded: Loaded) -> NextCourseModel:
    from models.courses.next_course import NextCourseModel

    return NextCourseModel.from_parts(loaded.parts)


def _careers(loaded: Loaded) -> CareerRanker:
    from models.posts.next_post import NextPostModel
    from serving.posts.advice import Ranks

    names = {post: Bilingual(*words) for post, words in loaded.metadata.get("post_names", {}).items()}
    return CareerRanker(Ranks(_counted_on(NextPostModel.from_parts(loaded.parts), loaded.identity)), names)


def _counted_on(model: NextPostModel, identity: ModelIdentity) -> NextPostModel:
    """The model with the last day of its counts; versions that did not keep it counted up to the day they learned."""
    within = model.within
    if within is None or within.day is not None:
        return model
    return replace(model, within=replace(within, day=identity.counted_until))


@dataclass(frozen=True)
class CareerRanker:
    """The next-post model on rows of `career_v1`; `names` maps a post to its names, where they are known."""

    ranks: Ranks
    names: Mapping[str, Bilingual]

    def __call__(
        self, frame: pd.DataFrame, asked: Asked, record: CareerRecord | None, policy: Policy
    ) -> Sequence[Advised]:
        """Posts for each officer in order: the whole catalogue is ranked, then rules, vacancies and fit are heard."""
        from serving.posts.advice import advise

        states = {str(row["officer_id"]): career_state(row) for row in frame.to_dict("records")}
        return advise(self.ranks, states, asked, record, policy)


def career_state(row: Mapping[Any, Any]) -> CareerState:
    """A row of `career_v1` as the model reads it; a row without any posting is an officer just entered."""
    from models.posts.histories import CareerState

    as_of = pd.Timestamp(row["as_of"]).date()
    rank = row.get("rank_code")
    return CareerState(
        posts=_texts(row.get("recent_posts")),
        started_on=[date.fromisoformat(text) for text in _texts(row.get("recent_started"))],
        rank=None if pd.isna(rank) else str(rank),
        entered_on=_days_before(as_of, row.get("tenure_days")),
        as_of=as_of,
        rank_since=_days_before(as_of, row.get("days_in_rank")),
    )


def _texts(value: Any) -> Sequence[str]:
    """A list feature; null for an officer without postings."""
    return [str(item) for item in value] if isinstance(value, list) else []


def _days_before(as_of: date, days: Any) -> date | None:
    return None if pd.isna(days) else as_of - timedelta(days=int(days))
