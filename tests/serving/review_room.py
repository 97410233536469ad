"""A small published night, its cases on either engine, and callers of different reach, for tests of review."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from data_contracts.audit.chain import AuditChain
from data_contracts.database import Database
from data_contracts.policy import policy
from data_contracts.pseudonyms import Pseudonyms
from serving.access.api_keys import KEY_SUBJECT, ApiKey
from serving.access.credential import AccessScope, Credential
from serving.access.placements import Placements
from serving.access.reach import Sight
from serving.night.manifest import ModelIdentity
from serving.review.cases import Case, CaseStore
from serving.review.desks import ActDesk, CasesDesk
from serving.review.opening import Opened, open_cases
from serving.review.opt_outs import OptOuts
from serving.review.reviewers import Reviewers
from serving.review.schemas import ActAnswer, ActRequest, CasesAnswer, CasesRequest
from serving.review.standing import KeptReviews
from serving.review.states import CaseState
from tests.data_contracts.audit_room import KEY, begun_in

AS_OF = date(2026, 10, 1)
NOW = datetime(2026, 10, 2, 9)
WHERE = Placements({"a": "station-1", "b": "station-2", "c": "station-1"}, {"station-1": "east", "station-2": "west"})
REASONS = '[{"theme": "complaints", "text": {"zh": "投诉", "en": "complaints"}, "since": "2026-01-01"}]'
READS, REVIEWS = AccessScope.of(["risk:read"]), AccessScope.of(["risk:read", "risk:review"])
CHIEF = Credential("key:chief", REVIEWS, None)
EAST = Credential("key:east", REVIEWS, ("east",))
WEST = Credential("key:west", REVIEWS, ("west",))
READER = Credential("key:reader", READS, None)
KEYS = tuple(
    ApiKey(who.subject.removeprefix(KEY_SUBJECT), "name", "", who.scopes, who.units, date(2026, 1, 1), date(2027, 1, 1))
    for who in (CHIEF, EAST, WEST, READER)
)
KEYS = (*KEYS, ApiKey("nightly", "nightly job", "", REVIEWS, None, date(2026, 1, 1), date(2027, 1, 1), for_system=True))
OFFICER_A = Credential("oidc:a", READS, (), "a")
OFFICER_B = Credential("oidc:b", REVIEWS, None, "b")


@dataclass(frozen=True)
class FakeManifest:
    """What opening reads of a manifest."""

    as_of: date
    run: str
    models: tuple[ModelIdentity, ...] = (ModelIdentity("risk", "7", "a" * 64, "risk_v1", "h"),)


@dataclass(frozen=True)
class FakeRun:
    """A night whose poor grades are named: officer -> outcomes."""

    poor: dict[str, tuple[str, ...]]
    as_of: date = AS_OF
    name: str = "run-1"

    @property
    def manifest(self) -> Any:
        return FakeManifest(self.as_of, self.name)

    def officers(self, columns: Any = None, officer_ids: Any = None) -> pd.DataFrame:
        rows = [
            row(officer, outcome, "poor" if outcome in self.poor.get(officer, ()) else "good")
            for officer in ("a", "b", "c")
            for outcome in ("conduct", "strain", "force")
        ]
        frame = pd.DataFrame(rows)
        return frame if officer_ids is None else frame[frame["officer_id"].isin(officer_ids)]


def row(officer_id: str, outcome: str, grade: str, months: int = 12) -> dict[str, Any]:
    """One result of a night."""
    return {
        "officer_id": officer_id, "outcome": outcome, "horizon_months": months, "status": "scored", "grade": grade,
        "overall_grade": grade, "probability": 0.4, "low": 0.2, "high": None, "unsure": False, "reasons": REASONS,
        "strengths": "[]", "support": None, "flags": "[]", "merits": None, "because": None,
    }  # fmt: skip


@dataclass
class Room:
    """Cases, opt-outs and desks over one database."""

    url: str
    folder: Path
    names: Pseudonyms = field(default_factory=lambda: Pseudonyms(b"a key of tests"))
    steps: int = 0

    def __post_init__(self) -> None:
        self.database = Database(self.url, "the table of cases")
        self.chain = AuditChain(self.database, self.folder / "audit.head", KEY, begun_in(self.folder))
        self.store = CaseStore(self.database, self.chain, self.names)
        self.opt_outs = OptOuts(self.database, self.chain, self.names)
        self.reviews = KeptReviews(self.store, self.opt_outs)

    def open(self, run: FakeRun | None = None, now: datetime = NOW) -> Opened:
        """Open the cases of a night, by default conduct of a and strain of b."""
        night: Any = run or FakeRun({"a": ("conduct",), "b": ("strain",)})
        return open_cases(night, self.store, policy(), now)

    def case(self, officer_id: str = "a", outcome: str = "conduct") -> Case:
        """The newest case of an officer and outcome."""
        return [case for case in self.store.of_officers([officer_id]) if case.outcome == outcome][-1]

    def list(self, caller: Credential = CHIEF, now: datetime = NOW, **asked: Any) -> CasesAnswer:
        """A page of cases as a caller sees it."""
        desk = CasesDesk(self.store, lambda: WHERE)
        return desk.answer(CasesRequest(**asked), "r-list", now, Sight.of(caller, lambda: WHERE), caller)

    def act(self, case: Case, action: str, caller: Credential = CHIEF, now: datetime = NOW, **more: Any) -> ActAnswer:
        """One step, under a key of its own unless one is given; the reason is there where one is needed."""
        self.steps += 1
        usual: dict[str, Any] = {
            "false_positive": {"reason": "a mistake"}, "contest": {"reason": "not so"}, "uphold": {"reason": "it is"},
            "correct": {"reason": "it was"}, "reopen": {"reason": "new facts"}, "support": {"support": "talk"},
            "outcome": {"reason": "well", "result": "helped"}, "assign": {"assign_to": "key:chief"},
        }.get(action, {})  # fmt: skip
        asked = {"case_id": case.case_id, "version": case.version, "action": action,
                 "idempotency_key": f"step-{self.steps:06d}", **usual, **more}  # fmt: skip
        request = ActRequest.model_validate(asked, strict=False)
        reviewers = Reviewers(lambda: KEYS, lambda: WHERE)
        desk = ActDesk(self.store, lambda: WHERE, policy(), reviewers)
        return desk.answer(request, f"r-{self.steps}", now, Sight.of(caller, lambda: WHERE), caller)

    def through(self, *actions: str, officer_id: str = "a", outcome: str = "conduct", now: datetime = NOW) -> Case:
        """The case after these steps."""
        for action in actions:
            self.act(self.case(officer_id, outcome), action, now=now)
        return self.case(officer_id, outcome)


WAYS = {  # how a case gets into each state
    CaseState.NEW: (),
    CaseState.REVIEWED: ("acknowledge",),
    CaseState.SUPPORTED: ("acknowledge", "support"),
    CaseState.DISMISSED: ("acknowledge", "false_positive"),
    CaseState.CONTESTED: ("contest",),
    CaseState.CORRECTED: ("contest", "correct"),
}
