"""How far an officer is past the least time in the rank step, by the ladders of policy."""

from __future__ import annotations

import ibis
from ibis.expr.types import FloatingValue, Table

from data_contracts.policy import policy

# asof.DAYS_A_MONTH, written out: what is written here names the features, and models are tied to that name
DAYS_PER_MONTH = 30.4375


def months_past_least_time(ranks: Table) -> FloatingValue:
    """Months past (below zero: still to go), of `ranks` with ladder, rank_code and days_in_rank.

    Null where the next step is not by time, there is none, or policy does not know the ladder.
    """
    least = [
        ((ranks.ladder == ladder.code) & (ranks.rank_code == step.code), 12.0 * step.minimum_years)
        for ladder in policy().ladders
        for step in ladder.steps
        if step.minimum_years is not None
    ]
    unknown = ibis.null("float64")
    needed = ibis.cases(*least, else_=unknown) if least else unknown
    return ranks.days_in_rank.cast("float64") / DAYS_PER_MONTH - needed
