"""Training on a small simulated bureau through the feature store: checked, signed, registered, and it scores."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

import pharos
from data_contracts.errors import ForbiddenFeature, InvalidInput, MissingTable, NotReady
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import Plan
from data_contracts.simulator.write import write_simulation
from data_contracts.vocabulary import Bilingual
from features.building import build_features
from features.declared import declared_features
from features.history import History
from features.ingest import Delivered, ingest_with_progress
from features.snapshots import officer_frame
from features.store import FeatureReader
from models import artifacts, keys, registry
from models.risk.code_rates import CodeRates
from models.risk.model import OutcomeModel, RiskBundle
from training.evaluation.bootstrap import Difference
from training.gate.audit_groups import TABLE as AUDIT_TABLE
from training.risk import code_signs, train
from training.risk.dataset import Lesson, as_ofs_needed, lesson_of
from training.risk.fit import FitSettings, fit_outcome
from training.risk.outcomes import recorded_until
from training.risk.record import Later, Trained, as_table, check, doubt_of
from training.risk.train import (
    RiskTraining,
    bundled,
    check_recorded,
    label_tables,
    material_of,
    service_of,
    split_of,
    train_risk,
)
from training.risk.withheld import LEFT_OUT, Withheld
from training.risk.years import Years

DAY = date(2026, 1, 1)
OTHERS = declared_features().service("risk_v1").chosen
FAST = FitSettings({"rounds": 25, "learning_rate": 0.1, "min_data_in_leaf": 20})
FASTER = replace(FAST, members=("boosted", "logistic"))  # where it matters what was trained, and not of which members


@pytest.fixture(scope="module")
def trained_state(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A bureau of 250 officers from the export to four yearly snapshots."""
    settings = Settings(state=tmp_path_factory.mktemp("state"))
    export = settings.state / "export"
    write_simulation(Plan(250, 6, 9, DAY), export, with_bad_rows=False)
    ingest_with_progress(Delivered("simulator", export, None), settings, Console(quiet=True), dry_run=False)
    build_features(settings, [date(year, 1, 1) for year in (2022, 2023, 2024, 2025, 2026)])
    return settings


@dataclass(frozen=True)
class Training:
    """What was trained of two outcomes, and the tables that were read for it."""

    trained: Trained
    read: Sequence[str]


@pytest.fixture(scope="module")
def training(trained_state: Settings) -> Training:
    """Once for all tests that look at what a training leaves."""
    with pytest.MonkeyPatch.context() as patch:
        read = tables_read(patch)
        return Training(train_risk(trained_state, RiskTraining(DAY, ("conduct", "strain"), fit=FAST)), tuple(read))


def tables_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of tables whose frames are read from now on."""
    read: list[str] = []
    frame = History.frame

    def noted(self: History, table: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        read.append(table)
        return frame(self, table, columns)

    monkeypatch.setattr(History, "frame", noted)
    return read


def test_a_model_is_checked_signed_registered_and_scores(trained_state: Settings, training: Training) -> None:
    trained, read = training.trained, training.read
    assert "complaints" in read
    assert AUDIT_TABLE in History(trained_state.history_dir).tables()
    assert read.count(AUDIT_TABLE) == 1  # whether a code stands for an age is asked of it, and nothing else
    parts, metadata = artifacts.load(trained.model.path, keys.public_key(trained_state.keys_dir))
    bundle = RiskBundle.from_parts(parts)
    reader = FeatureReader(trained_state)
    assert set(bundle.outcomes) == set(trained.served)
    assert metadata["name"] == trained.model.name == "risk"
    assert bundle.service == metadata["service"] == service_of(bundle.outcomes)
    assert metadata["service_hash"] == reader.service_hash(bundle.service)
    scored = bundle.score(reader.snapshot(DAY))
    assert scored["status"].isin(["scored", "not_scored"]).all()
    known = scored[scored["status"] == "scored"]
    assert known["probability"].between(0, 1).all()
    assert known["reasons"].str.contains("theme").any()
    assert {one.outcome for one in trained.checked} == {"conduct", "strain"}
    assert as_table(trained).row_count == 2
    assert trained_state.pictures_dir / trained.model.run_id / "risk-conduct.png" in trained.pictures
    assert all(place.is_file() for place in trained.pictures)
    for outcome, years in trained.years.items():
        assert years.learned_from
        assert max(years.learned_from) < DAY
        assert set(years.learned_from) <= set(reader.snapshot_dates())
        assert Years.from_json(metadata["years"][outcome]) == years
        assert all(str(day) in years.told.en for day in (*years.learned_from, *years.judged_on))
    assert set(trained.years) == {"conduct", "strain"}


def test_of_what_the_audit_compares_a_model_keeps_no_more_than_which_codes_it_tells(
    trained_state: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it was on record, with nobody's known, or not at all: every weight, cut and mean is the same."""
    kept, codes = list[dict[str, object]](), list[CodeRates]()
    monkeypatch.setattr(code_signs, "WRONG", 1.5)  # in a small force no code is sure: be sure of less
    monkeypatch.setattr(code_signs, "LEAST_EXPECTED", 0.5)
    for there in (True, False):
        if there:
            monkeypatch.setattr(Withheld, "groups", lambda _, spine: np.full(len(spine), LEFT_OUT))
        else:
            monkeypatch.setattr(train, "withheld_of", lambda _: None)
        trained = train_risk(trained_state, RiskTraining(DAY, ("conduct",), checks=1, fit=FAST))
        parts, _ = artifacts.load(trained.model.path, keys.public_key(trained_state.keys_dir))
        codes.append(RiskBundle.from_parts(parts).outcome_models[0].codes)
        (told,) = parts.json["risk"]["outcomes"]
        del told["code_rates"]
        kept.append(
            {"json": parts.json, "texts": parts.texts, "arrays": {k: v.tolist() for k, v in parts.arrays.items()}}
        )
    assert kept[0] == kept[1]
    assert codes[0] == {}
    assert codes[1]


def test_how_it_was_fitted_is_on_record(trained_state: Settings, training: Training) -> None:
    trained = training.trained
    params = registry.client(trained_state).get_run(trained.model.run_id).data.params
    assert params["boosted.rounds"] == str(FAST.boosted["rounds"])
    assert "rounds" in params["tuned"]
    assert float(params["penalty"]) == FAST.penalty
    assert params["seed"] == str(FAST.seed)
    assert "boosted" in params["blend.conduct"]


def test_each_horizon_has_its_own_model_and_its_own_rows(trained_state: Settings) -> None:
    trained = train_risk(trained_state, RiskTraining(DAY, ("conduct",), checks=0, fit=FASTER, horizons=(6, 12)))
    parts, metadata = artifacts.load(trained.model.path, keys.public_key(trained_state.keys_dir))
    bundle = RiskBundle.from_parts(parts)
    assert bundle.answers == (("conduct", 6), ("conduct", 12))
    assert trained.served == ("conduct_6m", "conduct") == tuple(metadata["outcomes"])
    force = FeatureReader(trained_state).snapshot(DAY)
    scored = bundle.score(force)
    assert len(scored) == 2 * len(force)
    assert scored["horizon_months"].tolist()[:4] == [6, 12, 6, 12]
    wide = scored.pivot(index="officer_id", columns="horizon_months", values="probability").dropna()
    assert wide[12].mean() > 1.3 * wide[6].mean()
    assert bundle.cuts["conduct", 12] != bundle.cuts["conduct", 6]


def test_a_horizon_that_policy_does_not_allow_is_refused(trained_state: Settings) -> None:
    with pytest.raises(InvalidInput, match="policy allows 6, 12, 24"):
        train_risk(trained_state, RiskTraining(DAY, ("conduct",), horizons=(9,)))


def test_strain_alone_sees_sick_days(trained_state: Settings) -> None:
    reader, tables = FeatureReader(trained_state), label_tables(History(trained_state.history_dir))
    asked, answers = RiskTraining(DAY, fit=FASTER), [("conduct", 12), ("strain", 12)]
    splits = {answer: split_of(asked, answer, tables, reader.snapshot_dates()) for answer in answers}
    material = material_of(reader, tables, as_ofs_needed(list(splits.values())), ["conduct", "strain"])
    lessons = [material.lesson(answer, split) for answer, split in splits.items()]
    assert [any(map(is_sick, lesson.design.columns)) for lesson in lessons] == [False, True]
    bundle = bundled([fit_outcome(lesson, FASTER) for lesson in lessons], reader, material.rows, DAY)
    assert (bundle.service, bundle.service_hash) == ("strain_v1", reader.service_hash("strain_v1"))
    assert set(bundle.columns) <= set(reader.columns("strain_v1"))
    force = reader.snapshot(DAY)
    sicker = force.assign(**{name: 500.0 for name in force.columns if is_sick(name)})
    said, changed = (bundle.score(frame).groupby("outcome")["probability"] for frame in (force, sicker))
    pd.testing.assert_series_equal(said.get_group("conduct"), changed.get_group("conduct"))
    assert (said.get_group("strain") != changed.get_group("strain")).any()
    with pytest.raises(ForbiddenFeature, match="only strain may use it"):
        lesson_of(material.rows, "conduct", splits["conduct", 12], material.columns["strain"])


def test_sick_days_move_no_feature_that_another_outcome_sees(trained_state: Settings) -> None:
    history, before = History(trained_state.history_dir), FeatureReader(trained_state).snapshot(DAY)
    tables = {name: history.frame(name) for name in history.tables()}
    tables["duty_months"] = tables["duty_months"].assign(sick_days=22.0)
    after = officer_frame(tables, before[["officer_id", "as_of"]])
    pd.testing.assert_frame_equal(before[list(OTHERS)], after[list(OTHERS)], check_dtype=False)
    assert not before.filter(like="sick_days").equals(after.filter(like="sick_days"))


def test_days_without_snapshots_are_told(trained_state: Settings) -> None:
    with pytest.raises(NotReady, match="pharos features"):
        train_risk(trained_state, RiskTraining(date(2025, 6, 15), ("conduct",), fit=FAST))


def test_silence_after_the_records_end_is_not_learned_as_good_news(trained_state: Settings) -> None:
    with pytest.raises(
        InvalidInput, match=r"the records of conduct end on 202[56]-\d\d-\d\d, \d+ days before 2026-06-01"
    ):
        train_risk(trained_state, RiskTraining(date(2026, 6, 1), ("conduct",), fit=FAST))
    check_recorded(date(2026, 1, 31), "conduct", label_tables(History(trained_state.history_dir)))


def test_a_table_that_goes_on_does_not_speak_for_one_that_fell_silent() -> None:
    """Promotions live on while the feed of courses died two years ago: nobody seems to learn, so all seem to stand."""
    rows = {name: pd.DataFrame({"known_on": pd.to_datetime(["2020-01-01", last])})
            for name, last in (("promotions", "2025-12-30"), ("course_completions", "2023-12-31"))}  # fmt: skip
    with pytest.raises(InvalidInput, match=r"end on 2023-12-31, 732 days before .* fell silent is course_completions"):
        check_recorded(DAY, "stagnation", rows)
    living = rows | {"course_completions": rows["promotions"]}
    check_recorded(DAY, "stagnation", living)
    yearly = pd.DataFrame({"known_on": pd.to_datetime(["2023-07-01", "2024-07-01", "2025-07-01"])})
    check_recorded(DAY, "stagnation", living | {"promotions": yearly})  # half a year after the last is no silence
    assert recorded_until(living | {"promotions": yearly}, "stagnation") == date(2025, 12, 30)
    check_recorded(DAY, "stagnation", living | {"course_completions": rows["promotions"].head(0)})


def test_a_history_too_short_for_the_horizon_says_so(trained_state: Settings) -> None:
    with pytest.raises(NotReady, match="shorter --horizon-months"):
        train_risk(trained_state, RiskTraining(date(2021, 6, 1), ("conduct",), fit=FAST, horizons=(24,)))


def test_what_did_not_pass_is_not_told_as_kept() -> None:
    model = registry.ResolvedModel("risk", "1", Path(), "run", {})
    failed = check("conduct", [later(1.0)])
    out = io.StringIO()
    Console(file=out, width=80).print(as_table(Trained(model, (failed,), ("conduct",))))
    assert " no " in out.getvalue()
    assert " yes " not in out.getvalue()
    assert "none passed" in out.getvalue()


def test_no_figure_of_the_table_is_cut_on_80_columns() -> None:
    model = registry.ResolvedModel("risk", "1", Path(), "run", {})
    found = replace(
        check("any_complaint_24m", [later(1.0)]), positives=123456.0, gain=Difference(-0.1234, -0.2346, 0.1)
    )
    out = io.StringIO()
    Console(file=out, width=80).print(as_table(Trained(model, (found,), ())))
    text = out.getvalue()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80
    for told in ("123456", "-0.123 [-0.235, 0.100]", f"{found.ap:.3f}", f"{found.ece:.3f}", f"{found.precision:.3f}"):
        assert told in text


def test_how_many_are_unsure_is_told_under_the_table() -> None:
    days = [replace(later(0.2, seed), as_of=date(2023 + seed, 1, 1)) for seed in range(2)]
    lines = doubt_of({"conduct": days, "strain": days[:1]})
    assert [line.en.partition(":")[0] for line in lines] == ["conduct"]  # one day measures nothing
    assert "unsure of everyone" in doubt_of({}, ["strain"])[0].en
    out = io.StringIO()
    model = registry.ResolvedModel("risk", "1", Path(), "run", {})
    trained = Trained(model, (check("conduct", days),), ("conduct",), doubt=lines)
    Console(file=out, width=200).print(as_table(trained))
    assert "unsure at the promise of 80 %" in " ".join(out.getvalue().split())


def test_an_empty_history_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingTable, match="ingest"):
        train_risk(Settings(state=tmp_path), RiskTraining(DAY))
    assert History(tmp_path / "history").tables() == []


def with_only(tables: Sequence[str], export: Path, state: Path) -> Settings:
    """A state that was given these tables of an export and no other."""
    folder = state / "some"
    folder.mkdir()
    for name in tables:
        shutil.copy(export / f"{name}.parquet", folder)
    settings = Settings(state=state)
    ingest_with_progress(Delivered("simulator", folder, None), settings, Console(quiet=True), dry_run=False)
    return settings


def test_officers_whom_others_refer_to_are_no_record_of_departures(trained_state: Settings, tmp_path: Path) -> None:
    settings = with_only(["postings", "complaints"], trained_state.state / "export", tmp_path)
    assert "officers" in History(settings.history_dir).tables()
    build_features(settings, [date(2025, 1, 1), DAY])
    with pytest.raises(MissingTable, match="'departure' needs table 'officers', which the history does not have"):
        train_risk(settings, RiskTraining(DAY, ("departure",), fit=FASTER))
    trained = train_risk(settings, RiskTraining(DAY, fit=FASTER, checks=0))
    _, metadata = artifacts.load(trained.model.path, keys.public_key(settings.keys_dir))
    assert metadata["outcomes"] == ["conduct"]
    (why,) = metadata["not_served"]["departure"]
    assert (why["en"], "officers" in why["zh"]) == ("needs officers, which nobody delivered", True)
    assert set(trained.lacking) == {"strain", "departure", "stagnation"}
    out = io.StringIO()
    Console(file=out, width=200).print(as_table(trained))
    assert "departure is left out: needs officers" in out.getvalue()


def test_a_feed_that_fell_silent_leaves_its_outcome_out_and_the_others_are_trained(
    trained_state: Settings, tmp_path: Path
) -> None:
    """The last row of the departure feed is 487 days old: nobody left since, or nobody said so."""
    last, export = pd.Timestamp("2024-09-01"), tmp_path / "export"
    shutil.copytree(trained_state.state / "export", export)
    officers = pd.read_parquet(export / "officers.parquet")
    days = officers[["entered_on", "left_on", "known_on"]].apply(pd.to_datetime)
    heard = officers[(days.max(axis=1) <= last)].assign(known_on=days["known_on"])
    newest = heard["known_on"].idxmax()
    heard.loc[newest, "known_on"] = last
    heard.to_parquet(export / "officers.parquet")
    settings = with_only(["postings", "complaints", "officers"], export, tmp_path)
    build_features(settings, [date(2024, 1, 1), date(2025, 1, 1), DAY])
    trained = train_risk(settings, RiskTraining(DAY, fit=FASTER, checks=0))
    _, metadata = artifacts.load(trained.model.path, keys.public_key(settings.keys_dir))
    assert metadata["outcomes"] == ["conduct"]
    (why,) = metadata["not_served"]["departure"]
    assert why["en"].startswith("the records of departure end on 2024-09-01, 487 days before 2026-01-01, and what was")
    assert why["en"].endswith("fell silent is officers: ingest newer rows of it, or train --as-of 2024-09-01")
    assert "早于训练日2026-01-01，相差487天，" in why["zh"], "a day and a number run together read as one number"
    assert all(told in why["zh"] for told in ("记录止于2024-09-01（中断的表为 officers）", "请导入该表更新的记录"))
    assert set(trained.lacking) == {"departure", "strain", "stagnation"}
    out = io.StringIO()
    Console(file=out, width=400).print(as_table(trained))
    assert "departure is left out: the records of departure end on 2024-09-01" in out.getvalue()
    with pytest.raises(InvalidInput, match="the records of departure end on 2024-09-01"):
        train_risk(settings, RiskTraining(DAY, ("departure",), fit=FASTER))  # none is left


def test_an_outcome_that_fails_at_its_fit_is_left_out_and_none_left_is_an_error(
    trained_state: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaky = {"strain"}

    def refuse(lesson: Lesson, *_: object, **__: object) -> OutcomeModel:
        if lesson.outcome in leaky:
            raise ForbiddenFeature(f"a feature alone tells {lesson.outcome}", zh="某特征单独即可判定")
        return fit_outcome(lesson, FASTER)

    monkeypatch.setattr(train, "fit_outcome", refuse)
    asked = RiskTraining(DAY, ("conduct", "strain"), fit=FASTER, checks=1)
    trained = train_risk(trained_state, asked)
    assert trained.served == tuple(one.outcome for one in trained.checked) == tuple(trained.years) == ("conduct",)
    assert trained.lacking == {"strain": Bilingual("某特征单独即可判定", "a feature alone tells strain")}
    leaky.add("conduct")
    with pytest.raises(NotReady, match=r"no outcome can be trained at 2026-01-01: conduct: a feature.*; strain: a "):
        train_risk(trained_state, asked)


def test_a_history_that_can_label_nothing_says_which_tables_would(trained_state: Settings, tmp_path: Path) -> None:
    settings = with_only(["postings"], trained_state.state / "export", tmp_path)
    with pytest.raises(MissingTable, match=r"ingest complaints \(for conduct\), or duty_months \(for strain\)"):
        train_risk(settings, RiskTraining(DAY))


def is_sick(name: str) -> bool:
    return "sick_days" in name


def later(quality: float, seed: int = 0) -> Later:
    rng = np.random.default_rng(seed)
    chances = rng.random(2000) * 0.4
    y = (rng.random(2000) < chances).astype(np.float64)
    counts = quality * chances + (1 - quality) * rng.random(2000)
    return Later(DAY, [f"o{n}" for n in range(2000)], y, chances, counts)


def test_only_what_beats_the_count_rule_for_sure_passes() -> None:
    assert check("conduct", [later(0.0)]).passes
    assert not check("conduct", [later(1.0)]).passes
    badly = Later(DAY, [f"o{n}" for n in range(2000)], later(0.0).y, later(0.0).chances + 0.3, later(0.0).counts)
    assert not check("conduct", [badly]).passes


def test_what_could_not_be_checked_does_not_pass() -> None:
    unknown = check("conduct", [])
    assert not unknown.passes
    assert unknown.rows == 0


def test_the_paths_of_pictures_can_be_copied_from_the_terminal(
    state: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = Path("/a/long/folder/of/somebody") / ("x" * 120) / "risk-conduct.png"
    model = registry.ResolvedModel("risk", "1", Path(), "run", {})
    monkeypatch.setattr("training.risk.train.train_risk", lambda *_: Trained(model, (), (), (long,)))
    told = CliRunner().invoke(pharos.app, ["train", "risk", "--as-of", "2026-01-01"], catch_exceptions=False)
    assert str(long) in told.output


def test_what_policy_or_the_history_lacks_is_refused_before_any_table_is_read(
    trained_state: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = tables_read(monkeypatch)
    with pytest.raises(InvalidInput, match="outcome 'luck' is unknown"):
        train_risk(trained_state, RiskTraining(DAY, ("luck",)))
    with pytest.raises(InvalidInput, match="7 months; policy allows 6, 12, 24"):
        train_risk(trained_state, RiskTraining(DAY, ("conduct",), horizons=(7,)))
    there = [name for name in History(trained_state.history_dir).tables() if name != "complaints"]
    monkeypatch.setattr(History, "tables", lambda _: there)
    with pytest.raises(MissingTable, match="needs table 'complaints', which the history does not have"):
        train_risk(trained_state, RiskTraining(DAY, ("conduct",)))
    assert read == []
