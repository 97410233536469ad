"""`POST /v1/mine` and `POST /v1/opt_out` without the web: what was used about an officer, and their choice.

Features are told in the sentences that reasons are told in, and by name, not as raw numbers: some rest on the records
of colleagues or a supervisor, whom they would give away. Of protected attributes it is said that audits hold them;
this process does not read them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from data_contracts.catalog import Table, catalog
from data_contracts.errors import NotReady, NotThere, PharosError
from data_contracts.figures import shown as shown_chance
from data_contracts.local_time import local_day
from data_contracts.policy import Policy
from data_contracts.vocabulary import Bilingual, Grade, Outcome
from features.history import History
from features.record import AUDIT_ONLY, records_at
from models.risk.explain import record_told
from serving.access.credential import Credential
from serving.access.placements import Placements
from serving.access.reach import Sight
from serving.freshness import FeatureSource, behind_of
from serving.night.results import SCORED, PublishedRun
from serving.review.cases import CaseStore
from serving.review.desks import actor_of, by_case
from serving.review.opt_outs import OptOuts, Wish
from serving.review.schemas import (
    CaseShown,
    DataHeld,
    MineAnswer,
    MineRequest,
    OptOutAnswer,
    OptOutRequest,
    ResultHeld,
)
from serving.review.seen import case_shown
from serving.review.standing import UNDER_REVIEW, Reviews, Shown
from serving.review.states import Role, role_of
from serving.schemas import Because, Reason, Text

NOT_FEATURES = ("officer_id", "status", "feature_timestamp", "as_of", "unit_id")
Features = tuple[list[Reason], list[str], date | None, date | None]


@dataclass(frozen=True)
class MineDesk:
    """Everything that `/v1/mine` needs; `service` names the risk model's features, None without a model."""

    history: History
    source: FeatureSource
    service: str | None
    run: Callable[[], PublishedRun]
    store: CaseStore
    opt_outs: OptOuts
    reviews: Reviews
    placements: Callable[[], Placements]
    policy: Policy

    def answer(
        self, request: MineRequest, request_id: str, now: datetime, sight: Sight, caller: Credential
    ) -> MineAnswer:
        """All of it; an officer of whom nothing is known, or who is out of reach, is unknown."""
        officer_id = asked_about(request.officer_id, caller)
        unit_id = self.placements().unit_of.get(officer_id)
        reached = sight.names(officer_id, unit_id)
        data = self._data(officer_id if reached else None, local_day(now))
        known = any(one.rows for one in data)
        features, names, day, behind = self._features(officer_id, now) if known else ([], [], None, None)
        results, results_as_of = self._results(officer_id, caller, local_day(now)) if known else ([], None)
        review = self.policy.review
        return MineAnswer(
            request_id=request_id,
            officer_id=officer_id,
            status="known" if known else "unknown",
            data=data,
            features=features,
            feature_names=names,
            features_as_of=day,
            features_without_events_since=behind,
            results=results,
            results_as_of=results_as_of,
            cases=self._cases(officer_id, unit_id, caller, local_day(now)) if known else [],
            opted_out_since=self.opt_outs.among([officer_id]).get(officer_id) if known else None,
            notice=text(review.notice.text),
            contest=text(review.contest.text),
            opt_out=text(review.opt_out.text),
        )

    def _data(self, officer_id: str | None, today: date) -> list[DataHeld]:
        tables = [table for table in catalog().tables.values() if "officer_id" in table.column_names]
        read = [table.name for table in tables if table.name != AUDIT_ONLY]
        frames = {} if officer_id is None else records_at(self.history, [officer_id], today, read)
        return [self._held(table, frames) for table in tables]

    def _held(self, table: Table, frames: Mapping[str, pd.DataFrame]) -> DataHeld:
        kept = self.policy.retention_of(table.name)
        return DataHeld(
            table=table.name,
            name=Text(zh=table.name_zh, en=table.name_en),
            rows=None if table.name == AUDIT_ONLY else len(frames.get(table.name, ())),
            used=any(column.may_train for column in table.columns),
            basis=Text(zh=kept.basis_zh, en=kept.basis_en),
            kept_months=kept.months,
            kept_after_leaving_months=kept.after_leaving_months,
        )

    def _features(self, officer_id: str, now: datetime) -> Features:
        """What the last features say, of which day, and since when they lack events; nothing where there are none,
        which is no error here.
        """
        if self.service is None:
            return [], [], None, None
        try:
            frame = self.source.online([officer_id], self.service, local_day(now))
        except NotReady:
            return [], [], None, None
        behind = behind_of(frame).get(officer_id)
        names = [str(name) for name in frame.columns if name not in NOT_FEATURES]
        stamp = frame["feature_timestamp"].iloc[0]
        if pd.isna(stamp):
            return [], names, None, None
        (told,) = record_told(frame.assign(as_of=stamp), {})
        return [Reason.model_validate(one) for one in json.loads(told)], names, pd.Timestamp(stamp).date(), behind

    def _results(self, officer_id: str, caller: Credential, today: date) -> tuple[list[ResultHeld], date | None]:
        try:
            run = self.run()
            rows = run.officers(officer_ids=[officer_id]).to_dict("records")
        except (PharosError, OSError):
            return [], None
        served = [row for row in rows if row["outcome"] in self.policy.served_outcomes]
        reviews = role_of(caller, officer_id) is Role.REVIEWER
        shown = None if reviews else self.reviews.withheld([officer_id], today)
        told = [_result({str(name): value for name, value in row.items()}, shown) for row in served]
        return told, run.manifest.as_of

    def _cases(self, officer_id: str, unit_id: str | None, caller: Credential, today: date) -> list[CaseShown]:
        cases = self.store.of_officers([officer_id])
        events = by_case(self.store.events([case.case_id for case in cases]))
        role = role_of(caller, officer_id)
        return [case_shown(case, events.get(case.case_id, ()), unit_id, role, today) for case in cases]


@dataclass(frozen=True)
class OptOutDesk:
    """Everything that `/v1/opt_out` needs."""

    opt_outs: OptOuts
    placements: Callable[[], Placements]
    policy: Policy

    def answer(
        self, request: OptOutRequest, request_id: str, now: datetime, sight: Sight, caller: Credential
    ) -> OptOutAnswer:
        """What holds now, kept with its audit line; raises NotThere for an officer out of reach or unknown."""
        officer_id = asked_about(request.officer_id, caller)
        unit_id = self.placements().unit_of.get(officer_id)
        itself = caller.officer_id == officer_id
        if not itself and (unit_id is None or not sight.names(officer_id, unit_id)):
            raise NotThere("there is no such officer", zh="查无此人")
        since = self.opt_outs.keep(Wish(officer_id, request.opted_out, now, actor_of(caller), request_id))
        words = text(self.policy.review.opt_out.text)
        return OptOutAnswer(request_id=request_id, officer_id=officer_id, opted_out_since=since, text=words)


def asked_about(officer_id: str | None, caller: Credential) -> str:
    """Of whom a caller asks: themself, or, for who reviews, the officer named; raises NotThere."""
    wanted = officer_id if officer_id is not None else caller.officer_id
    if wanted is None or role_of(caller, wanted) is Role.READER:
        raise NotThere(
            "there is no such officer; an officer asks with a token of their own, a reviewer names one",
            zh="查无此人；民警本人用自己的令牌查询，复核人须指明民警编号",
        )
    return wanted


def text(words: Bilingual) -> Text:
    """As answers have it."""
    return Text(zh=words.zh, en=words.en)


def _result(row: Mapping[str, Any], shown: Shown | None) -> ResultHeld:
    """A row of the night; `shown` None is for who reviews."""
    key = {"outcome": Outcome(str(row["outcome"])), "horizon_months": int(row["horizon_months"])}
    if row["status"] != SCORED:
        return ResultHeld(**key, status="not_scored", because=Because.model_validate_json(_because(row["because"])))
    if row["grade"] == Grade.POOR.value and shown is not None:
        why = shown.get((str(row["officer_id"]), str(row["outcome"])), UNDER_REVIEW)
        if why is not None:
            return ResultHeld(**key, status="withheld", because=why)
    return ResultHeld(
        **key,
        status="scored",
        grade=str(row["grade"]),
        probability=shown_chance(row["probability"]),
        reasons=_reasons(row["reasons"]),
        strengths=_reasons(row["strengths"]),
    )


def _because(value: Any) -> str:
    told = json.loads(value) if isinstance(value, str) else {}
    return json.dumps({"code": "not_scored", "zh": "未评分", "en": "not scored", **told}, ensure_ascii=False)


def _reasons(value: Any) -> Sequence[Reason]:
    return [Reason.model_validate(one) for one in json.loads(value)] if isinstance(value, str) else []
