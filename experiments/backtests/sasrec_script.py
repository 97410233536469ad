"""RecTools SASRec in an interpreter of its own: `python sasrec_script.py FOLDER`; nothing of Pharos is imported.

FOLDER/asked.npz holds sequences as (sequence number, post number, place in it) rows for `train` and `early` (what was
known before a day of the training time), and histories to rank for in the same form: `asked`, and `late` with the
post that came next. The settings whose numbers are in `trials` are tried on `early` against `late`, the best is fitted
on `train`; a single one is fitted at once. Seconds of the fit are of the clock and of the processor.
FOLDER/scores.npy, (asked, size), and FOLDER/told.json come back; RecTools needs attrs below 24, which Pharos does not.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Settings = dict[str, Any]
SESSION = 16
USERS = 2000
TRIAL_SHARE = 5  # a trial makes a fifth of its passes: it chooses the settings, and is not the model
UNKNOWN = -1e9
TRIALS: tuple[Settings, ...] = (
    {"n_factors": 128, "n_blocks": 2, "dropout_rate": 0.2, "epochs": 20},
    {"n_factors": 64, "n_blocks": 1, "dropout_rate": 0.2, "epochs": 20},
    {"n_factors": 64, "n_blocks": 2, "dropout_rate": 0.5, "epochs": 40},
    {"n_factors": 256, "n_blocks": 2, "dropout_rate": 0.2, "epochs": 10},
    {"n_factors": 128, "n_blocks": 1, "dropout_rate": 0.5, "epochs": 40},
    {"n_factors": 128, "n_blocks": 2, "dropout_rate": 0.3, "epochs": 60},
)


def dataset(rows: Rows) -> Any:
    """Interactions for RecTools: the place in a sequence stands for its day."""
    import pandas as pd
    from rectools import Columns  # type: ignore[import-not-found]
    from rectools.dataset import Dataset  # type: ignore[import-not-found]

    frame = pd.DataFrame(rows, columns=[Columns.User, Columns.Item, "place"]).drop_duplicates([Columns.User, "place"])
    frame[Columns.Datetime] = pd.Timestamp("2000-01-01") + pd.to_timedelta(frame.pop("place"), unit="D")
    return Dataset.construct(frame.assign(**{Columns.Weight: 1.0}))


def fitted(rows: Rows, settings: Settings, seed: int) -> Any:
    """A SASRec on these sequences."""
    from pytorch_lightning import seed_everything  # type: ignore[import-not-found]
    from rectools.models import SASRecModel  # type: ignore[import-not-found]

    seed_everything(seed)
    model = SASRecModel(session_max_len=SESSION, n_heads=2, lr=1e-3, batch_size=128, loss="softmax", **settings)
    return model.fit(dataset(rows))


def scores(model: Any, known: Rows, rows: Rows, asked: int, size: int) -> NDArray[np.float32]:
    """(asked, size): what the model says after each history; a history without a known post says nothing."""
    from rectools import Columns

    found = np.full((asked, size), UNKNOWN, np.float32)
    usable = rows[np.isin(rows[:, 1], np.unique(known[:, 1]))]
    for start in range(0, asked, USERS):
        part = usable[(usable[:, 0] >= start) & (usable[:, 0] < start + USERS)]
        if not len(part):
            continue
        users = np.unique(part[:, 0])
        told = model.recommend(users=users, dataset=dataset(part), k=size, filter_viewed=False)
        found[told[Columns.User].to_numpy(), told[Columns.Item].to_numpy()] = told[Columns.Score].to_numpy()
    popularity = np.bincount(known[:, 1], minlength=size).astype(np.float32)
    silent = (found == UNKNOWN).all(1)
    found[silent] = popularity
    return found


def gain(found: NDArray[np.float32], rows: Rows, targets: Rows) -> float:
    """NDCG@10 over all posts but the present one."""
    last = np.full(len(targets), -1)
    order = np.lexsort((rows[:, 2], rows[:, 0]))
    last[rows[order, 0]] = rows[order, 1]
    held = np.flatnonzero(last >= 0)
    found[held, last[held]] = -np.inf
    own = found[np.arange(len(targets)), np.minimum(targets, found.shape[1] - 1)]
    place = 1 + (found > own[:, None]).sum(1)
    counts = (place <= 10) & (targets < found.shape[1]) & np.isfinite(own)
    return float(np.where(counts, 1 / np.log2(1 + place), 0.0).mean())


def main(folder: Path) -> None:
    """Tune, fit, score."""
    asked = np.load(folder / "asked.npz")
    size, seed = int(asked["size"]), int(asked["seed"])
    choice = [TRIALS[number] for number in asked["trials"].tolist()]
    tried: list[dict[str, Any]] = []
    started = time.perf_counter()
    for settings in choice if len(choice) > 1 and len(asked["late_targets"]) else ():
        model = fitted(asked["early"], {**settings, "epochs": max(1, int(settings["epochs"]) // TRIAL_SHARE)}, seed)
        found = scores(model, asked["early"], asked["late"], len(asked["late_targets"]), size)
        tried.append({"settings": settings, "ndcg_at_10": gain(found, asked["late"], asked["late_targets"])})
        sys.stderr.write(f"{tried[-1]} {time.perf_counter() - started:.0f} s\n")
    best: Settings = max(tried, key=lambda one: one["ndcg_at_10"])["settings"] if tried else choice[0]
    tuning, started, used = time.perf_counter() - started, time.perf_counter(), time.process_time()
    model = fitted(asked["train"], best, seed)
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    np.save(folder / "scores.npy", scores(model, asked["train"], asked["asked"], int(asked["count"]), size))
    told = {
        "fit_seconds": seconds, "fit_cpu_seconds": cpu, "tuning_seconds": tuning, "settings": best, "tried": tried,
    }  # fmt: skip
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
