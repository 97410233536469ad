"""The adapter to RecTools: what it hands over, what it reads back, how it fails; a stand-in plays RecTools."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from data_contracts.errors import InvalidInput
from experiments.backtests import sasrec_peer, sasrec_script
from experiments.backtests.sasrec_peer import Sasrec, run_sasrec, sequences
from tests.training.careers import CUT, END, postings, two_step_careers
from training.evaluation.ranking_metrics import item_metrics
from training.posts.data import TrainingData, WindowItems, training_data, window_items
from training.posts.fit import FitSettings

KNOWS_THE_ANSWER = """
import json, sys
from pathlib import Path
import numpy as np
folder = Path(sys.argv[1])
asked = np.load(folder / "asked.npz")
size, count = int(asked["size"]), int(asked["count"])
scores = np.zeros((count, size), np.float32)
for row, post, place in asked["asked"].tolist():
    scores[row, post] += place
np.save(folder / "scores.npy", scores)
told = {"fit_seconds": 1.5, "tuning_seconds": 2.0, "settings": {}, "tried": [], "trials": asked["trials"].tolist()}
(folder / "told.json").write_text(json.dumps(told))
"""


@pytest.fixture(scope="module")
def window() -> tuple[TrainingData, WindowItems]:
    frames = {"postings": postings(two_step_careers(200))}
    data = training_data(frames, CUT)
    return data, window_items(frames, CUT, END, data)


def _stand_in(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    script = folder / "stand_in.py"
    script.write_text(text, encoding="utf-8")
    monkeypatch.setattr(sasrec_peer, "SCRIPT", script)


def test_scores_come_back_row_by_row(
    window: tuple[TrainingData, WindowItems], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, items = window
    _stand_in(monkeypatch, tmp_path, KNOWS_THE_ANSWER)
    found = run_sasrec(Path(sys.executable), data, items, FitSettings(), trials=range(3))
    assert found.scores.shape == (len(items.moves), data.catalogue.size)
    assert (found.fit_seconds, found.told["trials"]) == (1.5, [0, 1, 2])
    present = items.moves.histories.posts[:, 0]
    assert (found.scores.argmax(1) == present).all(), "each row was scored by its own history"
    places = found.places(items, np.ones(len(items.moves), bool), novel=False)
    assert np.isfinite(places).all()


def test_the_present_post_is_barred_for_sasrec_too(window: tuple[TrainingData, WindowItems]) -> None:
    data, items = window
    scores = np.zeros((len(items.moves), data.catalogue.size), np.float32)
    rows = np.arange(len(items.moves))
    scores[rows, items.moves.targets] = 1.0
    scores[rows, items.moves.histories.posts[:, 0]] = 2.0
    places = Sasrec(scores, 0.0, {}).places(items, np.ones(len(rows), bool), novel=False)
    assert item_metrics(places)["ndcg_at_10"].tolist() == [1.0] * len(rows)


def test_training_sequences_are_whole_careers_in_order(window: tuple[TrainingData, WindowItems]) -> None:
    data, _ = window
    rows = sequences(data.moves, data.catalogue.size)
    hub = data.catalogue.code("hub")
    for number in np.unique(rows[:, 0]):
        own = rows[rows[:, 0] == number]
        posts = own[np.argsort(own[:, 2]), 1].tolist()
        assert len(posts) in (2, 3)
        assert posts[1] == hub
    assert len(np.unique(rows[:, 0])) == len(np.unique(data.moves.officers))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import sys; sys.exit('no module named rectools')", "no module named rectools"),
        ("raise SystemExit(3)", "nothing"),
    ],
)
def test_a_failure_is_told_with_its_last_line(
    text: str, told: str, window: tuple[TrainingData, WindowItems], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stand_in(monkeypatch, tmp_path, text)
    with pytest.raises(InvalidInput, match=told):
        run_sasrec(Path(sys.executable), *window, FitSettings(), trials=range(1))


def test_an_interpreter_that_is_not_there_is_told(window: tuple[TrainingData, WindowItems], tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be run"):
        run_sasrec(tmp_path / "no-python", *window, FitSettings(), trials=range(1))


def test_the_script_tries_settings_and_fits_the_best(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """RecTools is played by a model that ranks by the settings it got: only the second is right."""
    late = np.array([[0, 0, 9], [1, 1, 9]])
    arrays = {"train": late, "early": late, "late": late, "late_targets": np.array([1, 2]), "asked": late}
    numbers = {"count": 2, "size": 3, "seed": 0, "trials": [0, 1]}
    np.savez(tmp_path / "asked.npz", **arrays, **{name: np.array(value) for name, value in numbers.items()})  # type: ignore[arg-type]

    def score(model: dict[str, int], *_: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        right = model["n_blocks"] == 1
        return np.array([[0, right, not right], [0, 0, right]], np.float32)

    monkeypatch.setattr(sasrec_script, "fitted", lambda rows, settings, seed: settings)
    monkeypatch.setattr(sasrec_script, "scores", score)
    sasrec_script.main(tmp_path)
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert told["settings"] == sasrec_script.TRIALS[1]
    assert [one["ndcg_at_10"] for one in told["tried"]] == [pytest.approx((1 / np.log2(3) + 1) / 2), 1.0]
    assert np.load(tmp_path / "scores.npy").tolist() == [[0, 1, 0], [0, 0, 1]]


def test_the_script_asks_rectools_for_every_post(monkeypatch: pytest.MonkeyPatch) -> None:
    import pandas as pd

    rectools = ModuleType("rectools")
    rectools.Columns = type("Columns", (), {"User": "user", "Item": "item", "Score": "score"})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rectools", rectools)
    monkeypatch.setattr(sasrec_script, "dataset", lambda rows: rows)

    class Model:
        def recommend(self, users: object, dataset: object, k: int, filter_viewed: bool) -> pd.DataFrame:
            assert (k, filter_viewed) == (3, False)
            return pd.DataFrame({"user": [0, 0], "item": [1, 0], "score": [2.0, 1.0]})

    known = np.array([[0, 1, 0], [0, 1, 1], [0, 0, 2]])
    asked = np.array([[0, 0, 0], [1, 2, 0]])  # the second officer held only a post nobody trained on
    found = sasrec_script.scores(Model(), known, asked, 2, 3)
    assert found[0].tolist() == [1.0, 2.0, np.float32(sasrec_script.UNKNOWN)]
    assert found[1].tolist() == [1.0, 2.0, 0.0], "popularity where the model says nothing"
