"""The lists that a recommender showed on later time, kept with the run: what the gate compares groups by.

Parquet under pseudonyms, without any group: groups are looked up by the gate alone (`audit_groups.py`). The hash
stands in the signed metadata of the model, as with the evidence of risk.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data_contracts.errors import UntrustedArtifact
from data_contracts.pseudonyms import Pseudonyms, pseudonyms
from models.risk.evidence import digest
from training import tracking
from training.evaluation.shown_lists import ShownLists

FILE, FOLDER = "lists.parquet", "evidence"
KEY = "evidence_sha256"
QUALITY, PEER, SHOWN, TAKEN, OTHER, STRATUM = "quality.", "peer.", "shown.", "taken.", "other.", "stratum."
SPAN = "span"  # of the signed metadata


def keep_lists(run: tracking.Run, folder: Path, lists: ShownLists) -> dict[str, Any]:
    """Log the rows with a run, by way of `folder`; what must be signed with the model so that the gate trusts them."""
    path = write_lists(folder, lists, pseudonyms(run.settings.keys_dir))
    run.file(path, FOLDER)
    told: dict[str, Any] = {KEY: digest(path)}
    return told if lists.span is None else {**told, SPAN: lists.span.to_json()}


def write_lists(folder: Path, lists: ShownLists, names: Pseudonyms) -> Path:
    """The rows as parquet; officers under pseudonyms."""
    frame = pd.DataFrame(
        {
            "as_of": lists.days.astype("datetime64[us]"),
            "officer": [names.of(str(officer)) for officer in lists.officers],
            QUALITY + lists.measure: lists.quality,
            PEER + lists.measure: lists.peer,
            **{SHOWN + name: values for name, values in lists.shown.items()},
            **{TAKEN + name: values for name, values in lists.taken.items()},
            **{OTHER + name: values for name, values in lists.others.items()},
            **{STRATUM + name: values for name, values in lists.strata.items()},
        }
    )
    path = folder / FILE
    frame.to_parquet(path, index=False)
    return path


def read_lists(path: Path, sha256: str) -> ShownLists:
    """The rows; raises UntrustedArtifact when these are not the ones that the model was signed with."""
    if not path.is_file() or digest(path) != sha256:
        raise UntrustedArtifact(
            f"{path} is missing or is not what the model was signed with; restore it or train again"
        )
    frame = pd.read_parquet(path)

    def part(start: str) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
        return {
            name.removeprefix(start): frame[name].to_numpy(dtype=np.float64)
            for name in frame.columns
            if name.startswith(start)
        }

    ((measure, quality),) = part(QUALITY).items()
    days = frame["as_of"].to_numpy("datetime64[D]")
    (peer,) = part(PEER).values()
    strata = {name: values.astype(bool) for name, values in part(STRATUM).items()}
    rows = ShownLists(frame["officer"].to_numpy(object), days, measure, quality, peer, part(SHOWN), part(TAKEN))
    return rows.beside(part(OTHER), strata)
