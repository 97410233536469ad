"""What is on record of models: versions, the gate's signed result, the card, drift, and who decided.

Nothing is computed here: training, the gate and the watch wrote it, and the audit chain holds who promoted what. What
was signed is shown only where its signature holds.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from data_contracts.audit.chain import Action, lines
from data_contracts.audit.search import Sought, found_in
from data_contracts.errors import NotReady, PharosError, UntrustedArtifact
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual, Outcome
from models import artifacts, gate_records, keys, registry
from models.audit import audit_database
from models.groups import group_named
from models.registry import ResolvedModel
from models.risk.evidence import FILE, PLACE, expected_events, is_told, read_evidence
from models.strict_json import strict_json
from serving.champions.cards import card_of
from serving.champions.decided import decided
from serving.champions.record_schemas import (
    Decision,
    DriftFinding,
    DriftTold,
    GateLine,
    Here,
    ModelsRequest,
    ModelsTold,
    ModelTold,
    RefusedHere,
    SignedNote,
    VersionTold,
)
from serving.champions.refusing import Standing
from serving.schemas import Text
from serving.waiting import still_wanted
from serving.words import text_of

TITLES: Mapping[str, Bilingual] = {
    "risk": Bilingual("风险预警", "risk warnings"),
    "next-post": Bilingual("下一岗位", "next posts"),
    "courses": Bilingual("课程排序", "order of courses"),
    "paths": Bilingual("职业路径", "career paths"),
    "concerns": Bilingual("诉求研判", "triage of concerns"),
}
CHANGED = Bilingual(
    "检验记录在签字之后被改动，不予显示；请重新运行发布检验",
    "the record of the gate was changed after it was signed, and is not shown; run the gate again",
)
DECIDED = (
    Action.GATE_SIGNED, Action.MODEL_PROMOTED, Action.MODEL_ROLLED_BACK, Action.MODEL_TAKEN_UP, Action.MODEL_REFUSED,
)  # fmt: skip
PATH = "/pages/models"
RISK, QUIET, EVENTS = "risk", "quiet", "events"
MOST_DECISIONS, MOST_FINDINGS = 12, 20
MONTHS = re.compile(r"(?P<outcome>[a-z_]+?)_(?P<months>[0-9]+)m")
LEVELS = ("quiet", "warning", "alert")


@dataclass(frozen=True)
class ModelsDesk:
    """Everything that the page of models needs; `standing` tells what this process does with a model."""

    settings: Settings
    standing: Callable[[str], Standing] | None = None

    def answer(self, request: ModelsRequest, request_id: str, _: datetime) -> ModelsTold:
        """All models in short, or one whole; raises RegistryDown where the registry cannot be read."""
        if request.name is not None:
            return ModelsTold(request_id=request_id, models=[self._whole(request.name)])
        told = []
        for name in registry.NAMES:
            still_wanted()
            told.append(self._short(name, registry.versions(self.settings, name)))
        return ModelsTold(request_id=request_id, models=told)

    def _short(self, name: str, found: Sequence[ResolvedModel]) -> ModelTold:
        champion = _champion(self.settings, name) if found else None
        here = _here(self.standing(name), champion) if self.standing is not None else None
        answers = champion if here is None else here.version
        results = {one.version: _result(self.settings, one) for one in found}
        wrong = any(isinstance(one, UntrustedArtifact) for one in results.values())
        return ModelTold(
            name=name,
            title=text_of(TITLES[name]),
            champion=champion,
            answers=answers,
            here=here,
            versions=[
                _version(self.settings, one, (champion, answers), results[one.version]) for one in reversed(found)
            ],
            problem=text_of(CHANGED) if wrong else None,
        )

    def _whole(self, name: str) -> ModelTold:
        """With all that is on record of the version that answers, or of the newest where none does."""
        found = registry.versions(self.settings, name)
        short = self._short(name, found)
        shown = next((one for one in found if one.version == short.answers), found[-1] if found else None)
        every = list(_decisions(self.settings, name))
        decisions = every[-MOST_DECISIONS:]
        more: dict[str, Any] = {
            "decisions": decisions[::-1],
            "earlier_decisions": len(every) - len(decisions),
            "drift": _drift(self.settings) if name == RISK else None,
        }
        if shown is not None:
            result = _result(self.settings, shown)
            still_wanted()
            card = shown.path.parent / gate_records.CARD
            more |= {
                "shown": shown.version,
                "lines": _lines(self.settings, shown, result) if isinstance(result, Mapping) else [],
                "notes": list(_notes(self.settings, shown)),
                "card_zh": card_of(card, "zh"),
                "card_en": card_of(card, "en"),
            }
        return short.model_copy(update=more)


def _champion(settings: Settings, name: str) -> str | None:
    try:
        return registry.resolve(settings, name).version
    except NotReady as error:
        if type(error) is not NotReady:  # a registry that cannot be read says nothing about the alias
            raise
        return None


def _here(standing: Standing, champion: str | None) -> Here:
    """What this process does with a model; a refusal counts while the alias still names that version."""
    refusal, version = standing.refusal, standing.version
    if refusal is None or refusal.version != champion or version == champion:
        return Here(version=version)
    return Here(version=version, refused=RefusedHere(
        version=refusal.version, since=refusal.since, why=text_of(refusal.told), again=refusal.again))  # fmt: skip


def _version(
    settings: Settings,
    one: ResolvedModel,
    chosen: tuple[str | None, str | None],
    result: Mapping[str, Any] | UntrustedArtifact | None,
) -> VersionTold:
    """One of them; `chosen` are the version that was promoted and the one that answers."""
    champion, answers = chosen
    told = result if isinstance(result, Mapping) else None
    return VersionTold(
        version=one.version,
        champion=one.version == champion,
        answers=one.version == answers,
        passed=None if told is None else bool(told["passed"]),
        counts={} if told is None else dict(Counter(str(line["status"]) for line in told["lines"])),
        trained_as_of=_trained(settings, one),
    )


def _trained(settings: Settings, one: ResolvedModel) -> str | None:
    """As its signed files say; None where they do not hold."""
    with suppress(PharosError, OSError):
        told = artifacts.read(one.path, keys.public_key(settings.keys_dir)).metadata.get("as_of")
        return None if told is None else str(told)
    return None


def _result(settings: Settings, one: ResolvedModel) -> Mapping[str, Any] | UntrustedArtifact | None:
    """What the gate found of a version, None where it never was there; the error where it was changed since."""
    path = gate_records.folder_of(settings, one) / gate_records.RESULT
    if not path.is_file():
        return None
    try:
        return gate_records.read_signed(settings, path)
    except UntrustedArtifact as error:
        return error


def _lines(settings: Settings, one: ResolvedModel, result: Mapping[str, Any]) -> list[GateLine]:
    """Every check; a count of events with what of it is chances of what is still open."""
    open_ = _open_events(settings, one) if one.name == RISK else {}
    return [
        _line(told).model_copy(update={"expected": open_[told["outcome"]]})
        if str(told["check"]) == f"{told['outcome']}.{EVENTS}" and told["outcome"] in open_
        else _line(told)
        for told in result["lines"]
    ]


def _open_events(settings: Settings, one: ResolvedModel) -> Mapping[str, float]:
    """By outcome, of those that have any; none where the rows that a version was checked on do not hold."""
    with suppress(PharosError, OSError, KeyError):
        signed = artifacts.read(one.path, keys.public_key(settings.keys_dir)).metadata["evidence_sha256"]
        rows = read_evidence(one.path.parent / PLACE / FILE, signed)
        found = {outcome: expected_events(some.y) for outcome, some in rows.items()}
        return {outcome: many for outcome, many in found.items() if is_told(many)}
    return {}


def _line(told: Mapping[str, Any]) -> GateLine:
    """A check by its parts: outcome, group where there is one, and figure.

    >>> _line({"check": "conduct.sex=女.calibration", "outcome": "conduct", "status": "pass", "value": 1.0,
    ...        "low": None, "high": None}).group.en
    'women'
    """
    check, outcome = str(told["check"]), str(told["outcome"])
    rest = check.removeprefix(f"{outcome}.") if outcome else check
    group, _, measure = rest.rpartition(".")
    grouped = "=" in group
    numbers = {name: _number(told.get(name)) for name in ("value", "low", "high")}
    return GateLine(
        check=check,
        subject=text_of(_named(outcome)) if outcome else Text(zh="整体", en="as a whole"),
        group=text_of(group_named(group)) if grouped else None,
        measure=measure if grouped else rest,
        status=str(told["status"]),
        suspect=bool(told.get("suspect", False)),
        **numbers,
    )


def _notes(settings: Settings, one: ResolvedModel) -> Iterator[SignedNote]:
    """Those whose signature holds and that are about these very bytes."""
    for path in sorted(gate_records.folder_of(settings, one).glob("*-*.json")):
        with suppress(UntrustedArtifact):
            told = gate_records.read_signed(settings, path)
            if (told["model"], told["version"]) == (one.name, one.version):
                yield SignedNote(
                    kind=told["kind"], signed_by=told["signed_by"], on=date.fromisoformat(told["on"]),
                    reason=told["reason"], checks=len(told["checks"]),
                )  # fmt: skip


def _decisions(settings: Settings, name: str) -> Iterator[Decision]:
    """Lines of the audit chain about a model, oldest first; none where nothing was ever audited."""
    database = audit_database(settings)
    if not database.exists:
        return
    sought = Sought(actions=frozenset(DECIDED))
    for one in found_in(lines(database), sought, keys.public_key(settings.keys_dir)):
        details = one.told["details"]
        if one.told["action"] and name in (details.get("model"), details.get("name")):
            yield Decision(
                at=datetime.fromisoformat(one.told["at"]), action=one.told["action"], actor=one.told["actor"],
                version=str(details.get("version", "")), wrong=bool(one.wrong),
                more=[text_of(line) for line in decided(details)],
            )  # fmt: skip


def _drift(settings: Settings) -> DriftTold | None:
    """The newest watch that `pharos watch` left in the state folder."""
    found = sorted((settings.state / "watch").glob("*/watch.json"))
    for path in reversed(found):
        with suppress(OSError, PharosError, KeyError, TypeError, ValueError):
            return _watched(strict_json(path.read_bytes(), path.name))
    return None


def _watched(told: Mapping[str, Any]) -> DriftTold:
    loud = [one for one in told["findings"] if one["level"] != QUIET]
    loud.sort(key=lambda one: (-LEVELS.index(one["level"]), one["section"], one["what"]))
    return DriftTold(
        as_of=date.fromisoformat(told["as_of"]),
        version=str(told["model_version"]),
        level=str(told["level"]),
        watched=len(told["findings"]),
        findings=[_finding(one) for one in loud[:MOST_FINDINGS]],
        notices=[Text(zh=one["zh"], en=one["en"]) for one in told["notices"]],
    )


def _finding(told: Mapping[str, Any]) -> DriftFinding:
    name = _moved(str(told["what"]))
    return DriftFinding(
        section=str(told["section"]), what=str(told["what"]), name=text_of(name), figure=str(told["figure"]),
        then=_number(told.get("then")), now=_number(told.get("now")), level=str(told["level"]),
    )  # fmt: skip


def _moved(code: str) -> Bilingual:
    """What moved: an outcome with its months, or a feature by its code.

    >>> _moved("conduct_12m").en, _moved("tenure_days").en
    ('sustained complaint, 12 months', 'tenure_days')
    """
    found = MONTHS.fullmatch(code)
    if found is None:
        return _named(code)
    of, months = _named(found["outcome"]), found["months"]
    return Bilingual(f"{of.zh}，{months}个月", f"{of.en}, {months} months")


def _named(code: str) -> Bilingual:
    """An outcome or a model by its name, anything else by its code."""
    return Outcome(code).label if code in tuple(Outcome) else TITLES.get(code, Bilingual(code, code))


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
