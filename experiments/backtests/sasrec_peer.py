"""RecTools SASRec as a peer of the next-post backtest, run by an interpreter that has it.

RecTools refuses the numpy of this project and needs older libraries beside it, so it lives in an environment of its
own: `pip install --no-deps rectools "attrs<24" "lightning<=2.5.2" typeguard pm-implicit fastrlock` beside torch. It
gets the same training moves, the same histories and the same candidates; its settings are tried on the same held-out
part of the training time as ours, and as many of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data_contracts.errors import InvalidInput
from models.posts.histories import PADDING, Array, Histories, Moves, barred
from training.evaluation.ranking_metrics import ranks
from training.posts.data import TrainingData, WindowItems
from training.posts.fit import EASE_WEIGHTS, FitSettings, holdout

NAME = "sasrec"
SCRIPT = Path(__file__).with_name("sasrec_script.py")
TRIALS = len(EASE_WEIGHTS)
LEFT_OUT = "sasrec is left out: name an interpreter that has RecTools with --sasrec-python to rank it in the same run"


@dataclass(frozen=True)
class Sasrec:
    """What came back: scores (items, size), seconds of the last fit alone, and how its settings were chosen."""

    scores: Array
    fit_seconds: float
    told: dict[str, Any]

    def places(self, items: WindowItems, rows: Array, novel: bool) -> Array:
        """(rows,) the place of the right post, as for every other model."""
        moves, size = items.moves.take(rows), self.scores.shape[1]
        return ranks(self.scores[rows], moves.targets, barred(moves.histories, size, novel))


def run_sasrec(python: Path, data: TrainingData, items: WindowItems, settings: FitSettings, trials: range) -> Sasrec:
    """Fit and score there, with the best of the script's settings of these numbers; one alone is not tried first.

    Raises InvalidInput with the last line that it wrote when that interpreter fails.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        np.savez(folder / "asked.npz", **_asked(data, items, settings, trials))  # type: ignore[arg-type]
        _run(python, folder)
        told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
        scores = np.load(folder / "scores.npy", allow_pickle=False)
    return Sasrec(scores, float(told["fit_seconds"]), told)


def _run(python: Path, folder: Path) -> None:
    """The script there, with nothing of this environment on its path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    asked = [str(python.absolute()), str(SCRIPT), str(folder)]  # it runs elsewhere
    try:
        done = subprocess.run(asked, env=kept, cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        remedy = "name an interpreter that has RecTools"
        raise InvalidInput(f"{python} cannot be run ({error.strerror}); {remedy}") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise InvalidInput(f"sasrec failed in {python}: {last}; install rectools there, or leave the option out")


def _asked(data: TrainingData, items: WindowItems, settings: FitSettings, trials: range) -> dict[str, Array]:
    early, late = holdout(data.moves, settings)
    size = data.catalogue.size
    return {
        "train": sequences(data.moves, size),
        "early": sequences(early, size),
        "late": held(late.histories, size),
        "late_targets": late.targets,
        "asked": held(items.moves.histories, size),
        "count": np.array(len(items.moves)),
        "size": np.array(size),
        "seed": np.array(settings.seed),
        "trials": np.array(trials, np.int64),
    }


def held(histories: Histories, size: int) -> Array:
    """(k, 3) number of the history, post, and place from the oldest on; posts outside the catalogue are left out.

    >>> none = np.full(1, np.nan)
    >>> held(Histories(np.array([[2, 0, -1]]), np.zeros((1, 3)), np.zeros(1), none, none, np.zeros(1)), 3).tolist()
    [[0, 2, 2], [0, 0, 1]]
    """
    rows, back = np.nonzero((histories.posts != PADDING) & (histories.posts < size))
    return np.stack([rows, histories.posts[rows, back], histories.posts.shape[1] - 1 - back], 1).astype(np.int64)


def sequences(moves: Moves, size: int) -> Array:
    """(k, 3) officer, post, place: each officer's posts up to the last of the moves, that one included."""
    order = np.lexsort(((moves.histories.posts != PADDING).sum(1), moves.day, moves.officers))
    officers = moves.officers[order]
    last = order[np.append(officers[1:] != officers[:-1], True)] if len(order) else order
    rows = held(moves.histories.take(last), size)
    width = moves.histories.posts.shape[1]
    ends = np.stack([np.arange(len(last)), moves.targets[last], np.full(len(last), width)], 1)
    return np.concatenate([rows, ends[ends[:, 1] < size]]).astype(np.int64)
