"""Everything that differs from one machine to the next, in one place, read from `PHAROS_*` variables.

Nothing happens on import: no folder is made and no variable is set until someone asks.
"""

from __future__ import annotations

import os
from datetime import date
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
PATIENT_VARIABLES = {  # waiting threads sleep: spinning ones starve the very thread they wait for on a busy machine
    "OMP_WAIT_POLICY": "PASSIVE",
    "KMP_BLOCKTIME": "0",
}
QUIET_VARIABLES = {
    "BENTOML_DO_NOT_TRACK": "True",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "FEAST_USAGE": "False",
    "DO_NOT_TRACK": "1",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


class Settings(BaseSettings):
    """Paths, addresses, threads and the clock.

    >>> Settings(state=Path("there")).history_dir
    PosixPath('there/history')
    """

    model_config = SettingsConfigDict(env_prefix="PHAROS_", extra="ignore")

    state: Path = Path(".pharos")
    threads: int = 2
    duckdb_memory_gib: float = 3.0
    today: date | None = None
    time_zone: str = ""  # of the bureau, "" for the machine's: what pages tell times in
    host: str = "127.0.0.1"
    port: int = 3017
    sandbox: bool = False
    champion_check_seconds: float = 30.0
    workers: int = Field(default=1, ge=1, le=64)
    shared_dir: Path | None = None  # what the workers of one service share while they run; their parent sets it
    database_url: str = Field(default="", repr=False)  # addresses may hold passwords, which no log shall show
    results_url: str = Field(default="", repr=False)
    online_url: str = Field(default="", repr=False)
    registry_url: str = Field(default="", repr=False)
    mlflow_url: str = Field(default="", repr=False)
    tuning_url: str = Field(default="", repr=False)
    traces_url: str = Field(default="", repr=False)
    traces_share: float = Field(default=1.0, ge=0.0, le=1.0)
    oidc_issuer: str = ""
    oidc_audience: str = ""
    oidc_jwks: str = ""
    oidc_algorithms: tuple[str, ...] = ("RS256",)

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            return name and ZoneInfo(name).key
        except (OSError, ValueError) as error:  # absent, a folder of zones, or no name of any
            raise ValueError(f"{name!r} is no time zone; write one of IANA, for example Asia/Shanghai") from error

    @property
    def history_dir(self) -> Path:
        """Accepted rows, append-only."""
        return self.state / "history"

    @property
    def quarantine_dir(self) -> Path:
        """Refused rows with their reasons."""
        return self.state / "quarantine"

    @property
    def report_dir(self) -> Path:
        """What became of each ingest, as JSON."""
        return self.state / "ingests"

    @property
    def snapshot_dir(self) -> Path:
        """Officer and unit rows by as-of month."""
        return self.state / "snapshots"

    @property
    def feast_dir(self) -> Path:
        """Feast registry and online store."""
        return self.state / "feast"

    @property
    def mlflow_dir(self) -> Path:
        """MLflow database and artefacts."""
        return self.state / "mlflow"

    @property
    def mlflow_database(self) -> Path:
        """Runs, versions and aliases."""
        return self.mlflow_dir / "mlflow.db"

    @property
    def mlflow_uri(self) -> str:
        """Tracking and registry address: PostgreSQL where `mlflow_url` says so. Files lie under `mlflow_dir` always."""
        return self.mlflow_url or f"sqlite:///{self.mlflow_database.resolve()}"

    @property
    def keys_dir(self) -> Path:
        """Signing keys; never leaves the machine."""
        return self.state / "keys"

    @property
    def gate_dir(self) -> Path:
        """What the gate found of each version, and who signed for what."""
        return self.state / "gate"

    @property
    def results_dir(self) -> Path:
        """What the night publishes."""
        return self.state / "results"

    @property
    def feedback_dir(self) -> Path:
        """The service's own log of what it showed and what became of it."""
        return self.state / "feedback"

    @property
    def feedback_url(self) -> str:
        """Address of that log's database."""
        return f"sqlite:///{(self.feedback_dir / 'feedback.db').resolve()}"

    @property
    def service_url(self) -> str:
        """Address of the database of keys, audit and cases: PostgreSQL where `database_url` says so."""
        return self.database_url or f"sqlite:///{(self.state / 'service' / 'service.db').resolve()}"

    @property
    def results_database_url(self) -> str:
        """The PostgreSQL server that a night's results also go to, by default that of the service; empty for none.

        >>> Settings(database_url="postgresql+psycopg://db/pharos").results_database_url
        'postgresql+psycopg://db/pharos'
        """
        of_service = self.database_url if self.database_url.startswith("postgresql") else ""
        return self.results_url or of_service

    @property
    def audit_head(self) -> Path:
        """How long the audit chain is, signed; kept beside the database and not in it."""
        return self.state / "service" / "audit.head"

    @property
    def audit_mark(self) -> Path:
        """That the audit chain was begun; apart from it, so that what takes it away whole leaves the mark."""
        return self.state / "audit.begun"

    @property
    def erasures_dir(self) -> Path:
        """The proofs of who was erased, under pseudonyms."""
        return self.state / "service" / "erasures"

    @property
    def pictures_dir(self) -> Path:
        """What people would rather look at than read."""
        return self.state / "pictures"

    @property
    def tuning_dir(self) -> Path:
        """Optuna journals."""
        return self.state / "tuning"

    @property
    def experiments_dir(self) -> Path:
        """What the steps of each study made, by name."""
        return self.state / "experiments"


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()


def prepare_process(threads: int | None = None) -> None:
    """Set thread counts and switch telemetry off; call before numpy, torch, Feast or MLflow is imported.

    Oversubscribed OpenMP on two cores makes LightGBM and scikit-learn 15 to 50 times slower.
    """
    count = str(threads or settings().threads)
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, count)
    for name, value in (PATIENT_VARIABLES | QUIET_VARIABLES).items():
        os.environ.setdefault(name, value)
