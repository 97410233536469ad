"""What a model must have shown before it answers for anyone.

The risk gate judges the rows of evidence that were signed together with the model; the gates of next posts, courses
and paths read the figures of their run, which training writes with `Run.gate` as `gate.<check>`, and compare groups on
the lists that were signed together with the model. There is no way round any of them by a flag.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from data_contracts.audit.chain import Action, Entry
from data_contracts.errors import GateRefused, InvalidInput, NotReady, UntrustedArtifact
from data_contracts.gating import GainLimits
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.vocabulary import Bilingual
from models import artifacts, gate_records, keys, registry, run_files
from models.audit import audit_chain, now_of, operator
from models.registry import ResolvedModel
from models.risk.evidence import FILE, Pooled, read_evidence
from training.evaluation.fairness import Fairness, Judged, fairness
from training.gate import waivers
from training.gate.audit_groups import register_of
from training.gate.coverage import coverage_lines, without_promise
from training.gate.evidence import Checked, check_pooled
from training.gate.group_lines import group_lines
from training.gate.lines import (
    SETTLED_AS,
    Line,
    Status,
    above,
    at_least,
    at_most,
    grouped_checks,
    signed_although,
    waived_told,
)
from training.gate.list_lines import SeenLists, list_lines
from training.gate.waivers import Kind, Note
from training.risk.record import EVIDENCE_PATH

SETTLED_BY: Mapping[Kind, Status] = {"waiver": Status.INCONCLUSIVE, "justification": Status.UNEXPLAINED}
NEXT_POST_CHECKS: Mapping[str, Bilingual] = {
    "ndcg_gain": Bilingual("NDCG@10 较马尔可夫的增益", "gain in NDCG@10 over markov"),
    "ndcg_gain_low": Bilingual("该增益 95 % 区间的下限", "lower end of the 95 % interval of that gain"),
}
COURSES_CHECKS: Mapping[str, Bilingual] = {
    "ndcg_gain": Bilingual("NDCG@10 较近 30 天热度的增益", "gain in NDCG@10 over recent_popularity_30d"),
    "ndcg_gain_low": NEXT_POST_CHECKS["ndcg_gain_low"],
}
PATH_CHECKS: Mapping[str, Bilingual] = {
    "hit_gain_low": Bilingual(
        "前五条路径命中率较最常走路径的增益，95 % 区间下限",
        "lower end of the 95 % gain in path hit@5 over most_frequent",
    ),
    "coverage": Bilingual("80 % 时间区间的实际覆盖率", "share of arrivals within the 80 % intervals of time"),
}


CONCERN_CHECKS: Mapping[str, Bilingual] = {
    "gain_low": Bilingual(
        "首选正确率较按名称查找的增益，95 % 区间下限",
        "lower end of the 95 % gain in right first answers over looking for names",
    ),
    "told": Bilingual("给出小类的文本比例", "share of texts that a subcategory is told for"),
    "told_right": Bilingual("给出的小类正确率", "share of told subcategories that are right"),
    "calibration_error": Bilingual("首选概率的校准误差", "calibration error of the first answer's chance"),
    "urgent_found": Bilingual("紧急诉求识别率", "share of urgent texts found"),
    "urgent_false_alarms": Bilingual("一般诉求误报为紧急的比例", "share of normal texts called urgent"),
}


@dataclass(frozen=True)
class Seen:
    """What the risk gate judged of one outcome: its rows, its own figures, its groups."""

    rows: Pooled
    checked: Checked
    fairness: Fairness


@dataclass(frozen=True)
class Examined:
    """A version before the gate: its exact bytes, every line, and who signed for what."""

    model: ResolvedModel
    model_hash: str
    metadata: Mapping[str, Any]
    lines: tuple[Line, ...]
    notes: tuple[Note, ...] = ()
    seen: Mapping[str, Seen | SeenLists] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether it may answer."""
        return bool(self.lines) and all(line.holds for line in self.lines)

    @property
    def in_short(self) -> str:
        """In a few words for the last line of a command: nobody may read "passed" alone of what people signed for."""
        if not self.passed:
            return "may not answer"
        many = len(self.checks(Status.WAIVED))
        return f"passed with {many:,} check{'' if many == 1 else 's'} waived" if many else "passed"

    @property
    def although(self) -> list[Bilingual]:
        """Of each suspect that people signed for, that they did."""
        return signed_although(self.lines, {check for note in self.notes for check in note.checks})

    @property
    def waived(self) -> Bilingual | None:
        """How much rests on signatures; None where nothing does."""
        return waived_told(self.lines)

    def checks(self, status: Status) -> list[str]:
        """Names of the lines of one status."""
        return [line.check for line in self.lines if line.status is status]


def examine(settings: Settings, name: str, version: str | None = None) -> Examined:
    """Every line for `version` (the newest by default), with the notes signed about it; changes nothing.

    The artefact is verified first: what serving could not load is not examined.
    """
    model = _version(settings, name, version)
    found = artifacts.read(model.path, keys.public_key(settings.keys_dir))
    model_hash, metadata = found.sha256, found.metadata
    registry.check_signed_name(model, metadata)
    signed = tuple(waivers.notes(settings, model, model_hash))
    seen, lines = GATES[name](settings, model, metadata)
    return Examined(model, model_hash, metadata, tuple(_settled(lines, signed)), signed, seen)


def pass_gate(settings: Settings, name: str, version: str | None = None) -> tuple[Examined, Path]:
    """Examine, and put what was found on record: signed beside the notes, and a model card with the run.

    Names of checks that wait for a signature lie there as `inconclusive.txt` and `unexplained.txt`. Returns the
    folder of the card.
    """
    from training.gate.model_card import write_card  # imports matplotlib

    examined = examine(settings, name, version)
    told = {"model": examined.model.name, "version": examined.model.version, "model_hash": examined.model_hash,
            "passed": examined.passed, "lines": [line.as_record() for line in examined.lines]}  # fmt: skip
    path = gate_records.folder_of(settings, examined.model) / gate_records.RESULT
    gate_records.write_signed(settings, path, told)
    for status in (Status.INCONCLUSIVE, Status.UNEXPLAINED):
        text = "".join(f"{check}\n" for check in examined.checks(status))
        path.with_name(f"{status.value}.txt").write_text(text, encoding="utf-8")
    run_files.keep_beside(examined.model, path, "gate")
    return examined, write_card(examined)


def promote(settings: Settings, name: str, version: str | None = None, without: Sequence[str] = ()) -> Examined:
    """Let `version` (the newest by default) answer as champion; raises GateRefused with each line that does not hold,
    and where the champion answers outcomes that this version does not and `without` does not name.

    The gate is run again here, on these bytes: a result on record is for people to read, not for promotion to trust.
    """
    examined, _ = pass_gate(settings, name, version)
    if not examined.passed:
        raise GateRefused(f"{refusal(examined)}. {_still(settings, name)}")
    lost = sorted(set(_answered(settings, name)) - set(examined.metadata.get("outcomes", ())))
    if set(lost) - set(without):
        raise GateRefused(f"{_told_lost(examined, lost)}. {_still(settings, name)}")
    _audit(settings, Action.MODEL_PROMOTED, examined, {"without": lost} if lost else {})
    registry.set_alias(settings, name, examined.model.version)
    return examined


def settle(
    settings: Settings, examined: Examined, kind: Kind, checks: Sequence[str], reason: str, signed_by: Sequence[str],
    on: date,
) -> Path:  # fmt: skip
    """Sign a waiver of inconclusive checks, or a justification of unexplained ones; where the note lies.

    Raises InvalidInput for a check that is unknown, holds already, is of the other kind, or failed, and for checks of
    several outcomes: who signs answers for one outcome at a time.
    """
    found = {line.check: line.status for line in examined.lines}
    for check in checks:
        if found.get(check) is not SETTLED_BY[kind]:
            raise InvalidInput(f"{check} cannot be signed for with a {kind}: {_why_not(found.get(check))}")
    about = sorted({line.outcome for line in examined.lines if line.check in set(checks) and line.outcome})
    if len(about) > 1:
        raise InvalidInput(
            f"one {kind} is about one outcome, and these checks are of {', '.join(about)}; sign for each by itself: "
            f"{_grouped(checks)}"
        )
    note = waivers.note_of(kind, examined.model, examined.model_hash, checks, reason, signed_by, on)
    _audit(settings, Action.GATE_SIGNED, examined, {"kind": kind, "checks": note.checks, "signed_by": note.signed_by})
    return waivers.sign(settings, examined.model, note)


def signed_already(examined: Examined, kind: Kind, checks: Sequence[str], signed_by: Sequence[str]) -> list[str]:
    """Of these checks those that the same people signed for with the same kind of note; raises InvalidInput where that
    is all of them."""
    mine = {
        check
        for note in examined.notes
        if note.kind == kind and waivers.same_people(note.signed_by, signed_by)
        for check in note.checks
    }
    done = {line.check for line in examined.lines if line.status is SETTLED_AS[SETTLED_BY[kind]]} & mine
    found = [check for check in dict.fromkeys(checks) if check in done]
    if found and done >= {*checks}:
        raise InvalidInput(
            f"the same people signed for all of these already ({len(found)} checks); there is nothing left to sign"
        )
    return found


def _grouped(checks: Sequence[str]) -> str:
    return "; ".join(f"{outcome} {measure} ({number})" for outcome, measure, number in grouped_checks(checks))


def _audit(settings: Settings, action: Action, examined: Examined, more: Mapping[str, Any]) -> None:
    """On the audit chain first: what it cannot hold is not done."""
    told = {"model": examined.model.name, "version": examined.model.version, "sha256": examined.model_hash, **more}
    audit_chain(settings).append(Entry(now_of(settings), operator(), action, details=told))


def _why_not(status: Status | None) -> str:
    if status is None:
        return "this version has no such check; `pharos gate` lists them"
    if status is Status.FAIL:
        return "it failed, and a fail is never waived; train again"
    return f"it is {status}"


def _settled(lines: Sequence[Line], signed: Sequence[Note]) -> list[Line]:
    """A waiver settles what is inconclusive and a justification what is unexplained; neither settles a fail."""
    covered = {(SETTLED_BY[note.kind], check) for note in signed for check in note.checks}
    return [line.settled() if (line.status, line.check) in covered else line for line in lines]


def risk_lines(settings: Settings, model: ResolvedModel, metadata: Mapping[str, Any]) -> Found:
    """Each served outcome as a whole and by group, on the rows that the model was signed with."""
    if not metadata.get("evidence_sha256"):
        raise GateRefused(f"{model.name} version {model.version} keeps no evidence of later years; train it again")
    evidence = read_evidence(model.path.parent / EVIDENCE_PATH / FILE, metadata["evidence_sha256"])
    outcomes, limits = list(metadata["outcomes"]), policy().gate.groups
    register = register_of(settings, {day for name in outcomes for day in _days(evidence[name])})
    seen: dict[str, Seen | SeenLists] = {}
    lines: list[Line] = []
    for name in outcomes:
        rows, audit = evidence[name], register.audit(evidence[name], limits)
        judged = Judged(rows.officers, rows.y, rows.chances, rows.flagged(rows.chances))
        one = Seen(rows, check_pooled(name, rows), fairness(judged, audit.frame, limits, len(outcomes)))
        told = without_promise(rows) if name in metadata.get("unsure_of_all", ()) else rows
        kept = coverage_lines(name, told, audit.frame, (policy().grades.doubt.promise, len(outcomes)), policy().gate)
        whole, groups = ([line for line in kept if bool(line.group) is of_group] for of_group in (False, True))
        lines += [*one.checked.lines, *whole, *group_lines(name, one.fairness, audit.lacking, limits), *groups]
        seen[name] = one
    return seen, lines


def _days(rows: Pooled) -> list[date]:
    days: list[date] = np.unique(rows.days).tolist()
    return days


def next_post_lines(settings: Settings, model: ResolvedModel) -> list[Line]:
    """The gain over markov, as the run measured it."""
    return _gain_lines(_figures(settings, model), NEXT_POST_CHECKS, policy().gate.next_post)


def courses_lines(settings: Settings, model: ResolvedModel) -> list[Line]:
    """The gain over the popularity of the last 30 days, as the run measured it."""
    return _gain_lines(_figures(settings, model), COURSES_CHECKS, policy().gate.courses)


def path_lines(settings: Settings, model: ResolvedModel) -> list[Line]:
    """No loss against the way most often taken, and times that may be believed, as the run measured them."""
    figures, limits = _figures(settings, model), policy().gate.paths
    low, high = limits.coverage_low, limits.coverage_high
    loss, coverage = (figures.get(name, math.nan) for name in PATH_CHECKS)
    between = Bilingual(f"{low:g} 至 {high:g}", f"{low:g} to {high:g}")
    return [
        _line("hit_gain_low", PATH_CHECKS, at_least(-limits.loss_at_most), (loss >= -limits.loss_at_most, loss)),
        _line("coverage", PATH_CHECKS, between, (low <= coverage <= high, coverage)),
    ]


def concern_lines(settings: Settings, model: ResolvedModel, _: Mapping[str, Any]) -> Found:
    """What held-out phrases showed, as the run measured it; phrases belong to no group of officers."""
    figures, limits = _figures(settings, model), policy().gate.concerns
    least = {"told": limits.told_at_least, "told_right": limits.told_right_at_least,
             "urgent_found": limits.urgent_found_at_least}  # fmt: skip
    most = {"calibration_error": policy().gate.calibration_error_at_most,
            "urgent_false_alarms": limits.false_alarms_at_most}  # fmt: skip
    found = {check: figures.get(check, math.nan) for check in CONCERN_CHECKS}
    gain, words = found["gain_low"], CONCERN_CHECKS
    return {}, [
        _line("gain_low", words, above(limits.gain_low_above), (gain > limits.gain_low_above, gain)),
        *(_line(name, words, at_least(limit), (found[name] >= limit, found[name])) for name, limit in least.items()),
        *(_line(name, words, at_most(limit), (found[name] <= limit, found[name])) for name, limit in most.items()),
    ]


def _gain_lines(figures: Mapping[str, float], checks: Mapping[str, Bilingual], limits: GainLimits) -> list[Line]:
    """Every check must lie above its limit; what was not measured does not."""
    asked = dict(zip(checks, (limits.gain_above, limits.gain_low_above), strict=True))
    found = {check: figures.get(check, math.nan) for check in asked}
    return [_line(check, checks, above(limit), (found[check] > limit, found[check])) for check, limit in asked.items()]


def _figures(settings: Settings, model: ResolvedModel) -> Mapping[str, float]:
    """What training measured for the gate, by check."""
    metrics = registry.client(settings).get_run(model.run_id).data.metrics
    return {name.removeprefix("gate."): value for name, value in metrics.items() if name.startswith("gate.")}


def _line(check: str, words: Mapping[str, Bilingual], must: Bilingual, found: tuple[bool, float]) -> Line:
    holds, value = found
    return Line(check, "", Status.PASS if holds else Status.FAIL, words[check], must, value)


def recommender_lines(
    own: Callable[[Settings, ResolvedModel], list[Line]],
    settings: Settings, model: ResolvedModel, metadata: Mapping[str, Any],
) -> Found:  # fmt: skip
    """What is asked of the recommender as a whole, then of each group."""
    seen, lines = list_lines(settings, model, metadata)
    return {} if seen is None else {model.name: seen}, [*own(settings, model), *lines]


Found = tuple[Mapping[str, Seen | SeenLists], list[Line]]
GATES: Mapping[str, Callable[[Settings, ResolvedModel, Mapping[str, Any]], Found]] = {
    "risk": risk_lines,
    "next-post": partial(recommender_lines, next_post_lines),
    "courses": partial(recommender_lines, courses_lines),
    "paths": partial(recommender_lines, path_lines),
    "concerns": concern_lines,
}


def _version(settings: Settings, name: str, version: str | None) -> ResolvedModel:
    found = registry.versions(settings, name)
    if not found:
        raise NotReady(f"no version of {name} is registered; run `pharos train {name}`")
    return registry.version_of(settings, name, version) if version else found[-1]


def refusal(examined: Examined) -> str:
    """What stands in the way of a version, fails first; long lists are cut, the table has them all."""
    closed = sorted(
        (line for line in examined.lines if not line.holds), key=lambda line: line.status is not Status.FAIL
    )
    told = "; ".join(map(str, closed[:6])) + (f"; and {len(closed) - 6} more" if len(closed) > 6 else "")
    return f"{examined.model.name} version {examined.model.version} was not promoted: {told or 'nothing was measured'}"


def _answered(settings: Settings, name: str) -> Sequence[str]:
    """The outcomes that the champion answers; none where there is no champion that could answer."""
    try:
        champion = registry.resolve(settings, name)
        outcomes = artifacts.read(champion.path, keys.public_key(settings.keys_dir)).metadata.get("outcomes", ())
    except (NotReady, UntrustedArtifact):
        return ()
    return [str(outcome) for outcome in outcomes]


def _told_lost(examined: Examined, lost: Sequence[str]) -> str:
    """Warnings that would end in silence are not ended by a promotion that nobody meant so."""
    why = examined.metadata.get("not_served", {})
    told = [f"{name} ({'; '.join(one['en'] for one in why[name])})" if why.get(name) else name for name in lost]
    return (
        f"version {examined.model.version} no longer answers {', '.join(told)}, which the champion does; train again "
        f"when that can be trained, or promote with {' '.join(f'--without {name}' for name in lost)} if it is meant so"
    )


def _still(settings: Settings, name: str) -> str:
    try:
        return f"Version {registry.resolve(settings, name).version} goes on answering."
    except NotReady:
        return "No version answers yet."
