"""Every training run on record: parameters, metrics by as-of date, the records seen as a dataset, notes, pictures,
and the signed model. A run says which revision of this project made it.

MLflow writes to SQLite under the state folder; no server is needed. Look at it with
`mlflow ui --backend-store-uri sqlite:///.pharos/mlflow/mlflow.db`.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_contracts.errors import InvalidInput
from data_contracts.settings import Settings, settings
from models import registry, run_files
from models.registry import ResolvedModel

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow import MlflowClient

MODEL_PATH = "model"
MAX_PARAM, MAX_DIGEST = 500, 36  # MLflow's own limits
NOTE, PARENT, COMMIT = "mlflow.note.content", "mlflow.parentRunId", "mlflow.source.git.commit"
GIT_SECONDS = 5.0


def step_of(as_of: date | None) -> int:
    """The MLflow step that stands for an as-of date; 0 for a figure that belongs to no date.

    >>> step_of(date(2013, 1, 1))
    20130101
    """
    return 0 if as_of is None else as_of.year * 10_000 + as_of.month * 100 + as_of.day


@dataclass(frozen=True)
class Seen:
    """Records a run saw, as MLflow tells of them; `profile` are numbers, such as rows by table."""

    name: str
    digest: str
    source: str
    source_type: str = "pharos"
    profile: Mapping[str, int | float | str] = field(default_factory=dict)


@cache
def revision() -> Mapping[str, str]:
    """Tags that say which code made a run: the version, and the git commit where the code lies in a checkout."""
    told = {"pharos.version": version("pharos")}
    asked = ["git", "rev-parse", "HEAD"]
    try:
        found = subprocess.run(  # noqa: S603, RUF100  # a list that we wrote
            asked, cwd=Path(__file__).parent, capture_output=True, text=True, check=True, timeout=GIT_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return told  # installed from a bundle, or without git
    return told | {COMMIT: found.stdout.strip()}


@dataclass(frozen=True)
class Run:
    """One open run; every method writes at once, so that a killed run keeps what it had."""

    run_id: str
    settings: Settings
    client: MlflowClient

    def params(self, values: Mapping[str, Any]) -> None:
        """Settings of the fit; long values are cut at MLflow's limit."""
        from mlflow.entities import Param

        rows = [Param(name, str(value)[:MAX_PARAM]) for name, value in values.items()]
        self.client.log_batch(self.run_id, params=rows)

    def metrics(self, values: Mapping[str, float], as_of: date | None = None) -> None:
        """Figures at an as-of date, or of the whole run."""
        from mlflow.entities import Metric

        now_ms, step = int(time.time() * 1000), step_of(as_of)  # MLflow wants the moment of writing, not an as-of
        rows = [Metric(name, float(value), now_ms, step) for name, value in values.items()]
        self.client.log_batch(self.run_id, metrics=rows)

    def gate(self, values: Mapping[str, float]) -> None:
        """Figures that `pharos promote` reads, under `gate.<check>`, for example `ap_gain_low` or `ece.conduct`."""
        self.metrics({f"gate.{name}": value for name, value in values.items()})

    def tags(self, values: Mapping[str, str]) -> None:
        """Words by which a run is found again."""
        for name, value in values.items():
            self.client.set_tag(self.run_id, name, value)

    def note(self, markdown: str) -> None:
        """What people read above the run; Markdown."""
        self.tags({NOTE: markdown})

    def dataset(self, seen: Seen, context: str = "training") -> None:
        """The records a run saw, under MLflow's datasets: a name, a digest, where from and how many; no row of them."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        about = Dataset(
            seen.name, seen.digest[:MAX_DIGEST], seen.source_type, json.dumps({"source": seen.source}),
            profile=json.dumps(dict(seen.profile)) if seen.profile else None,
        )  # fmt: skip
        tags = [InputTag("mlflow.data.context", context)]
        self.client.log_inputs(self.run_id, datasets=[DatasetInput(about, tags)])

    def picture(self, figure: Figure, name: str) -> Path:
        """A curve as PNG under `pictures/` of the run, and in a folder of this run where people look for pictures."""
        place = self.settings.pictures_dir / self.run_id / f"{name}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(place, format="png")
        self.client.log_artifact(self.run_id, str(place), "pictures")
        return place

    def file(self, path: Path, folder: str) -> None:
        """A file as it lies, under `folder` of the run."""
        self.client.log_artifact(self.run_id, str(path), folder)

    def record(self, value: Any, name: str) -> None:
        """A JSON document, for example the records of an evaluation."""
        self.client.log_dict(self.run_id, value, f"{name}.json")

    def model(self, folder: Path, name: str) -> ResolvedModel:
        """Log a folder made by `artifacts.save` and register it as the next version of `name`."""
        if not (folder / "manifest.sig").is_file():
            raise InvalidInput(f"{folder} is not a signed artefact; make it with models.artifacts.save")
        self.client.log_artifacts(self.run_id, str(folder), MODEL_PATH)
        return registry.register(self.settings, name, self.run_id, MODEL_PATH)


@contextmanager
def run(
    experiment: str,
    name: str,
    *,
    data_hash: str,
    feature_service: str,
    use: Settings | None = None,
    parent: Run | None = None,
) -> Iterator[Run]:
    """Open a run of `experiment`; it ends FINISHED, or FAILED when the block raises.

    `data_hash` says which rows were seen, `feature_service` which columns; `parent` is a run that it is a part of. Its
    files lie in this state folder, wherever the folder lay before; raises NotReady where they cannot.
    """
    chosen = use or settings()
    client = registry.client(chosen)
    tags = {"mlflow.runName": name, "data_hash": data_hash, "feature_service": feature_service, **revision()}
    if parent is not None:
        tags[PARENT] = parent.run_id
    opened = client.create_run(_experiment(client, chosen, experiment), tags=tags)
    try:
        run_files.check_run(chosen, experiment, opened.info.artifact_uri)
        yield Run(opened.info.run_id, chosen, client)
    except BaseException:
        client.set_terminated(opened.info.run_id, status="FAILED")
        raise
    client.set_terminated(opened.info.run_id, status="FINISHED")


def _experiment(client: MlflowClient, chosen: Settings, name: str) -> str:
    """The id of an experiment whose files lie under the state folder."""
    run_files.lead_here(chosen, name)
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    return str(client.create_experiment(name, artifact_location=run_files.place_of(chosen, name).as_uri()))
