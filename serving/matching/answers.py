"""`POST /v1/match` without the web: a round of wishes in, who got which vacancy and why out.

The whole round is matched whoever is asked about, so nobody's result depends on who asks. People decide: this is what
the published rules give, and nothing is booked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np

from data_contracts.errors import InvalidInput
from data_contracts.placing import MatchingPolicy
from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual
from models.matching.assignment import best_fit
from models.matching.placing import Match, match
from models.matching.reasons import ASIDE, Placement, placements
from serving.matching.round import Fit, Round, round_of
from serving.matching.schemas import Alternative, MatchAnswer, MatchRequest, OfficerMatched, VacancyLeftOut, WishResult
from serving.night.manifest import hash_of
from serving.on_force import KNOWN_BY, not_on_force
from serving.points.answers import RecordSource
from serving.schemas import Because, Text
from serving.talent.records import day_asked
from serving.waiting import still_wanted, while_wanted
from serving.words import because_of, rules_of

NO_FIT = Bilingual(
    "本服务未计量契合度；请不带 `with_fit` 再问", "this service has no measure of fit; ask without `with_fit`"
)


@dataclass(frozen=True)
class MatchDesk:
    """Everything that `/v1/match` needs, fixed at start; `fit` says how well each wish fits, where that is measured."""

    records: RecordSource
    policy: Policy
    fit: Fit | None = None

    def answer(self, request: MatchRequest, request_id: str, now: datetime) -> MatchAnswer:
        """One result for each officer asked about, in order; raises InvalidInput for a round that cannot be read."""
        as_of = self._day(request, now)
        rules = self._rules(request)
        found = round_of(self.records, self.policy, request, as_of, self.fit if request.with_fit else None)
        still_wanted()
        matched = match(found.given, rules)
        still_wanted()
        told = placements(matched, request.officer_ids)
        absent = self._absent(request, told, as_of)
        return MatchAnswer(
            request_id=request_id,
            as_of=as_of,
            rule_table=self._table(rules),
            lottery_seed=rules.lottery_seed,
            officers=len(found.points),
            vacancies=len(found.given.vacancies),
            filled=int(matched.filled.sum()),
            results=[_result(one, found, absent) for one in while_wanted(told)],
            left_out=[
                VacancyLeftOut(vacancy_id=one, because=because_of(code, ASIDE[code]))
                for one, code in found.left_out.items()
            ],
            alternative=_alternative(matched, request.officer_ids) if request.with_fit else None,
        )

    def _day(self, request: MatchRequest, now: datetime) -> date:
        as_of = day_asked(request.as_of, now)
        if request.with_fit and self.fit is None:
            raise InvalidInput(NO_FIT.en, zh=NO_FIT.zh)
        return as_of

    def _absent(self, request: MatchRequest, told: Sequence[Placement], as_of: date) -> Mapping[str, Because]:
        """Of those who did not apply, the ones who had left and whom no record knows. A round that is sent whole rests
        on no record, nor does one where there are no records of officers: there nobody is absent.
        """
        asked = [one.officer_id for one in told if one.code == "did_not_apply"]
        if not asked or (request.vacancies is not None and request.wishes is not None):
            return {}
        frames = self.records(asked, as_of, KNOWN_BY)
        return not_on_force(frames, asked) if frames else {}

    def _rules(self, request: MatchRequest) -> MatchingPolicy:
        rules = self.policy.matching
        return rules if request.lottery_seed is None else replace(rules, lottery_seed=request.lottery_seed)

    def _table(self, rules: MatchingPolicy) -> str:
        return hash_of([asdict(rules), *map(asdict, self.policy.points), *map(asdict, self.policy.eligibility)])


def _result(one: Placement, found: Round, absent: Mapping[str, Because]) -> OfficerMatched:
    points = found.points.get(one.officer_id)
    known: Mapping[str, Any] = one.told()
    because = None if known["because"] is None else Because(**known["because"])
    return OfficerMatched(
        officer_id=one.officer_id,
        status="not_placed" if one.vacancy_id is None else "placed",
        vacancy_id=one.vacancy_id,
        opening=None if one.vacancy_id is None else found.openings.get(one.vacancy_id),
        preference_order=one.preference_order,
        because=absent.get(one.officer_id, because),
        assignments=[_wish(one.officer_id, wish, found) for wish in known["assignments"]],
        points=None if points is None or np.isnan(points) else float(points),
    )


def _wish(officer_id: str, told: Mapping[str, Any], found: Round) -> WishResult:
    vacancy = str(told["vacancy_id"])
    return WishResult(
        **{**told, "text": Text(**told["text"])},
        opening=found.openings.get(vacancy),
        priority_class=found.classes.get((officer_id, vacancy)),
        not_checked=rules_of(found.unknown(officer_id, vacancy)),
    )


def _alternative(matched: Match, officer_ids: list[str]) -> Alternative:
    best = best_fit(matched)
    placed = best.assignments().set_index("officer_id")["vacancy_id"].to_dict()
    return Alternative(
        total_fit=best.total_fit,
        total_fit_of_match=best.total_fit_of_match,
        blocking_pairs=len(best.blocking),
        assignments={officer_id: placed.get(officer_id) for officer_id in officer_ids},
    )
