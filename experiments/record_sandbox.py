"""Write the book of the sandbox: ask a service over a simulated bureau, and keep what it answers under fixed ids.

    PHAROS_STATE=DIR python -m experiments.record_sandbox

DIR is a state that `pharos demo --no-serve` left. Ids of officers are exchanged for fixed ones, so that integrators
can write them down; of each kind of answer that an address can give, one officer is kept who gets it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from rich.console import Console

from data_contracts.settings import Settings, prepare_process, settings
from experiments.first_answer import LiveService
from experiments.progress import steps
from features.offline_files import read_snapshot, snapshot_dates
from serving.api.questions import QUESTIONS, Question
from serving.sandbox.book import BOOK, NOBODY

LOOKED_AT, AT_ONCE = 400, 50  # officers who are asked about until every kind of answer was seen
OFFICER = re.compile(r"o-[0-9]{8}")
MOST_CASES = 5
WORDS = {
    "/v1/risk": ("风险", "risk"), "/v1/next_posts": ("岗位", "posts"), "/v1/paths": ("路径", "paths"),
    "/v1/courses": ("课程", "courses"),
}  # fmt: skip
KINDS_OF = tuple(WORDS)  # addresses whose answers come in kinds, by status and grade


def main() -> None:
    """The command."""
    use = settings()
    prepare_process(use.threads)
    console = Console()
    with LiveService(use) as service, steps(console, "sandbox", len(QUESTIONS) + 1) as told:
        told.say("looking for every kind of answer")
        people = _people(use, service)
        fixed = {officer: f"s-{number:04d}" for number, officer in enumerate(people, 1)}
        answers = {}
        for question in QUESTIONS:
            told.say(question.path)
            answers[question.path] = _asked(service, question, [*fixed, NOBODY])
    about = {fixed[officer]: _told(kinds) for officer, kinds in people.items()}
    now = f"{use.today or '2026-01-01'}T09:00:00"
    text = json.dumps({"now": now, "about": about, "answers": answers}, ensure_ascii=False, indent=1, sort_keys=True)
    BOOK.write_text(_renamed(text, fixed) + "\n", "utf-8")
    console.print(f"{BOOK.name}: {len(fixed)} officers, {len(answers)} addresses, {BOOK.stat().st_size:,} bytes")


def _people(use: Settings, service: LiveService) -> dict[str, dict[str, str]]:
    """As few officers as show every kind of answer, and the kinds that each of them shows."""
    day = snapshot_dates(use.snapshot_dir, "officers")[-1]
    ids = sorted(read_snapshot(use.snapshot_dir, "officers", day)["officer_id"].astype(str))[:LOOKED_AT]
    seen: dict[str, dict[str, str]] = {one: {} for one in ids}
    for path in KINDS_OF:
        for begin in range(0, len(ids), AT_ONCE):
            for result in service.ask(path, {"officer_ids": ids[begin : begin + AT_ONCE]})["results"]:
                seen[result["officer_id"]][path] = _kind(result)
    wanted = {(path, kind) for kinds in seen.values() for path, kind in kinds.items()}
    chosen: dict[str, dict[str, str]] = {}
    while wanted:
        best = max(seen, key=lambda one: (len(wanted & set(seen[one].items())), one))
        chosen[best] = seen[best]
        wanted -= set(seen[best].items())
    return chosen


def _kind(result: Mapping[str, Any]) -> str:
    """What makes one result another kind than the next: status, grade, whether it is unsure or a cold start."""
    marks = [str(result.get("status", ""))]
    marks += [str(result[name]) for name in ("grade", "track") if isinstance(result.get(name), str)]
    if any(one.get("unsure") for one in result.get("outcomes", [])):
        marks.append("unsure")
    if result.get("cold_start"):
        marks.append("cold start")
    return ", ".join(mark for mark in marks if mark)


def _told(kinds: Mapping[str, str]) -> dict[str, str]:
    return {
        "zh": "；".join(f"{WORDS[path][0]}: {kind}" for path, kind in kinds.items()),
        "en": "; ".join(f"{WORDS[path][1]}: {kind}" for path, kind in kinds.items()),
    }


def _asked(service: LiveService, question: Question, officers: Sequence[str]) -> dict[str, Any]:
    """The answer to the example of an address, about the fixed officers."""
    body = deepcopy(dict(question.example))
    if "officer_ids" in body:
        body["officer_ids"] = list(officers)
    if "officer_id" in body:
        body["officer_id"] = officers[0]
    if question.path == "/v1/cases":
        body = {"top": MOST_CASES}
    if question.path == "/v1/cases/act":
        case = service.ask("/v1/cases", {"top": 1})["results"][0]
        body |= {"case_id": case["case_id"], "version": case["version"]}
    answer = service.ask(question.path, body)
    if question.path == "/v1/opt_out":
        service.ask(question.path, {**body, "opted_out": False})
    return {name: value for name, value in answer.items() if name != "request_id"}


def _renamed(text: str, fixed: Mapping[str, str]) -> str:
    """Fixed ids in the place of all that the simulator drew."""
    others: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        one = found.group()
        return fixed.get(one) or others.setdefault(one, f"s-9{len(others):03d}")

    return OFFICER.sub(name, text)


if __name__ == "__main__":
    main()
