"""The drift watch on a small bureau: quiet while nothing changes, loud and by name when something is planted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from typer.testing import CliRunner

import pharos
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.policy import policy
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import Plan
from data_contracts.simulator.write import write_simulation
from experiments.drift.forces import Usual, input_findings, said_findings
from experiments.drift.notices import notices_of
from experiments.drift.outcomes import Outcome, outcome_findings
from experiments.drift.usual import Season
from experiments.drift.watch import LEVELS, NOT_JUDGED, Watch, watch
from features.building import build_features
from features.ingest import Delivered, ingest_with_progress
from models import registry
from models.registry import set_alias
from serving.night import exits
from serving.pages.words import WORDS
from training.evaluation.drift import most_psi, psi
from training.evaluation.drift_plots import rates_figure
from training.risk.fit import FitSettings
from training.risk.reference import Reference, Said, came_of
from training.risk.spreads import Spread, spread_of
from training.risk.train import RiskTraining, train_risk

TRAINED, WATCHED = date(2025, 1, 1), date(2026, 1, 1)
FAST = FitSettings({"rounds": 20, "learning_rate": 0.1, "min_data_in_leaf": 20}, members=("boosted", "logistic"))
Change = Callable[[pd.DataFrame], pd.DataFrame]
CRON = Path(exits.__file__).parent / "examples" / "pharos-night.cron"


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A bureau of 250 officers with a champion of a year ago; its newest snapshot has seen nothing unusual."""
    settings = Settings(state=tmp_path_factory.mktemp("state"))
    export = settings.state / "export"
    write_simulation(Plan(250, 7, 9, WATCHED), export, with_bad_rows=False)
    ingest_with_progress(Delivered("simulator", export, None), settings, Console(quiet=True), dry_run=False)
    build_features(settings, [date(year, 1, 1) for year in range(2021, 2027)])
    trained = train_risk(settings, RiskTraining(TRAINED, ("conduct",), fit=FAST))
    set_alias(settings, "risk", trained.model.version)
    return settings


@pytest.fixture
def invoke(bureau: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], tuple[int, str]]:
    """The command as typed: exit status and output."""
    monkeypatch.setattr("experiments.commands.edge.settings", lambda: bureau)

    def run() -> tuple[int, str]:
        asked = ["watch", "--as-of", str(WATCHED), "--out", str(tmp_path)]
        result = CliRunner().invoke(pharos.app, asked, terminal_width=200)
        return result.exit_code, result.output

    return run


@pytest.fixture
def planted(bureau: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], Watch]:
    """A watch of the newest snapshot after a change was planted in it."""

    def run(change: Change) -> Watch:
        with changed(bureau, change):
            return watch(bureau, WATCHED)

    return run


@contextmanager
def changed(bureau: Settings, change: Change) -> Iterator[None]:
    """The newest snapshot with a change planted in it, put back afterwards."""
    part = bureau.snapshot_dir / "officers" / f"as_of={WATCHED}" / "part-0.parquet"
    honest, table = part.read_bytes(), pq.read_table(part, partitioning=None)
    try:
        pq.write_table(pa.Table.from_pandas(change(table.to_pandas()), schema=table.schema, preserve_index=False), part)
        yield
    finally:
        part.write_bytes(honest)


def loud(made: Watch) -> set[tuple[str, str]]:
    """What alerts, by feature and figure."""
    return {(found.what, found.figure) for found in made.speaking() if found.level == 2}


def test_a_year_without_drift_is_quiet_and_everything_is_on_record(
    bureau: Settings, invoke: Callable[[], tuple[int, str]], tmp_path: Path
) -> None:
    status, output = invoke()
    assert status == 0, output
    told = json.loads((tmp_path / "watch.json").read_text(encoding="utf-8"))
    assert (told["level"], told["exit_status"], told["reference"]["recomputed"]) == ("quiet", 0, False)
    assert told["outcomes"]["conduct_12m"][-1]["as_of"] == str(TRAINED)  # the year of the training day is over
    (waiting,) = told["open_findings"]
    assert (waiting["as_of"], waiting["recorded_until"]) == (str(TRAINED), str(WATCHED))
    assert waiting["complaints"] > 0
    assert waiting["told"]["en"] in output
    assert {"psi", "nulls", "mean", "ece", "predicted_over_observed"} <= {one["figure"] for one in told["findings"]}
    page = (tmp_path / "watch.html").read_text(encoding="utf-8")
    assert "http://" not in page
    assert "https://" not in page
    assert "漂移监测" in page
    assert waiting["told"]["zh"] in page
    client = registry.client(bureau)
    run = client.search_runs([client.get_experiment_by_name("watch").experiment_id])[0]
    names = {Path(item.path).name for item in client.list_artifacts(run.info.run_id, "pictures")}
    kinds = ("predictions-conduct_12m", "outcomes-conduct_12m-calibration", "outcomes-conduct_12m-rates")
    assert {"watch-inputs.png", *(f"watch-{kind}.png" for kind in kinds)} <= names


def test_complaints_that_triple_are_an_alert_by_name(planted: Callable[[Change], Watch]) -> None:
    def more(frame: pd.DataFrame) -> pd.DataFrame:
        names = [name for name in frame.columns if name in ("complaints_12m", "complaints_24m", "complaints_60m")]
        return frame.assign(**{name: 3 * frame[name] + 1 for name in names})

    assert ("complaints_12m", "psi") in loud(planted(more))


def test_a_table_that_stops_arriving_and_renamed_codes_are_alerts_by_name(planted: Callable[[Change], Watch]) -> None:
    def broken(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(rank_code="new " + frame["rank_code"].astype("string"), competency_level_mean_24m=np.nan)

    found = loud(planted(broken))
    assert {("rank_code", "new_codes"), ("rank_code", "psi"), ("competency_level_mean_24m", "nulls")} <= found


def _renamed(share: float) -> Change:
    """So many of the force under codes that training had not seen."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        new = np.arange(len(frame)) < round(share * len(frame))
        return frame.assign(track=np.where(new, "new " + frame["track"].astype("string"), frame["track"]))

    return change


@pytest.mark.parametrize(
    ("share", "status", "letter"),
    [(0.0, 0, ""), (0.06, 3, "Pharos warns of drift"), (1.0, 4, "Pharos alerts of drift")],
)
def test_cron_writes_the_letter_of_each_exit_status(
    bureau: Settings, invoke: Callable[[], tuple[int, str]], tmp_path: Path, share: float, status: int, letter: str
) -> None:
    """The line of the crontab that is handed out, run by a shell: a warning comes of the real command behind it, the
    others of its status and words in this process, for it takes ten seconds to start."""
    stand_in, seen, said = tmp_path / "pharos", tmp_path / "status", tmp_path / "said"
    with changed(bureau, _renamed(share)):
        behind = f'"{sys.executable}" -m pharos "$@"'
        if status != 3:
            told, words = invoke()
            said.write_text(words, "utf-8")
            behind = f"cat {said}; (exit {told})"
        stand_in.write_text(f"#!/bin/sh\n{behind}\ntold=$?\necho $told >{seen}\nexit $told\n")
        stand_in.chmod(0o755)
        command = _line_of_cron().replace("--as-of today", f"--as-of {WATCHED}")
        env = {**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin", "PHAROS_STATE": str(bureau.state),
               "PYTHONPATH": str(Path(pharos.__file__).parent)}  # fmt: skip
        ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=env, check=False, cwd=tmp_path)
    assert seen.read_text().strip() == str(status), ran.stderr
    assert ran.stdout.startswith(letter)
    assert bool(ran.stdout) == bool(letter)


def _line_of_cron() -> str:
    """What cron runs to watch."""
    job = next(line for line in CRON.read_text("utf-8").splitlines() if " watch " in line and not line.startswith("#"))
    return job.split(maxsplit=6)[6]


def test_cron_hears_that_there_was_nothing_to_compare(tmp_path: Path) -> None:
    stand_in = tmp_path / "pharos"
    stand_in.write_text("#!/bin/sh\nexit 2\n")
    stand_in.chmod(0o755)
    command, env = _line_of_cron().replace("\\%", "%"), {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=env, check=False)
    assert ran.stdout == "Pharos could not compare the day with training\n"


def test_a_scheduler_hears_of_an_alert(
    bureau: Settings, invoke: Callable[[], tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from features.store import FeatureReader

    honest = FeatureReader.snapshot

    def renamed(reader: FeatureReader, day: date, source: str = "officers") -> pd.DataFrame:
        frame = honest(reader, day, source)
        return frame.assign(track="new " + frame["track"]) if day == WATCHED else frame

    monkeypatch.setattr(FeatureReader, "snapshot", renamed)
    status, output = invoke()
    assert status == 4
    assert "track" in output


def test_a_model_without_a_reference_gets_one_from_the_snapshots(
    bureau: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.drift.nights.PART", "never stored")
    made = watch(bureau, WATCHED)
    assert made.watched.reference.recomputed
    assert made.watched.reference.as_of == TRAINED
    assert made.level == 0


def test_a_day_without_a_snapshot_or_a_champion_is_told(bureau: Settings, tmp_path: Path) -> None:
    with pytest.raises(NotReady):
        watch(bureau, date(2025, 6, 5))
    with pytest.raises(NotReady, match="train risk"):
        watch(Settings(state=tmp_path), WATCHED)


def test_a_day_before_training_is_told_everywhere(
    bureau: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.commands.edge.settings", lambda: bureau)
    asked = ["watch", "--as-of", "2024-01-01", "--out", str(tmp_path)]
    ran = CliRunner().invoke(pharos.app, asked, terminal_width=200, catch_exceptions=False)
    output = ran.output
    assert ran.exit_code == 2  # a scheduler does not hear "quiet" of what was not judged
    assert "watch as of 2024-01-01: looks back, not judged (risk version" in " ".join(output.split())
    assert "2024-01-01, lies before the training day of the model, 2025-01-01" in output
    told = json.loads((tmp_path / "watch.json").read_text(encoding="utf-8"))
    assert (told["level"], told["exit_status"]) == ("not_judged", 2)
    notice = told["notices"][0]
    assert notice["code"] == "before_training"
    page = (tmp_path / "watch.html").read_text(encoding="utf-8")
    assert notice["zh"] in page
    assert "总体级别：所看日期在训练之前，不作判定。" in page
    assert not [one for one in watch(bureau, WATCHED).notices if one.code == "before_training"]


def test_the_page_of_models_has_words_for_every_verdict() -> None:
    assert {f"models.drift.{verdict}" for verdict in (*LEVELS, NOT_JUDGED)} <= WORDS.keys()


def said_of_counts(*counts: float) -> Said:
    """Chances of a force over four bins, all of one grade."""
    spread = Spread(0, (0.1, 0.2, 0.3), counts, mean=0.1)
    return Said(spread, 0.1, 0.05, {"excellent": int(sum(counts)), "good": 0, "fair": 0, "poor": 0})


def test_a_limit_that_nothing_could_pass_is_held_and_explained() -> None:
    even, leapt = said_of_counts(500, 500, 500, 500), said_of_counts(1, 1, 1, 1997)
    rules = policy().watch
    usual = Usual(rules)
    found = said_findings("conduct_12m", even, leapt, [(leapt, even)], usual, 3)
    spread = next(one for one in found if one.figure == "psi")
    used_to = psi(np.array([1.0, 1, 1, 1997]), np.array([500.0, 500, 500, 500]))
    assert used_to > 1.0
    assert spread.bound == pytest.approx(used_to)  # not three times as much
    (held,) = [one for one in notices_of(WATCHED, TRAINED, found, rules.sureness) if one.code == "limit_held"]
    assert f"{3 * used_to:.2f}" in held.told.en
    assert f"{used_to:.2f}" in held.told.zh
    calm = said_findings("conduct_12m", even, even, [(even, said_of_counts(480, 520, 510, 490))], usual, 3)
    assert not notices_of(WATCHED, TRAINED, calm, rules.sureness)
    mild = said_findings("conduct_12m", even, leapt, [(even, said_of_counts(100, 500, 500, 900))], usual, 3)
    assert next(one for one in mild if one.figure == "psi").bound == pytest.approx(1.0)  # four times the alert limit


def test_no_limit_of_a_feature_lies_beyond_what_is_possible() -> None:
    before = pd.DataFrame({"leaps": np.tile([0.0, 1.0, 2.0, 3.0], 250)})
    after = pd.DataFrame({"leaps": np.full(1000, 9.0)})
    spread = spread_of(before["leaps"])
    reference = Reference(TRAINED, 1000, {"leaps": spread}, {})
    for season, mute in ((Season(before, after), True), (Season(before, before), False)):
        found = next(iter(input_findings(reference, before, Usual(policy().watch, seasons=(season,)))))
        assert found.bound is not None
        assert found.bound <= most_psi(np.array(spread.counts), 1000) + 1e-9
        assert found.mute is mute
        told = [one.code for one in notices_of(WATCHED, TRAINED, [found], policy().watch.sureness)]
        assert told == (["cannot_tell"] if mute else [])


def test_a_version_that_does_not_answer_may_be_watched(
    bureau: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from experiments.drift import nights as watch_nights

    def nobody(*_: object) -> None:
        raise NotReady("no version of risk carries the alias 'champion'")

    monkeypatch.setattr(watch_nights, "resolve", nobody)
    monkeypatch.setattr("experiments.commands.edge.settings", lambda: bureau)
    asked = ["watch", "--as-of", str(WATCHED), "--out", str(tmp_path)]
    result = CliRunner().invoke(pharos.app, [*asked, "--version", "1"], terminal_width=200, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "risk version 1 does not answer; it is only watched" in result.output
    assert json.loads((tmp_path / "watch.json").read_text(encoding="utf-8"))["answers"] is False
    assert "该版本尚未启用，此处仅作观察。" in (tmp_path / "watch.html").read_text(encoding="utf-8")
    with pytest.raises(NotReady):
        watch(bureau, WATCHED)
    with pytest.raises(InvalidInput, match="registered: 1"):
        watch(bureau, WATCHED, version="7")


def test_a_single_night_does_not_lie_on_the_frame_of_its_picture() -> None:
    axes = rates_figure("conduct", [TRAINED], [0.0258], [0.0223]).axes[0]
    assert axes.get_ylim()[0] == 0
    assert axes.get_ylim()[1] > 1.1 * 0.0258


def came(chances: np.ndarray, times: float, seed: int = 3) -> Outcome:
    """Officers of whom the event came `times` as often as was said."""
    rng = np.random.default_rng(seed)
    y = (rng.random(len(chances)) < times * chances).astype(np.float64)
    return Outcome(TRAINED, "night", [f"o{n}" for n in range(len(chances))], y, chances)


def levels(seen: Outcome) -> dict[str, int]:
    """Level of each figure of a night, against a training in which everything came as said."""
    then = came(seen.chances, 1.0, seed=8)
    reference = came_of([(then.y, then.chances)])
    now = came_of([(seen.y, seen.chances)])
    return {found.figure: found.level for found in outcome_findings("k", reference, now, seen, policy().watch, 3)}


def test_outcomes_are_judged_beyond_what_chance_explains() -> None:
    chances = np.random.default_rng(1).beta(1, 12, 4000)
    assert set(levels(came(chances, 1.0)).values()) == {0}
    halved = levels(came(chances, 0.5))
    assert halved["predicted_over_observed"] == 2
    assert halved["ece"] >= 1
    assert set(levels(came(chances[:60], 0.5)).values()) == {0}  # sixty officers prove nothing
    shuffled = came(chances, 1.0)
    lost = Outcome(TRAINED, "night", shuffled.officers, np.random.default_rng(2).permutation(shuffled.y), chances)
    assert levels(lost)["precision_drop"] == 2


def test_a_reference_comes_back_from_json_as_it_was(bureau: Settings) -> None:
    from experiments.drift.nights import watched_model
    from features.store import FeatureReader

    reference = watched_model(bureau, FeatureReader(bureau)).reference
    assert Reference.from_json(json.loads(json.dumps(reference.to_json()))).to_json() == reference.to_json()
    assert reference.as_of == TRAINED
    assert not any("sick_days" in name for name in reference.inputs)
    assert sum(reference.said["conduct_12m"].grades.values()) == reference.said["conduct_12m"].spread.known
