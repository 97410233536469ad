"""What may be shown of a poor grade, and to whom: nothing downstream before a person has reviewed it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from data_contracts.settings import Settings
from serving.access.credential import AccessScope, Credential
from serving.review.cases import Case, CaseStore
from serving.review.opt_outs import OptOuts
from serving.review.states import TOLD, CaseState
from serving.schemas import Because

OPTED_OUT = Because(
    code="opted_out",
    zh="本人已拒绝仅由系统作出的评估，由人决定是否需要关心；这不表示风险低",
    en="the officer opted out of being assessed by the system alone; people decide, and this does not mean low risk",
)
UNDER_REVIEW = Because(
    code="under_review",
    zh="该结果须先由人复核，复核前不对外显示；这不表示风险低",
    en="a person has to review this result before it is shown; this does not mean low risk",
)
WAITS = Because(
    code="under_review",
    zh="等级较差或一般的民警，其结果仅供复核人员查看；预警经人复核后方对外显示。因此既不表示风险高，也不表示风险低",
    en="results of officers with one of both lower grades, fair as well as poor, are for reviewers, and a warning is "
    "shown once a person has reviewed it: that this is withheld means neither high nor low risk",
)
WHY: Mapping[CaseState, Because] = {
    CaseState.NEW: UNDER_REVIEW,
    CaseState.CONTESTED: Because(
        code="contested",
        zh="本人已提出异议，答复前不显示",
        en="the officer contests it; it is not shown until answered",
    ),
    CaseState.DISMISSED: Because(
        code="dismissed", zh="经人复核，该预警不成立", en="a person found that this warning does not hold"
    ),
    CaseState.CORRECTED: Because(
        code="corrected",
        zh="记录已更正，待下一次计算得出新结果",
        en="the record was corrected; the next run gives a fresh result",
    ),
}
Shown = Mapping[tuple[str, str], Because | None]  # officer, outcome -> why a poor grade is withheld, None for shown


class Reviews(Protocol):
    """What a request and a night must know of people's decisions; each raises NotReady where it cannot be told."""

    def opted_out(self, officer_ids: Collection[str], /) -> Collection[str]:
        """Which of these officers opted out."""
        ...

    def withheld(self, officer_ids: Sequence[str], today: date, /) -> Shown:
        """Of each officer and outcome that had a case; a poor grade of any other is under review."""
        ...


class NoReviews:
    """Nobody decided anything: every poor grade waits, and nobody opted out."""

    def opted_out(self, *_: Collection[str]) -> Collection[str]:
        """Nobody."""
        return ()

    def withheld(self, *_: object) -> Shown:
        """No case."""
        return {}


@dataclass(frozen=True)
class KeptReviews:
    """The decisions that a deployment keeps."""

    cases: CaseStore
    opt_outs: OptOuts

    @classmethod
    def of(cls, settings: Settings) -> KeptReviews:
        """Of a deployment; nothing is opened yet."""
        return cls(CaseStore.of(settings), OptOuts.of(settings))

    def opted_out(self, officer_ids: Collection[str]) -> Collection[str]:
        """Which of these officers opted out."""
        return self.opt_outs.among(officer_ids)

    def withheld(self, officer_ids: Sequence[str], today: date) -> Shown:
        """By the newest case of each officer and outcome."""
        newest = {(case.officer_id, case.outcome): case for case in self.cases.of_officers(officer_ids)}
        return {key: why_withheld(case, today) for key, case in newest.items()}


def why_withheld(case: Case, today: date) -> Because | None:
    """Why the poor grade of a case is not shown downstream; None where a person reviewed it and it stands."""
    if case.expired(today):
        return UNDER_REVIEW
    return None if case.state in TOLD else WHY[case.state]


def sees_all(caller: Credential) -> bool:
    """Whether a caller sees what nobody has reviewed yet: who reviews does, an officer of their own result not."""
    return caller.may(AccessScope.RISK_REVIEW) and caller.officer_id is None
