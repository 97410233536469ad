"""Why the goal that an officer stated is no part of how well posts fit."""

from __future__ import annotations

from data_contracts.vocabulary import Bilingual
from models.posts.fit import GOALS_OF_POSTS, Wanting
from serving.paths.goals import Goals
from serving.schemas import Because
from serving.words import because_of


def goal_notices(own: Wanting, goals: Goals) -> tuple[Because, ...]:
    """One for a goal whose term is over and for one that is no post and no family; () where the goal counts, or where
    none was stated."""
    if own.lapsed is not None:
        name, ended = goals.on_record(own.lapsed.code), own.lapsed.ends_on
        words = Bilingual(
            f"登记的职业目标{name.zh}的期限已于{ended}届满，不再计入契合度；如仍有此目标，请重新登记目标及期限",
            f"the term of the stated goal {name.en} ended on {ended}, so it is no part of the fit; where it is still "
            "the goal, state it again",
        )
        return (because_of("goal_term_over", words),)
    if own.goal is None or own.goal[0] in GOALS_OF_POSTS:
        return ()
    name = goals.on_record(own.goal)
    words = Bilingual(
        f"登记的职业目标{name.zh}不是岗位或职位类别，不计入岗位的契合度；达到目标的路径见职业路径",
        f"the stated goal {name.en} is neither a post nor a job family, so it is no part of the fit of a post; paths "
        "tell the ways to it",
    )
    return (because_of("goal_of_no_post", words),)
