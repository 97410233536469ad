"""A small bureau with rows about one officer in every place that a deployment has, for tests of erasure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import sqlalchemy as sa
from redis import Redis
from rich.console import Console

from data_contracts.catalog import catalog
from data_contracts.policy import policy
from data_contracts.pseudonyms import pseudonyms
from data_contracts.settings import Settings
from data_contracts.simulator.simulation import simulate
from data_contracts.sources.simulated import read
from features.arrivals import Arrival, Arrivals
from features.building import build_features
from features.event_log import EventLog
from features.history import History
from features.ingest import Delivered, ingest
from features.pending import Pending
from features.store import FeatureReader
from serving.access.commands import Opens, add_key
from serving.feedback.exposures import ExposureLog
from serving.night.batch import Terms, score
from serving.night.results import latest_run
from serving.night.results_database import results_database
from serving.review.cases import CaseStore
from serving.review.opening import open_cases
from serving.review.opt_outs import OptOuts, Wish
from serving.upgrading import backup
from tests.serving.feedback_room import given, show
from tests.serving.night_force import AS_OF, PARENTS, RULES, CountScorer, force, reader, write_snapshot

END = date(2026, 11, 1)
NOW = datetime(2026, 11, 1, 9)


@dataclass(frozen=True)
class Bureau:
    """A filled state, the export it came from, and the officer who is to be erased."""

    use: Settings
    export: Path
    officer: str

    def arrivals(self) -> Arrivals:
        """The door of events."""
        names, pending = pseudonyms(self.use.keys_dir), Pending(self.use.feast_dir)
        log = EventLog.of(self.use)
        return Arrivals(History(self.use.history_dir), log, names, self.use.quarantine_dir, pending.add)


def filled(use: Settings, export: Path) -> Bureau:
    """Every place written by what writes it: ingest, events, features, the online store, a night, people, a copy."""
    frames = simulate(60, 3, 3, END)
    serving = frames["postings"].query("ended_on.isna()")["officer_id"].astype(str)
    ids = sorted(serving.unique())
    rows = force(len(ids)).assign(officer_id=pd.array(ids, dtype="string"))
    write_snapshot(use, rows)
    database = results_database(use)
    terms = Terms(publishers=[] if database is None else [database])
    score(AS_OF, use, CountScorer(), rules=RULES, parents=PARENTS, reader=reader(use), terms=terms)
    run = latest_run(use)
    graded = run.officers()
    officer = str(graded.loc[graded["grade"] == "poor", "officer_id"].iloc[0])
    other = frames["postings"]["officer_id"] != officer
    frames["postings"].loc[frames["postings"].index[other][:3], "supervisor_id"] = officer
    export.mkdir(parents=True)
    for name in (one for one in catalog().tables if len(frames.get(one, ()))):
        frames[name].to_parquet(export / f"{name}.parquet", index=False)
    assert "postings" in read(export).tables
    made = Bureau(use, export, officer)
    ingest(Delivered("simulator", export), use, today=END)
    build_features(use, [END])
    store = FeatureReader(use)
    store.apply()
    store.materialize(END)
    row = {"officer_id": officer, "honour": "merit", "occurred_on": "2026-10-20"}
    (became,) = made.arrivals().take([Arrival(f"honour-{officer}", "honours", row)], END, may_register=True)
    assert became.outcome == "accepted"
    open_cases(run, CaseStore.of(use), policy(), datetime(2016, 12, 2))
    add_key(use, "the officer", Opens((), (), officer), 30, Console(quiet=True))
    OptOuts.of(use).keep(Wish(officer, True, NOW, "oidc:x"))
    log = ExposureLog(use.feedback_url)
    show(log, officer, "p-1")
    log.take([given(1, officer_id=officer)])
    log.close()
    use.pictures_dir.mkdir(parents=True)
    (use.pictures_dir / f"path-{officer}-goal.png").write_bytes(b"a picture")
    (use.state / "export").mkdir()
    frames["officers"].to_parquet(use.state / "export" / "officers.parquet", index=False)
    backup.copied(use, NOW)
    return made


def where(use: Settings, officer: str) -> set[str]:
    """Where an id can be read, looked for by other means than those of the product: bytes, rows, keys, dumps."""
    found = set[str]()
    for path in (one for one in use.state.rglob("*") if one.is_file()):
        told = path.read_bytes()
        if path.suffix == ".parquet":
            told += json.dumps(pq.read_table(path, partitioning=None).to_pylist(), default=str).encode()
        if officer.encode() in told or officer in path.name:
            found.add(path.relative_to(use.state).parts[0])
    if use.online_url:
        with Redis.from_url(use.online_url) as client:
            if any(officer.encode() in key for key in client.keys("*")):
                found.add("redis")
    for url in filter(None, {use.database_url, use.results_url}):
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            for name in sa.inspect(connection).get_table_names():
                rows = connection.execute(sa.text(f'SELECT CAST(t AS TEXT) FROM "{name}" AS t')).scalars()
                if any(officer in row for row in rows):
                    found.add(f"postgresql {name}")
        engine.dispose()
    return found
