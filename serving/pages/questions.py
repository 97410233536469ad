"""Questions that only pages ask: not part of the API, with the same scopes, sight, limits and audit lines."""

from __future__ import annotations

from data_contracts.audit.chain import Action
from serving.access.credential import AccessScope
from serving.api.questions import EXAMPLE_OFFICERS, NO_NIGHT, QUESTIONS, Question
from serving.champions.record_schemas import ModelsRequest, ModelsTold
from serving.paths.wishes import WishesAnswer, WishesRequest
from serving.review.one_case import BlockCasesRequest, CaseAnswer, CaseRequest, ContestsAnswer, ContestsRequest
from serving.review.schemas import CasesAnswer
from serving.risk.previewing import PreviewAnswer, PreviewRequest

PAGE_QUESTIONS: tuple[Question, ...] = (
    Question(
        "/pages/case", "pageOfCase", "rights", "一条预警 / one case", CaseRequest, CaseAnswer, {"case_id": "0" * 32},
        lambda desks: desks.of("/pages/case"), scope=AccessScope.RISK_READ, sighted=True, told_caller=True,
        audited=Action.RISK_READ,
    ),
    Question(
        "/pages/cases", "pageOfCases", "rights", "一个单位的预警 / the cases of a block",
        BlockCasesRequest, CasesAnswer, {"top": 20},
        lambda desks: desks.of("/pages/cases"), scope=AccessScope.RISK_READ, sighted=True,
        told_caller=True, audited=Action.RISK_READ,
    ),
    Question(
        "/pages/contests", "pageOfContests", "rights", "待答复的异议数 / how many contests await an answer",
        ContestsRequest, ContestsAnswer, {}, lambda desks: desks.of("/pages/contests"), scope=AccessScope.RISK_REVIEW,
        sighted=True, audited=Action.UNITS_READ,
    ),
    Question(
        "/pages/preview", "pageOfPreview", "support", "若调整预警比例 / what another limit would give",
        PreviewRequest, PreviewAnswer, {"unit_id": "u-0", "poor_share": 0.05},
        lambda desks: desks.of("/pages/preview"), NO_NIGHT, scope=AccessScope.RISK_REVIEW, sighted=True,
        told_caller=True, audited=Action.UNITS_READ,
    ),
    Question(
        "/pages/wishes", "pageOfWishes", "careers", "本人的意愿 / what an officer wishes", WishesRequest, WishesAnswer,
        {"officer_id": EXAMPLE_OFFICERS[0]}, lambda desks: desks.of("/pages/wishes"),
    ),
    Question(
        "/pages/models", "pageOfModels", "models", "模型的版本、检验与决定 / versions of models and who decided",
        ModelsRequest, ModelsTold, {}, lambda desks: desks.of("/pages/models"), scope=AccessScope.MODEL_PROMOTE,
        audited=Action.AUDIT_READ,
    ),
)  # fmt: skip
EVERY_QUESTION: tuple[Question, ...] = (*QUESTIONS, *PAGE_QUESTIONS)
