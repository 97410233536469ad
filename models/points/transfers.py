"""From when an officer may move to a post whose years count: what a rule by years asks of somebody who holds none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from data_contracts.decisions import PointsRule
from data_contracts.policy import Policy
from models.eligibility.rules import Post, allowed_from, posts_of
from models.eligibility.standing_facts import Frames, facts_of

POSTINGS = "postings"


def transfers(
    frames: Frames, officer_ids: Sequence[str], rules: Sequence[PointsRule], policy: Policy, as_of: date
) -> Mapping[str, Mapping[str, date]]:
    """By officer and rule by years, the first day on which some post that counts may be taken, if only time passes.

    A rule is absent for an officer where no post that counts is open to them by time alone.
    """
    found: dict[str, dict[str, date]] = {one: {} for one in officer_ids}
    yearly = [rule for rule in rules if rule.per == "year" and rule.table == POSTINGS]
    if not yearly or POSTINGS not in frames:
        return found
    facts, posts = facts_of(frames, officer_ids, as_of), posts_of(frames)
    for rule in yearly:
        counting = [post for post in posts if counts(rule, post)]
        if counting:
            first = np.fmin.reduce(allowed_from(facts, counting, policy), axis=1)
            for officer_id, day in zip(officer_ids, first, strict=True):
                if not np.isnat(day):
                    found[officer_id][rule.code] = pd.Timestamp(day).date()
    return found


def counts(rule: PointsRule, post: Post) -> bool:
    """Whether years in a post could match a rule; what is not known of the post speaks against nothing."""
    told = ((getattr(post, name.rpartition(".")[2], None), allowed) for name, allowed in rule.where.items())
    return all(value is None or value in allowed for value, allowed in told)
