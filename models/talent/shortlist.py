"""Short lists of a talent field: evidence added up by published lines, ties shown as ties, and a committee decides.

A short list is for talent and for nothing else. Nothing is learned here: the lines, weights and caps stand in
`policy/talent.toml`, and a score is the sum of what its lines show. A self-nomination is joined in as a mark (policy
may require it); it gives no points, so it never outranks evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from data_contracts.asof import AsOf, add_months
from data_contracts.talent_pool import FieldRule, TalentPolicy
from data_contracts.vocabulary import Bilingual, TalentField
from models.peers import Frames
from models.talent.evidence import Day, field_totals
from models.talent.words import POINT_DIGITS, LineTold, told_lines

COMMITTEE = Bilingual(
    "本名单仅列示记录中的证据，供评审委员会参考，由委员会决定；不得用于考核处分",
    "this list shows what the records hold, for a committee that decides; it may not be used for discipline",
)
NOT_LISTED = {
    "not_serving": Bilingual("当日不在队", "not in service on that day"),
    "short_service": Bilingual("入警未满{months}个月", "less than {months} months since joining"),
    "not_nominated": Bilingual("近{months}个月内未自荐", "no self-nomination within {months} months"),
    "too_little_evidence": Bilingual(
        "本领域只有{lines}类证据，至少需要{least}类", "{lines} kinds of evidence in this field, {least} are needed"
    ),
    "low_score": Bilingual("得分{score}，低于最低分{least}", "a score of {score}, below the least one of {least}"),
    "others_higher": Bilingual("得分{score}，末位入选者{edge}", "a score of {score}; the last one listed has {edge}"),
}


@dataclass(frozen=True)
class Candidate:
    """An officer on the list. `tied_at_edge`: equal to the last place, so that the list is longer than asked for."""

    officer_id: str
    rank: int
    score: float
    tied: bool
    tied_at_edge: bool
    nominated: bool
    lines: tuple[LineTold, ...]


@dataclass(frozen=True)
class NotListed:
    """Why an officer is not on the list."""

    officer_id: str
    code: str
    text: Bilingual


def _score(by_line: pd.DataFrame) -> pd.Series:
    """Points with two decimals as they are shown, added up to one decimal, halves up as people round.

    >>> _score(pd.DataFrame({"a": [41.8, 55.4, None], "b": [0.04, 0.05, -0.04]})).tolist()
    [41.8, 55.5, 0.0]
    """
    hundredths = (by_line.fillna(0.0) * 10**POINT_DIGITS).round().sum(axis=1)
    score: pd.Series = hundredths.div(10).add(0.5).floordiv(1).div(10) + 0.0
    return score


@dataclass(frozen=True)
class FieldScores:
    """Every serving officer's score in one field.

    `table` by officer_id: `score` (rounded to one decimal), `kinds` of evidence, `nominated`, `because` (null for who
    can be listed). `totals` are those of `field_totals`.
    """

    rule: FieldRule
    policy: TalentPolicy
    day: Day
    table: pd.DataFrame
    totals: Mapping[str, pd.DataFrame]

    @classmethod
    def of(cls, field: str, policy: TalentPolicy, day: Day) -> Self:
        """Score all serving officers in a field."""
        rule, officers = policy.rule(field), day.peers.places.index
        totals = {
            code: found.assign(points=found["points"].round(POINT_DIGITS))  # what is shown is what adds up
            for code, found in field_totals(rule.lines, day).items()
        }
        by_line = pd.DataFrame(
            {code: total["points"].reindex(officers) for code, total in totals.items()}, index=officers
        )
        given = {line.code for line in rule.lines if not line.compares}
        shown = pd.DataFrame(
            {code: by_line[code].notna() & ((by_line[code] != 0.0) | (code in given)) for code in by_line}
        )
        table = pd.DataFrame({"score": _score(by_line), "kinds": shown.sum(axis=1)})
        table["nominated"] = officers.isin(_nominated(field, policy, day))
        table["because"] = _because(table, rule, policy, day)
        return cls(rule, policy, day, table, totals)

    @property
    def listed(self) -> pd.DataFrame:
        """The list: the `size` best of those who can be listed and everybody equal to the last of them, with `rank`
        (equal scores share the best place), in order of rank, then of id, which means nothing."""
        able = (
            self.table[self.table["because"].isna()].sort_index().sort_values("score", ascending=False, kind="stable")
        )
        able = able.assign(rank=able["score"].rank(method="min", ascending=False).astype(int))
        if len(able) <= self.rule.size:
            return able.assign(tied_at_edge=False)
        edge = float(able["score"].iloc[self.rule.size - 1])
        spills = bool(able["score"].iloc[self.rule.size] == edge)
        return able[able["score"] >= edge].assign(tied_at_edge=lambda rows: spills & (rows["score"] == edge))

    def candidates(self) -> list[Candidate]:
        """The list with its evidence."""
        listed = self.listed.assign(tied=lambda rows: rows["score"].duplicated(keep=False)).reset_index(
            names="officer_id"
        )
        lines = self.lines(listed["officer_id"].tolist())
        return [
            Candidate(str(row["officer_id"]), int(row["rank"]), float(row["score"]), bool(row["tied"]),
                      bool(row["tied_at_edge"]), bool(row["nominated"]), lines[str(row["officer_id"])])
            for row in listed.to_dict("records")
        ]  # fmt: skip

    def lines(self, officers: Sequence[str]) -> dict[str, tuple[LineTold, ...]]:
        """The evidence of officers, line by line, in policy's order; a line without evidence says so."""
        return told_lines(self.rule.lines, self.totals, officers, self.day)

    def not_listed(self, officer_id: str) -> NotListed | None:
        """Why not, or None for an officer who is on the list."""
        if officer_id not in self.table.index:
            return NotListed(officer_id, "not_serving", NOT_LISTED["not_serving"])
        listed = self.listed
        if officer_id in listed.index:
            return None
        row: Any = self.table.loc[officer_id].to_dict()
        code = "others_higher" if row["because"] is None else str(row["because"])
        edge = f"{listed['score'].min():.1f}" if len(listed) else "-"
        least = self.policy.least_lines if code == "too_little_evidence" else f"{self.policy.least_score:.1f}"
        months = self.policy.minimum_service_months if code == "short_service" else self.policy.nomination_months
        words = {
            "score": f"{row['score']:.1f}",
            "edge": edge,
            "lines": int(row["kinds"]),
            "least": least,
            "months": months,
        }
        text = NOT_LISTED[code]
        return NotListed(officer_id, code, Bilingual(text.zh.format(**words), text.en.format(**words)))


def short_lists(
    frames: Frames, as_of: AsOf, policy: TalentPolicy, fields: Sequence[str] = tuple(TalentField)
) -> dict[str, FieldScores]:
    """The scores of the fields on a day; `frames` hold the rows of contract tables as they stood then (postings at
    least). Absent tables have no evidence in them."""
    day = Day.of(frames, as_of, policy.least_peers)
    return {str(field): FieldScores.of(str(field), policy, day) for field in fields}


def _nominated(field: str, policy: TalentPolicy, day: Day) -> pd.Series:
    rows = day.frames.get("self_nominations")
    if rows is None:
        return pd.Series(dtype=object)
    since = pd.Timestamp(add_months(day.as_of.day, -policy.nomination_months))
    stands = (rows["occurred_on"] >= since) & (rows["occurred_on"] < day.as_of.timestamp)
    return rows.loc[stands & (rows["talent_field"] == field), "officer_id"].astype(object)


def _because(table: pd.DataFrame, rule: FieldRule, policy: TalentPolicy, day: Day) -> pd.Series:
    """The first rule that stands against each officer, or null."""
    joined = day.peers.places["entered_on"].reindex(table.index)
    earliest = pd.Timestamp(add_months(day.as_of.day, -policy.minimum_service_months))
    against = {
        "short_service": ~(joined <= earliest),
        "not_nominated": ~table["nominated"] & (rule.nomination == "required"),
        "too_little_evidence": table["kinds"] < policy.least_lines,
        "low_score": table["score"] < policy.least_score,
    }
    code = np.select([stands.to_numpy(bool) for stands in against.values()], list(against), default="")
    return pd.Series([one or None for one in code.tolist()], index=table.index, dtype=object)
