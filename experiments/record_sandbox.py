"""Write the book of the sandbox: ask a service over a simulated bureau, and keep what it answers under fixed ids.

    PHAROS_STATE=DIR python -m experiments.record_sandbox

DIR is a state that `pharos demo --no-serve` left: the folder that its last line names. It is asked through a copy, on
the day of its newest snapshot, and stays as it is. Ids of officers are exchanged for fixed ones, so that integrators
can write them down; of each kind of answer that an address can give, one officer is kept who gets it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from data_contracts.errors import NotReady
from data_contracts.settings import Settings, prepare_process, settings
from data_contracts.vocabulary import Grade
from experiments.first_answer import LiveService
from experiments.own_key import own_key
from experiments.progress import steps
from features.history import History
from features.offline_files import read_snapshot, snapshot_dates
from serving.access.credential import AccessScope
from serving.api.questions import QUESTIONS, Question
from serving.review.standing import NoReviews
from serving.review.withholding import withhold
from serving.risk.schemas import RiskScored
from serving.sandbox.book import BOOK, NOBODY

LOOKED_AT, AT_ONCE = 400, 20  # officers who are asked about until every kind of answer was seen
OFFICER = re.compile(r"o-[0-9]{8}")
MOST_CASES, SHORT = 5, 3
FLAGS, STEPS = "flags", "steps"  # of the answers about risk, of those about paths
WORDS = {
    "/v1/risk": ("风险", "risk"), "/v1/next_posts": ("岗位", "posts"), "/v1/paths": ("路径", "paths"),
    "/v1/courses": ("课程", "courses"), FLAGS: ("提示", "flags"), STEPS: ("路径步骤", "steps of paths with"),
}  # fmt: skip
MARKS = {
    "scored": "已评分", "ranked": "有建议", "planned": "有路径", "not_scored": "未评分", "no_path": "无路径",
    "reached": "已达到", "withheld": "待复核", "unsure": "不确定", "cold start": "冷启动",
    "gaps": "能力差距", "blocked_by": "受限条件", "approach": "接近界限", "commend": "值得表扬",
    **{grade.value: grade.zh for grade in Grade},
}  # fmt: skip
RISK = "/v1/risk"
KINDS_OF = tuple(
    path for path in WORDS if path not in (FLAGS, STEPS)
)  # addresses whose answers come in kinds, by status and grade


def main() -> None:
    """The command."""
    use = settings()
    prepare_process(use.threads)
    console, about_all = Console(), {question.scope for question in QUESTIONS} | {AccessScope.RISK_REVIEW}
    with (
        copied(use) as there,
        own_key(there, "record_sandbox", *about_all) as headers,
        LiveService(there, headers) as service,
        steps(console, "sandbox", len(QUESTIONS) + 1) as told,
    ):
        told.say("looking for every kind of answer")
        people = _people(there, service)
        fixed = {officer: f"s-{number:04d}" for number, officer in enumerate(people, 1)}
        answers = {}
        for question in QUESTIONS:
            told.say(question.path)
            answers[question.path] = _asked(service, question, [*fixed, NOBODY], _a_course(there))
    waiting, hidden = _warned(people), "s-0000"
    answers[RISK]["results"].insert(0, _withheld(answers[RISK]["results"], waiting, hidden))
    about = {hidden: _told({RISK: ("withheld",)}), **{fixed[one]: _told(kinds) for one, kinds in people.items()}}
    BOOK.write_text(_renamed(_lines({"now": f"{there.today}T09:00:00", "about": about}, answers), fixed), "utf-8")
    console.print(f"{BOOK.name}: {len(fixed)} officers, {len(answers)} addresses, {BOOK.stat().st_size:,} bytes")


@contextmanager
def copied(use: Settings) -> Iterator[Settings]:
    """A copy of the state with its clock on its newest snapshot: feedback, events and steps of cases are asked too.

    Raises NotReady, before a service is waited for, where the folder holds no bureau.
    """
    days = snapshot_dates(use.snapshot_dir, "officers")
    if not days:
        raise NotReady(
            f"{use.state} holds no bureau; run `pharos demo --no-serve` and set PHAROS_STATE to the folder that its "
            "last line names"
        )
    with TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        shutil.copytree(use.state, state)
        yield use.model_copy(update={"state": state, "today": days[-1], "sandbox": False})


def _warned(people: Mapping[str, Mapping[str, tuple[str, ...]]]) -> str:
    """Somebody whose grade is poor; raises NotReady where nobody's is."""
    found = next((one for one, kinds in people.items() if Grade.POOR.value in kinds[RISK]), None)
    if found is None:
        raise NotReady(f"none of {LOOKED_AT} officers is graded poor; record from a larger bureau")
    return found


def _people(use: Settings, service: LiveService) -> dict[str, dict[str, tuple[str, ...]]]:
    """As few officers as show every kind of answer, and the kinds that each of them shows."""
    day = snapshot_dates(use.snapshot_dir, "officers")[-1]
    ids = sorted(read_snapshot(use.snapshot_dir, "officers", day)["officer_id"].astype(str))[:LOOKED_AT]
    seen: dict[str, dict[str, tuple[str, ...]]] = {one: {} for one in ids}
    for path in KINDS_OF:
        for begin in range(0, len(ids), AT_ONCE):
            for result in service.ask(path, {"officer_ids": ids[begin : begin + AT_ONCE]})["results"]:
                seen[result["officer_id"]] |= {path: _kind(result), **_more(result)}
    wanted = {(path, kind) for kinds in seen.values() for path, kind in kinds.items()}
    chosen: dict[str, dict[str, tuple[str, ...]]] = {}
    while wanted:
        best = max(seen, key=lambda one: (len(wanted & set(seen[one].items())), one))
        chosen[best] = seen[best]
        wanted -= set(seen[best].items())
    return chosen


def _more(result: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What the book should show once, whatever else an answer is: flags, and steps of a path that lack something."""
    steps_told = [step for path in result.get("paths", []) for step in path["steps"]]
    flags = tuple(sorted({flag["kind"] for flag in result.get("flags", [])}))
    lacks = tuple(name for name in ("gaps", "blocked_by") if any(step[name] for step in steps_told))
    return {name: told for name, told in ((FLAGS, flags), (STEPS, lacks)) if told}


def _kind(result: Mapping[str, Any]) -> tuple[str, ...]:
    """What makes one result another kind than the next: status, grade, whether it is unsure or a cold start."""
    marks = [str(result.get("status", ""))]
    marks += [str(result[name]) for name in ("grade", "track") if isinstance(result.get(name), str)]
    if any(one.get("unsure") for one in result.get("outcomes", [])):
        marks.append("unsure")
    if result.get("cold_start"):
        marks.append("cold start")
    return tuple(mark for mark in marks if mark)


def _withheld(results: Sequence[Mapping[str, Any]], officer: str, shown_as: str) -> dict[str, Any]:
    """What a caller who does not review is told of somebody whose results no person has looked at."""
    scored = RiskScored.model_validate_json(json.dumps(next(one for one in results if one["officer_id"] == officer)))
    warned = {officer: [risk.outcome.value for risk in scored.outcomes]}
    hidden = withhold({officer: scored}, NoReviews(), date.min, warned)[officer]
    return {**hidden.model_dump(mode="json"), "officer_id": shown_as}


def _told(kinds: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    zh = "；".join(f"{WORDS[path][0]}{'、'.join(MARKS[mark] for mark in kind)}" for path, kind in kinds.items())
    return {"zh": zh, "en": "; ".join(f"{WORDS[path][1]} {', '.join(kind)}" for path, kind in kinds.items())}


def _a_course(use: Settings) -> str:
    """A course that the history knows, so that an event about it is taken."""
    return min(History(use.history_dir).frame("courses", ["course_id"])["course_id"].astype(str))


def _asked(service: LiveService, question: Question, officers: Sequence[str], course: str) -> dict[str, Any]:
    """The answer to the example of an address, about the fixed officers and a course that there is."""
    body = deepcopy(dict(question.example))
    if "officer_ids" in body:
        body["officer_ids"] = list(officers)
    if "officer_id" in body:
        body["officer_id"] = officers[0]
    for one in body.get("items", []):
        one["officer_id"] = officers[0]
    for one in body.get("concerns", []):
        one["officer_id"] = officers[0]
    for one in body.get("events", []):
        one["row"] |= {"officer_id": officers[0], "course_id": course}
    if "top" in body:
        body["top"] = SHORT
    body.pop("goal", None)  # the stated goals show every kind of answer
    if question.path == "/v1/cases":
        body = {"top": MOST_CASES}
    if question.path == "/v1/cases/act":
        case = service.ask("/v1/cases", {"top": 1})["results"][0]
        body |= {"case_id": case["case_id"], "version": case["version"]}
    answer = service.ask(question.path, body)
    if question.path == "/v1/opt_out":
        service.ask(question.path, {**body, "opted_out": False})
    return {name: value for name, value in answer.items() if name != "request_id"}


def _lines(head: Mapping[str, Any], answers: Mapping[str, Any]) -> str:
    """The book as JSON with one line for each address: small, and a change shows which address it touched."""
    parts = [f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in head.items()]
    told = [f"{json.dumps(path)}: {json.dumps(value, ensure_ascii=False)}" for path, value in answers.items()]
    return "{\n" + ",\n".join([*parts, '"answers": {\n' + ",\n".join(told) + "\n}"]) + "\n}\n"


def _renamed(text: str, fixed: Mapping[str, str]) -> str:
    """Fixed ids in the place of all that the simulator drew."""
    others: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        one = found.group()
        return fixed.get(one) or others.setdefault(one, f"s-9{len(others):03d}")

    return OFFICER.sub(name, text)


if __name__ == "__main__":
    main()
