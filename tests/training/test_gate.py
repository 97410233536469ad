"""The risk gate on versions whose truth is known: what passes, what fails, and what people may sign for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import pharos
from data_contracts.audit.chain import lines
from data_contracts.decisions import Shares
from data_contracts.errors import ForbiddenFeature, GateRefused, InvalidInput, NotReady, UntrustedArtifact
from data_contracts.policy import check_features, policy
from data_contracts.pseudonyms import KEY_FILE
from data_contracts.settings import Settings, settings
from data_contracts.vocabulary import Bilingual
from models import artifacts, gate_records, registry
from models.audit import audit_database
from models.registry import ResolvedModel
from models.risk.evidence import FILE, Later, Pooled
from tests.training.risk_versions import DAYS, Force, fewer_draws, register, rewritten
from training.evaluation.bootstrap import Difference
from training.evaluation.grade_rates import grade_rates, order_told
from training.gate import verdict as gate
from training.gate import waivers
from training.gate.audit_groups import register_of
from training.gate.evidence import Checked, check, check_pooled
from training.gate.lines import Line, Status, as_table, signed_although, waived_told, worst
from training.risk.record import EVIDENCE_PATH

pytestmark = pytest.mark.usefixtures("undrawn")
TODAY = date(2026, 1, 1)
REASON = "The force is too small to tell; both of us looked at each case."
PEOPLE = ("Ann Li", "Bob Wu")


@pytest.fixture(scope="module", autouse=True)
def _fewer_draws() -> Iterator[None]:
    """A tenth of the draws: these versions are clearly ahead or clearly not."""
    with fewer_draws():
        yield


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A force whose protected attributes are on record."""
    use = Settings(state=tmp_path_factory.mktemp("recorded"))
    Force().settle_in(use)
    return use


@pytest.fixture(scope="module")
def unrecorded(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A force of which nobody recorded anything."""
    return Settings(state=tmp_path_factory.mktemp("unrecorded"))


@pytest.fixture(scope="module")
def fair(recorded: Settings) -> ResolvedModel:
    """A version that is right about everybody."""
    return register(recorded, Force())


@pytest.mark.usefixtures("drawn")
def test_a_fair_and_better_model_passes_and_becomes_champion(recorded: Settings, fair: ResolvedModel) -> None:
    examined = gate.promote(recorded, "risk", fair.version)
    assert examined.passed
    assert {line.status for line in examined.lines} == {Status.PASS}
    assert {line.group for line in examined.lines} >= {"", "sex=女", "sex=男", "sex=女+age_band=30-39"}
    assert registry.resolve(recorded, "risk").version == fair.version
    path = gate_records.folder_of(recorded, fair) / gate_records.RESULT
    result = gate_records.read_signed(recorded, path)
    assert (result["passed"], result["model_hash"]) == (True, artifacts.digest(fair.path))
    logged = [item.path for item in registry.client(recorded).list_artifacts(fair.run_id, "gate")]
    assert logged == ["gate/result.json"]


def test_a_key_of_pseudonyms_changed_since_training_is_named_and_loses_no_group(
    recorded: Settings, fair: ResolvedModel
) -> None:
    place = recorded.keys_dir / KEY_FILE
    kept = place.read_bytes()
    place.write_bytes(bytes(32))
    try:
        with pytest.raises(NotReady, match=r"pseudonym\.key, which was changed since the model was trained"):
            gate.examine(recorded, "risk", fair.version)
    finally:
        place.write_bytes(kept)
    assert gate.examine(recorded, "risk", fair.version).passed


def test_a_group_whose_chances_are_inflated_fails_and_nobody_can_sign_for_it(recorded: Settings) -> None:
    model = register(recorded, Force(inflated=1.5))
    examined = gate.examine(recorded, "risk", model.version)
    failed = examined.checks(Status.FAIL)
    assert "conduct.sex=女.calibration" in failed
    with pytest.raises(InvalidInput, match="a fail is never waived"):
        gate.settle(recorded, examined, "waiver", failed[:1], REASON, PEOPLE, TODAY)
    note = waivers.note_of("waiver", model, examined.model_hash, failed, REASON, PEOPLE, TODAY)
    waivers.sign(recorded, model, note)  # past the door that refuses it
    with pytest.raises(GateRefused, match=r"conduct\.sex=女\.calibration: .* \(fail\)"):
        gate.promote(recorded, "risk", model.version)


def test_who_does_not_beat_the_count_rule_fails_and_nobody_can_sign_for_it(unrecorded: Settings) -> None:
    model = register(unrecorded, Force(ahead=False))
    examined = gate.examine(unrecorded, "risk", model.version)
    names = [f"conduct.count_rule.{name}" for name in ("average_precision", "precision")]
    assert examined.checks(Status.FAIL) == names
    for name in names:
        with pytest.raises(InvalidInput, match="cannot be signed for"):
            gate.settle(unrecorded, examined, "waiver", [name], REASON, PEOPLE, TODAY)


def test_what_nobody_recorded_is_inconclusive_until_two_people_sign(unrecorded: Settings) -> None:
    model = register(unrecorded, Force())
    examined = gate.examine(unrecorded, "risk", model.version)
    waiting = examined.checks(Status.INCONCLUSIVE)
    assert waiting == [f"conduct.{name}" for name in policy().gate.groups.attributes]
    with pytest.raises(GateRefused, match=r"conduct\.sex: nobody recorded this attribute"):
        gate.promote(unrecorded, "risk", model.version)
    gate.settle(unrecorded, examined, "waiver", waiting[:-1], REASON, PEOPLE, TODAY)
    with pytest.raises(GateRefused, match=r"conduct\.unit_size"):
        gate.promote(unrecorded, "risk", model.version)
    note = gate.settle(unrecorded, examined, "waiver", waiting[-1:], REASON, PEOPLE, TODAY)
    promoted = gate.promote(unrecorded, "risk", model.version)
    assert promoted.checks(Status.WAIVED) == waiting
    assert [kept.signed_by for kept in promoted.notes] == [PEOPLE, PEOPLE]
    logged = {item.path for item in registry.client(unrecorded).list_artifacts(model.run_id, "gate")}
    assert f"gate/{note.name}" in logged


@pytest.mark.parametrize(
    ("people", "reason", "words"),
    [
        (("Ann Li",), REASON, "^1 signed.*needs 2 different people"),
        (("Ann Li", " ann  LI "), REASON, "^1 signed.*needs 2 different people"),
        (("Ann Li", ""), REASON, "^1 signed.*needs 2 different people"),
        (("Ann Li", "Ann\u200b Li"), REASON, "^1 signed.*needs 2 different people"),
        (("Ann Li", "A\u00adnn Li\ufe0f"), REASON, "^1 signed.*needs 2 different people"),
        (("Ann Li", "Ann\x1b Li\u202c"), REASON, "^1 signed.*needs 2 different people"),
        (("Ann Li", "Li, Ann"), REASON, "^1 signed.*needs 2 different people"),
        (("José Ruiz", "Jose\u0301 Ruiz"), REASON, "^1 signed.*needs 2 different people"),
        (("李伟", "李 伟"), REASON, "^1 signed.*needs 2 different people"),
        (("李伟", "李\u3164伟\u2800"), REASON, "^1 signed.*needs 2 different people"),
        (("\u3164\u3164", "\u2800\u1160\uffa0"), REASON, "^0 signed.*needs 2 different people"),
        (("A", "B"), REASON, "^0 signed.*needs 2 different people"),
        (PEOPLE, "fine", "write a sentence"),
        (PEOPLE, "." * 40, "write a sentence"),
        (PEOPLE, "a" * 40, "write a sentence"),
    ],
    ids=[
        "one",
        "twice_the_same",
        "nobody",
        "zero_width",
        "soft_hyphen",
        "controls",
        "surname_first",
        "accents",
        "one_with_a_space",
        "fillers",
        "fillers_alone",
        "letters",
        "no_reason",
        "dots",
        "one_letter",
    ],
)
def test_a_waiver_needs_two_people_and_a_sentence(
    unrecorded: Settings, people: tuple[str, ...], reason: str, words: str
) -> None:
    model = ResolvedModel("risk", "1", Path(), "", {})
    with pytest.raises(InvalidInput, match=words):
        waivers.note_of("waiver", model, "hash", ["conduct.sex"], reason, people, TODAY)
    with pytest.raises(InvalidInput, match="exact checks"):
        waivers.note_of("waiver", model, "hash", [], REASON, PEOPLE, TODAY)
    assert waivers.note_of("justification", model, "hash", ["a"], REASON, ("Ann Li",), TODAY).on == "2026-01-01"
    chinese = waivers.note_of(
        "waiver", model, "hash", ["a"], "部里样本太小，暂无法判断，先行试用", ("李伟", "王芳"), TODAY
    )
    assert chinese.signed_by == ("李伟", "王芳")


def test_a_signature_holds_for_one_version_and_cannot_be_edited(unrecorded: Settings) -> None:
    first, second = register(unrecorded, Force()), register(unrecorded, Force(seed=6))
    examined = gate.examine(unrecorded, "risk", first.version)
    waiting = examined.checks(Status.INCONCLUSIVE)
    note = gate.settle(unrecorded, examined, "waiver", waiting, REASON, PEOPLE, TODAY)
    with pytest.raises(GateRefused, match="inconclusive"):
        gate.promote(unrecorded, "risk", second.version)
    there = gate_records.folder_of(unrecorded, second)
    shutil.copy(note, there / note.name)
    with pytest.raises(UntrustedArtifact, match=f"about risk version {first.version}"):
        gate.promote(unrecorded, "risk", second.version)
    rewritten(there / note.name, f'"version": "{first.version}"', f'"version": "{second.version}"')
    with pytest.raises(UntrustedArtifact, match="changed after it was signed"):
        gate.promote(unrecorded, "risk", second.version)


def test_another_versions_evidence_is_refused(recorded: Settings, fair: ResolvedModel) -> None:
    unfair = register(recorded, Force(inflated=1.5))
    place = Path(EVIDENCE_PATH, FILE)
    shutil.copy(fair.path.parent / place, unfair.path.parent / place)
    with pytest.raises(UntrustedArtifact, match="not what the model was signed with"):
        gate.promote(recorded, "risk", unfair.version)


def test_a_version_without_evidence_or_without_an_outcome_does_not_pass(recorded: Settings) -> None:
    empty = register(recorded, Force(), outcomes=[])
    with pytest.raises(GateRefused, match="nothing was measured"):
        gate.promote(recorded, "risk", empty.version)
    bare = register(recorded, Force(), evidence_sha256=None)
    with pytest.raises(GateRefused, match="keeps no evidence"):
        gate.promote(recorded, "risk", bare.version)


def test_warnings_of_an_outcome_do_not_end_by_a_promotion_that_did_not_mean_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    use = Settings(state=tmp_path_factory.mktemp("losing"))
    Force().settle_in(use)
    more = register(use, Force(), outcomes=["conduct", "strain"])
    registry.set_alias(use, "risk", more.version)
    fewer = register(use, Force())
    with pytest.raises(GateRefused, match=r"no longer answers strain \(.*--without strain.*Version 1 goes on"):
        gate.promote(use, "risk", fewer.version)
    with pytest.raises(GateRefused, match="no longer answers strain"):
        gate.promote(use, "risk", fewer.version, without=["departure"])
    assert gate.promote(use, "risk", fewer.version, without=["strain"]).passed
    told = [json.loads(row["body"]) for row in lines(audit_database(use))][-1]
    assert told["details"]["without"] == ["strain"]
    assert gate.promote(use, "risk", fewer.version).passed, "nothing more is lost"


def test_an_outcome_that_no_later_year_could_be_seen_of_is_refused_and_no_crash(recorded: Settings) -> None:
    model = register(recorded, Force(), outcomes=["conduct", "strain_24m"])
    found = gate.examine(recorded, "risk", model.version)
    lines = {line.check: line for line in found.lines}
    assert not lines["strain_24m.events"].holds
    assert not found.passed


def test_groups_flagged_more_often_need_words(recorded: Settings) -> None:
    """Fair, but men of this force happen to have most of the high chances: they are flagged nearly twice as often."""
    model = register(recorded, Force(seed=12))
    examined = gate.examine(recorded, "risk", model.version)
    assert examined.checks(Status.FAIL) == []
    silent = examined.checks(Status.UNEXPLAINED)
    assert {"conduct.sex=女.flag_ratio", "conduct.sex=女.false_positive_ratio"} <= set(silent)
    with pytest.raises(InvalidInput, match="with a waiver: it is unexplained"):
        gate.settle(recorded, examined, "waiver", silent[:1], REASON, PEOPLE, TODAY)
    gate.settle(recorded, examined, "waiver", examined.checks(Status.INCONCLUSIVE), REASON, PEOPLE, TODAY)
    with pytest.raises(GateRefused, match="explained in writing"):
        gate.promote(recorded, "risk", model.version)
    gate.settle(recorded, examined, "justification", silent, REASON, PEOPLE[:1], TODAY)
    assert gate.promote(recorded, "risk", model.version).checks(Status.EXPLAINED) == silent


def test_the_commands_judge_sign_and_promote(unrecorded: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    model = register(unrecorded, Force())
    monkeypatch.setenv("PHAROS_STATE", str(unrecorded.state))
    monkeypatch.setenv("PHAROS_TODAY", "2026-01-01")
    settings.cache_clear()

    def run(*words: str, status: int = 0) -> str:
        result = CliRunner().invoke(pharos.app, words, catch_exceptions=False)
        assert result.exit_code == status, result.output
        return result.output

    try:
        assert "may not answer" in run("gate", "risk", "--version", model.version, status=1)
        listed = gate_records.folder_of(unrecorded, model) / "inconclusive.txt"
        signed = ("--reason", REASON, "--signed-by", PEOPLE[0], "--signed-by", PEOPLE[1])
        first, *_ = listed_before = listed.read_text("utf-8").splitlines()
        run("gate", "waive", "risk", "--version", model.version, "--check", first, *signed)
        whole = ("gate", "waive", "risk", "--version", model.version, "--checks-from", str(listed))
        with pytest.raises(InvalidInput, match="it is waived"):
            run(*whole, "--reason", REASON, "--signed-by", PEOPLE[0], "--signed-by", "Cy Xu")
        turned = ("--reason", REASON, "--signed-by", "Wu, Bob", "--signed-by", PEOPLE[0])
        assert f"signed a waiver of them already: {first}\n" in run(*whole, *turned)
        with pytest.raises(InvalidInput, match="nothing left to sign"):
            run(*whole, *signed)
        many = len(listed_before)
        last = [run(how, "risk", "--version", model.version).splitlines()[-1] for how in ("gate", "promote")]
        assert last == [
            f"risk version {model.version} passed with {many} checks waived",
            f"risk version {model.version} is the champion: it passed with {many} checks waived",
        ]
    finally:
        settings.cache_clear()


GOOD = Difference(0.03, 0.01, 0.05)
IN_ORDER = grade_rates(np.linspace(0, 1, 200), np.linspace(0, 1, 200), policy().grades.shares)
SOUND = Checked("conduct", 200, 50.0, 0.2, GOOD, 0.03, 0.3, GOOD, IN_ORDER)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gain": Difference(0.03, 0.0, 0.05)}, "gain in average precision"),
        ({"hits": Difference(0.03, -0.01, 0.05)}, "gain in precision over count_rule at the alert budget"),
        ({"ece": 0.0301}, "expected calibration error is 0.030, must be at most 0.03"),
        ({"ece": float("nan")}, "expected calibration error is not measured"),
        ({"rates": grade_rates(np.ones(200), np.linspace(0, 1, 200), Shares(0.05, 0.15, 0.5, 0.3))}, "event rates"),
        ({"rates": {}}, "event rates"),
        ({"positives": 2.0}, "events on the later years is 2, must be at least 30"),
    ],
    ids=["precision", "hits", "ece", "nan", "equal_rates", "no_rates", "two_events"],
)
def test_each_check_of_an_outcome_can_refuse(change: dict[str, Any], words: str) -> None:
    assert SOUND.passes
    assert SOUND.because == ()
    refused = replace(SOUND, **change)
    assert not refused.passes
    assert [words in why.en for why in refused.because] == [True]
    assert "要求" in refused.because[0].zh


def test_a_model_that_puts_every_event_into_the_worst_grade_is_not_refused_for_it() -> None:
    chances = np.linspace(0, 1, 200)
    rates = grade_rates((chances > 0.96).astype(np.float64), chances, policy().grades.shares)
    assert [rate.events for rate in rates.values()] == [8.0, 0.0, 0.0, 0.0]
    assert replace(SOUND, rates=rates).passes
    assert not replace(SOUND, rates=grade_rates(np.zeros(200), chances, policy().grades.shares)).passes


def test_gains_are_counted_at_the_same_budget_of_each_day() -> None:
    """Ten officers a day, one may be flagged: the model is right on both days, the rule's tie hits one time in ten."""
    officers = [f"o{n}" for n in range(20)]
    y, counts = np.eye(1, 20)[0], np.zeros(20)
    chances = np.linspace(0.9, 0.1, 20)
    checked = check("conduct", [Later(day, officers, y, chances, counts) for day in DAYS])
    assert checked.hits.difference == pytest.approx(1.0 - 1 / 20)
    assert Pooled.of([Later(DAYS[0], officers, y, chances, counts)]).flagged(counts).tolist() == [1 / 20] * 20


def test_precision_is_of_each_days_own_top_as_the_preview_counts_it() -> None:
    """Pooled, the whole budget would fall on the second day, whose chances are all higher."""
    days = np.repeat(np.array(["2023-01-01", "2024-01-01"], dtype="datetime64[D]"), 100)
    chances = np.r_[np.linspace(0.0, 0.1, 100), np.linspace(0.5, 0.9, 100)]
    y = np.zeros(200)
    y[95:100] = 1.0  # right on the first day, wrong on the second
    officers = np.array([f"o{n % 100}" for n in range(200)], dtype=object)
    assert check_pooled("conduct", Pooled(days, officers, y, chances, np.zeros(200))).precision == 0.5


def test_the_register_knows_groups_as_of_the_day(recorded: Settings) -> None:
    evidence = Pooled.of(Force(people=4).later())
    register_there = register_of(recorded, set(DAYS))
    hidden = replace(evidence, officers=register_there.protected.index[[0, 1, 2, 3] * 2].to_numpy())
    audit = register_there.audit(hidden, policy().gate.groups)
    assert audit.lacking == ()
    assert set(audit.frame["sex"]) == {"女", "男"}
    assert set(audit.frame["age_band"]) == {"30-39"}
    assert set(audit.frame["unit_size"]) == {"300+"}
    nobody = register_of(recorded, set()).audit(replace(evidence, officers=np.array(["x"] * 8)), policy().gate.groups)
    assert nobody.lacking == policy().gate.groups.attributes


@pytest.mark.parametrize("column", ["sex", "ethnicity", "birth_year", "age_band_sex"])
def test_no_protected_attribute_is_a_feature(column: str) -> None:
    with pytest.raises(ForbiddenFeature):
        check_features([column])


def test_the_table_shows_fails_one_by_one_and_the_rest_in_numbers(recorded: Settings, fair: ResolvedModel) -> None:
    lines = list(gate.examine(recorded, "risk", fair.version).lines)
    plain = as_table(lines)
    assert plain.row_count == 7 + 6  # whole outcomes one by one, groups by measure
    failed = replace(lines[-1], status=Status.FAIL)
    assert as_table([*lines[:-1], failed]).row_count == plain.row_count + 1
    assert worst([*lines, failed]) is Status.FAIL
    assert failed.settled() == failed
    assert pd.Series(asdict(failed)).drop("note").notna().all()
    unmeasured = Line("a", "", Status.FAIL, failed.words, failed.must)
    assert unmeasured.as_record()["value"] is None


def _suspect(lines: list[Line], status: Status) -> tuple[list[Line], str]:
    place = next(number for number, line in enumerate(lines) if line.check.endswith("true_positive_gap"))
    lines[place] = replace(lines[place], status=status, suspect=True)
    return lines, lines[place].check


def test_a_suspect_has_its_own_row_and_follows_the_signatures(recorded: Settings, fair: ResolvedModel) -> None:
    """What the plain interval would have refused is never only one of many: neither before nor after it is signed."""
    found = list(gate.examine(recorded, "risk", fair.version).lines)
    before = as_table(found).row_count
    lines, check = _suspect(found, Status.WAIVED)
    table = as_table(lines)
    assert table.row_count == before + 1
    assert f"{check}" in list(table.columns[0].cells)
    assert "waived †" in list(table.columns[3].cells)
    told = signed_although(lines, [check])
    assert ["fails by its own 95 % interval" in one.en and f"({check})" in one.en for one in told] == [True]
    assert "尽管" in told[0].zh
    assert signed_although(lines, []) == []
    assert next(line for line in lines if line.suspect).as_record()["suspect"] is True
    assert "† its own 95 % interval would fail it" in str(next(line for line in lines if line.suspect))


def test_what_is_signed_is_grouped_counted_and_about_one_outcome(unrecorded: Settings) -> None:
    words = Bilingual("", "")
    lines = [
        Line("strain.sex=f.calibration", "strain", Status.WAIVED, words, words, group="sex=f", suspect=True),
        Line("strain.sex=m.calibration", "strain", Status.WAIVED, words, words, group="sex=m"),
        Line("conduct.grades", "conduct", Status.PASS, words, words),
    ]
    told = waived_told(lines)
    assert told is not None
    assert "of 3 checks 2 were inconclusive and are waived by signature (1 of them fail by" in told.en
    assert waived_told(lines[2:]) is None
    examined = gate.examine(unrecorded, "risk", register(unrecorded, Force()).version)
    waiting = [line for line in examined.lines if line.status is Status.INCONCLUSIVE]
    other = replace(waiting[0], check="strain.sex", outcome="strain")
    both = replace(examined, lines=(*examined.lines, other))
    with pytest.raises(InvalidInput, match=r"are of conduct, strain; .*conduct sex \(1\); strain sex \(1\)"):
        gate.settle(unrecorded, both, "waiver", ["conduct.sex", "strain.sex"], REASON, PEOPLE, TODAY)


def test_grades_without_events_are_told_as_level_and_nothing_has_no_sign() -> None:
    chances = np.linspace(0, 1, 200)
    rates = grade_rates((chances > 0.96).astype(np.float64), chances, policy().grades.shares)
    line = replace(SOUND, rates=rates).lines[-1]
    assert "fair and good are level, neither has an event; good and excellent are level" in str(line)
    assert line.status is Status.PASS
    assert line.note is not None
    assert order_told(rates).en == f"yes, but {line.note.en}", "the report says what the gate says"
    assert line.found == "0"
    assert "持平" in line.told.zh
    assert SOUND.lines[-1].note is None


def test_a_grade_that_nobody_has_is_said_and_refuses_nothing() -> None:
    chances = np.concatenate([np.linspace(0.5, 0.7, 8), np.linspace(0.0001, 0.0007, 192)])
    rates = grade_rates((chances > 0.6).astype(np.float64), chances, policy().grades.shares)
    line = replace(SOUND, rates=rates).lines[-1]
    assert line.status is Status.PASS
    assert "nobody is fair" in str(line)
