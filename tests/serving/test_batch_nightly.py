from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from data_contracts.errors import NotReady, PublishRefused, WrongModel
from data_contracts.night_exits import NightExit
from data_contracts.settings import Settings
from features import store
from serving.loading import Builders, Loaded
from serving.night.manifest import Manifest, ModelIdentity
from serving.night.nightly import NightAsked, score_night, unit_tree
from serving.night.results import PublishedRun
from serving.night.tables import as_table
from tests.serving.night_force import AS_OF, DECLARED, CountScorer, force, write_snapshot


@pytest.fixture
def small_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "declared_features", lambda: DECLARED)


def unused(_: Loaded) -> Any:
    raise NotReady("no model here")


BUILDERS = Builders(risk=unused, careers=unused, courses=unused)


def written(table: object) -> str:
    console = Console(width=120, record=True, force_terminal=False)
    console.print(table)
    return console.export_text()


def test_the_command_scores_shows_and_a_second_time_does_nothing(state: Settings, small_declared: None) -> None:
    write_snapshot(state, force(200))
    told = Console(width=120, force_terminal=False)
    report = score_night(NightAsked(AS_OF), state, BUILDERS, told, CountScorer())
    text = written(as_table(report))
    assert "published, in force" in text
    assert [word for line in text.splitlines() if "not scored" in line for word in line.split() if word.isdigit()] == [
        "1"
    ]
    again = Console(width=120, force_terminal=False, record=True)
    assert "nothing was done" in written(
        as_table(score_night(NightAsked(AS_OF), state, BUILDERS, again, CountScorer()))
    )
    bar = again.export_text()
    assert "officers (published before)" in bar
    assert "200/200" in bar


def test_units_beyond_their_budget_are_counted_by_outcome_small_ones_too(
    state: Settings, small_declared: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger read 13 units in the preview and 9 in the night: three poor of four lie beyond a budget of two."""
    write_snapshot(state, force(200))
    report = score_night(NightAsked(AS_OF), state, BUILDERS, Console(), CountScorer())
    poor = [("small", "poor")] * 3 + [("small", "good")] + [("large", "poor")] * 3 + [("large", "good")] * 6
    asked = [("conduct", 12), ("strain", 12), ("strain", 24)]
    rows = [(*one, unit, grade) for one in asked for unit, grade in (poor if one[1] == 12 else poor[3:5])]
    loose = [("conduct", 12, None, "poor")] * 4  # of no unit
    told = pd.DataFrame(
        [*rows, *loose, ("conduct", 12, "large", None)], columns=["outcome", "horizon_months", "unit_id", "grade"]
    ).assign(flags="[]")
    decided = [(*one, "cut_offs" if one[1] == 12 else "unit_budget") for one in asked]
    units = pd.DataFrame(decided, columns=["outcome", "horizon_months", "decided_by"])
    monkeypatch.setattr(PublishedRun, "officers", lambda self, columns: told[columns])
    monkeypatch.setattr(PublishedRun, "units", lambda self: units)
    text = " ".join(written(as_table(report)).split())
    assert "graded by cut_offs: the budget of a unit does not limit alerts" in text
    assert "units beyond it: conduct 2, strain 2 (of 2, small ones too)" in text
    monkeypatch.setattr(PublishedRun, "units", lambda self: units.assign(decided_by="unit_budget"))
    assert "budget of a unit" not in written(as_table(report))


def test_a_night_before_the_model_was_trained_is_published_and_says_that_it_looks_back(
    state: Settings, small_declared: None
) -> None:
    @dataclass
    class Later(CountScorer):
        @property
        def models(self) -> tuple[ModelIdentity, ...]:
            return tuple(replace(one, trained_as_of="2017-01-01") for one in super().models)

    write_snapshot(state, force(200))
    report = score_night(NightAsked(AS_OF), state, BUILDERS, Console(), Later())
    kept = json.loads((report.folder / "manifest.json").read_text("utf-8"))
    assert [notice["code"] for notice in kept["notices"]] == ["before_training"]
    assert "trained as of 2017-01-01" in " ".join(written(as_table(report)).split())
    assert Manifest.read(report.folder).notices == kept["notices"]
    assert CountScorer().models == Later().models  # trends go on over nights that did not keep the day
    plain = score_night(NightAsked(AS_OF), state, BUILDERS, Console(), CountScorer())
    assert plain.manifest.notices == []
    assert "trained as of" not in written(as_table(plain))


def test_without_a_champion_the_night_says_what_to_run(state: Settings) -> None:
    with pytest.raises(WrongModel, match="pharos train risk"):
        score_night(NightAsked(AS_OF), state, BUILDERS, Console())


def test_the_unit_tree_comes_from_the_units_of_that_day(state: Settings) -> None:
    assert unit_tree(state, AS_OF) == {}
    folder = state.snapshot_dir / "units" / f"as_of={AS_OF.isoformat()}"
    folder.mkdir(parents=True)
    units = pd.DataFrame({"unit_id": ["bureau", "u1"], "parent_unit_id": [None, "bureau"]})
    units.to_parquet(folder / "part-0.parquet")
    assert unit_tree(state, AS_OF) == {"u1": "bureau"}


def test_the_night_never_loads_feast() -> None:
    told = "import sys, serving.night.nightly; print('feast' in sys.modules, 'torch' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False, timeout=120)
    assert answer.stdout.split() == ["False", "False"], answer.stderr


def test_a_refused_night_is_one_sentence_and_an_exit_status(state: Settings) -> None:
    from pharos import main

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["pharos", "score", "--as-of", date(2016, 12, 1).isoformat()])
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == NightExit.WRONG_MODEL


def test_the_store_of_the_night_reads_no_online_feature(
    state: Settings, small_declared: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> pd.DataFrame:
        raise PublishRefused("the night read the online store")

    monkeypatch.setattr(store.FeatureReader, "online", never)
    monkeypatch.setattr(store.FeatureReader, "_feast", property(never))
    write_snapshot(state, force(40))
    assert score_night(NightAsked(AS_OF), state, BUILDERS, Console(quiet=True), CountScorer()).new
    assert not state.feast_dir.exists(), "there is no online store, and the night makes none"
