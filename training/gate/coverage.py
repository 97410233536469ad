"""Whether the promise of "unsure" was kept, for everybody and for each group: judged like every other check.

Looked at are the sets that each checked model had itself, on the later as-of that it was checked on: what an answer of
that day would have said. The promise is made to those to whom it comes and to the others by themselves, so both are
judged. Sets that held an end at every chance promised nothing about it: such rows are no evidence that a promise was
kept, and where all are such nothing can be judged. A share may fall short of the promise by what policy
allows (`promise_short_at_most`): years drift, and a promise is kept on average of years. Groups are those of single
attributes: in pairs of them too few events come to say anything (record 0017).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.gating import GatePolicy
from data_contracts.vocabulary import Bilingual
from models.base import Numbers
from models.risk.evidence import Pooled
from training.evaluation.fairness import Measured
from training.evaluation.groups import Cells, cells_of
from training.evaluation.intervals import clopper_pearson, share_of
from training.gate.group_lines import STATUS
from training.gate.lines import Line, Status

CAME, STAYED = "promise_kept_came", "promise_kept_stayed"
WORDS = {
    CAME: Bilingual("“无法判断”的承诺在发生者中兑现的比例", "promise of “unsure” kept, share of those to whom it came"),
    STAYED: Bilingual("该承诺在未发生者中兑现的比例", "the same promise kept, share of those to whom it did not come"),
}
NOTHING = Bilingual(
    "事件太少，未作任何承诺，对所有人都标“无法判断”，故无从兑现",
    "too few events to promise anything: unsure of everyone, so nothing was promised and nothing was kept",
)


def coverage_lines(
    outcome: str, rows: Pooled, audit: pd.DataFrame, asked: tuple[float, int], gate: GatePolicy
) -> list[Line]:
    """Two lines for everybody and two for each group; `asked` is the promise and how many outcomes decide together.

    In the evidence of a version that was trained before its sets were kept nothing can be measured, which is
    inconclusive and no pass.
    """
    promise, outcomes = asked
    least = promise - gate.promise_short_at_most
    must = Bilingual(f"区间不低于 {least:.2f}", f"at least {least:.2f}, with its interval")
    if rows.comes is None or rows.stays is None or not len(rows.y):
        return [Line(f"{outcome}.{name}", outcome, Status.INCONCLUSIVE, WORDS[name], must) for name in WORDS]
    bound = {CAME: rows.comes > 0.0, STAYED: rows.stays < 1.0}
    if not any(some.any() for some in bound.values()):
        return [Line(f"{outcome}.{name}", outcome, Status.INCONCLUSIVE, WORDS[name], must, note=NOTHING)
                for name in WORDS]  # fmt: skip
    comes, stays = rows.chances >= rows.comes, rows.chances <= rows.stays
    weights = {CAME: (rows.y * bound[CAME], comes), STAYED: ((1.0 - rows.y) * bound[STAYED], stays)}
    whole = Cells.of([""], np.zeros(len(rows.y), np.int64), rows.officers)
    cells = [whole, *_groups(audit, rows.officers, gate)]
    error = 1.0 - gate.groups.confidence
    together = error / (len(WORDS) * outcomes * max(1, sum(len(one.names) for one in cells[1:])))
    lines: list[Line] = []
    for one in cells:
        errors = error, (error if one is cells[0] else together)
        for name, (weight, kept) in weights.items():
            years = [
                _shares(weight * (rows.days == day), kept, one, errors) for day in np.unique(rows.days[bound[name]])
            ]
            for place, figure in enumerate(_shares(weight, kept, one, errors)):
                group = one.names[place]
                check = ".".join(filter(None, (outcome, group, name)))
                line = Line(check, outcome, Status.PASS, WORDS[name], must, group=group)
                if not bound[name].any():
                    lines.append(replace(line, status=Status.INCONCLUSIVE, note=NOTHING))
                    continue
                always = len(years) > 1 and all(year[place].wide_high < promise for year in years)
                lines.append(_line(line, figure, (promise, least), always=always))
    return lines


def without_promise(rows: Pooled) -> Pooled:
    """The rows of a version that is unsure of everyone: whatever its checked models promised, it promises nothing."""
    return replace(rows, comes=np.zeros(len(rows.y)), stays=np.ones(len(rows.y)))


def _groups(audit: pd.DataFrame, officers: NDArray[Any], gate: GatePolicy) -> list[Cells]:
    found = [cells_of(audit, (name,), officers, gate.groups.least_share)[0] for name in audit.columns]
    return [cells for cells in found if len(cells.names) > 1]


def _shares(weight: Numbers, kept: NDArray[np.bool_], cells: Cells, errors: tuple[float, float]) -> list[Measured]:
    """Of `weight` (n,) the share whose set held it, of each group with both intervals."""
    hit = weight * kept
    pairs = ((hit, hit), (hit, weight), (weight, weight))
    share = share_of(cells.sums(hit), cells.sums(weight), *(cells.products(*pair) for pair in pairs))
    bounds = [bound for error in errors for bound in clopper_pearson(share, error)]
    return [Measured(*map(float, row)) for row in zip(share.share, *bounds, strict=True)]


def _line(line: Line, found: Measured, asked: tuple[float, float], *, always: bool) -> Line:
    """Pass: the whole interval lies at or above the least. Fail: the share lies below it, and at each later as-of the
    interval that holds for all groups at once lies below the promise. Years differ more than officers do, so a miss in
    some of them only is a suspect for people to sign for, whatever the pooled interval says."""
    promise, least = asked
    status = STATUS[found.verdict(least, 1.0, promise)]
    if status is Status.FAIL and not always:
        status = Status.INCONCLUSIVE
    suspect = status is Status.INCONCLUSIVE and found.suspect(least, 1.0, promise)
    return replace(line, status=status, value=found.value, low=found.low, high=found.high, suspect=suspect)
