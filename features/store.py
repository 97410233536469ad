"""The one door to the feature store. Feast stays behind it, and is imported only when a method needs it (2 s)."""

from __future__ import annotations

import fcntl
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd
import structlog

from data_contracts.errors import FeatureMismatch, InvalidInput, NotReady, OnlineStoreAway, PharosError
from data_contracts.places import ONLINE, REGISTRY, plain, remember
from data_contracts.policy import check_features
from data_contracts.settings import Settings
from features.ages import UNKNOWN, aged_answer
from features.declared import declared_features
from features.feast_loading import feast_quietly, load_feast, sqlite_times_as_feast_has_them
from features.feast_opening import open_feast
from features.history import History
from features.live import LiveFeatures
from features.offline_files import (
    content_hash,
    feast_table,
    snapshot_dates,
    snapshot_ids,
    snapshot_parts,
    snapshots_stamp,
    typed_snapshot,
    write_offline,
    write_online,
)
from features.packing import LAYOUT, SUFFIX, layout_hash, online_view, packed
from features.pending import Pending
from features.snapshots import made_from_now
from features.sqlite_care import READ_SECONDS, WRITE_SECONDS, PatientSqlite, Rest
from features.standing_in import stand_in, with_events_missing, with_lost_rows
from features.views import Declared, Service, View, typed

ROW = "pharos_row_id"
HELD_SAMPLE = 100  # officers that are looked for to see whether the store still has what it was filled with
LOST_SAMPLE = 20  # the same while the service is asked whether it is ready, which is often
NOBODY = "readiness-probe"  # an id that is asked for where only matters whether there is an answer
HISTORY_SECONDS = 5.0  # for an ingest that is under way; until then it is unclear which events the history shows
UNDECLARED = ("FeatureServiceNotFoundException", "FeatureViewNotFoundException")
CHUNK_ROWS = 200_000  # of entity rows: Feast's join keeps every candidate row of a chunk in memory


class Mark(TypedDict):
    """How far the online store is for one view; `filled` once any day was filled to its end."""

    as_of: str
    content: str
    filled: bool


UNFINISHED = "unfinished"
EMPTY = Mark(as_of="0001-01-01", content="", filled=False)


@dataclass(frozen=True)
class Materialized:
    """What `materialize` did to one view: officers or units written, and why not when nothing was."""

    view: str
    as_of: date
    rows: int
    because: str = "moved forward"


class FeatureReader:
    """Features for training (`training_frame`), for a request (`online`) and for the night (`snapshot`).

    `settings` say where the state lies; `declared` is what the store offers, by default all of it.
    """

    def __init__(self, settings: Settings, declared: Declared | None = None) -> None:
        self._settings = settings
        self._declared = declared
        self._lock = threading.RLock()  # Feast's SQLite store shares one connection between threads
        self._rest = Rest()
        self._opener: threading.Thread | None = None
        self._samples: dict[str, tuple[tuple[object, ...], list[str]]] = {}

    def open_beside(self) -> None:
        """Open Feast (2 s of work) beside the requests; until it is open snapshots stand in, so that nobody waits."""
        if self._opener is None:
            self._opener = threading.Thread(target=self._open_first, name="pharos-features", daemon=True)
            self._opener.start()

    def wait_until_open(self) -> None:
        """Wait for what `open_beside` began; at once where nothing was."""
        if self._opener is not None:
            self._opener.join()

    def _open_first(self) -> None:
        try:
            self._opened()
        except Exception as error:  # told here and tried again by the next read, which says what it means
            structlog.get_logger("pharos.features").error("online_store", kind=type(error).__name__)

    @property
    def declared(self) -> Declared:
        """The views and services on offer."""
        if self._declared is None:
            self._declared = declared_features()
        return self._declared

    def columns(self, service: str) -> list[str]:
        """The features of a service in their stored order."""
        return list(self.declared.service(service).chosen)

    def service_hash(self, service: str) -> str:
        """sha256 of what training and serving must agree on."""
        return self.declared.service(service).hash

    def apply(self) -> None:
        """Register everything declared; refuses a feature that no model may see."""
        load_feast()
        from features.feast_objects import feast_objects

        for service in self.declared.services:
            check_features(service.chosen, service.outcome)
        for view in self.declared.views:  # what the strain model alone may see still lies in a view
            check_features([item.name for item in view.fields], "strain")
        self._settings.feast_dir.mkdir(parents=True, exist_ok=True)
        with feast_quietly(), _told():
            self._feast.apply(feast_objects(self.declared, self._settings.feast_dir))
        self._remember(REGISTRY, self._settings.registry_url)

    def snapshot(self, as_of: date, source: str = "officers") -> pd.DataFrame:
        """Every officer (or unit) as of a day, with the declared kinds; what the night reads."""
        return typed_snapshot(self._settings.snapshot_dir, self.declared.view(source), as_of)

    def snapshot_hash(self, as_of: date, source: str = "officers") -> str:
        """sha256 of the snapshot's bytes."""
        return content_hash(snapshot_parts(self._settings.snapshot_dir, source, as_of))

    def snapshot_dates(self, source: str = "officers") -> list[date]:
        """The as-of dates that have a snapshot, oldest first."""
        return snapshot_dates(self._settings.snapshot_dir, source)

    def snapshots_stamp(self, until: date, source: str = "officers") -> tuple[tuple[str, int, int], ...]:
        """Differs from an earlier one when a snapshot up to a day came, went or was written anew since; cheap."""
        return snapshots_stamp(self._settings.snapshot_dir, source, until)

    def training_frame(self, entities: pd.DataFrame, service: str, chunk_rows: int = CHUNK_ROWS) -> pd.DataFrame:
        """The features as they were known at each row's time; rows, order and index as they came.

        `entities` has the service's key and `event_timestamp` (naive midnight or UTC); other columns are kept.
        Raises FeatureMismatch when the store loses or adds a row.
        """
        chosen = self.declared.service(service)
        asked = _entity_rows(entities, chosen.key)
        self.convert()
        order = asked["event_timestamp"].argsort(kind="stable").to_numpy()
        parts = [
            self._historical(asked.iloc[order[start : start + chunk_rows]], chosen)
            for start in range(0, len(order), chunk_rows)
        ]
        joined = (
            pd.concat(parts).sort_values(ROW, kind="stable") if parts else asked.reindex(columns=[ROW, *chosen.chosen])
        )
        if joined[ROW].tolist() != list(range(len(entities))):
            raise FeatureMismatch(f"service {service!r}: {len(entities)} rows went in and {len(joined)} came out")
        features = typed(joined[list(chosen.chosen)], chosen.fields).set_index(entities.index)
        return pd.concat([entities, features], axis=1)

    def _historical(self, asked: pd.DataFrame, service: Service) -> pd.DataFrame:
        job = self._feast.get_historical_features(
            entity_df=asked.reset_index(drop=True),
            features=self._feast.get_feature_service(service.name),
            filter_by_created_timestamp=True,  # without it created_timestamp only breaks ties, and late data leaks
        )
        with feast_quietly():
            frame: pd.DataFrame = job.to_df()
        return frame[[ROW, *service.chosen]]

    def convert(self) -> int:
        """Bring the Feast-facing parquet up to date with the snapshots; returns how many files were written."""
        written = 0
        for source in sorted({view.source for view in self.declared.views}):
            dates = snapshot_dates(self._settings.snapshot_dir, source)
            views = self.declared.view(source)
            written += sum(write_offline(self._settings.snapshot_dir, self._offline, views, day) for day in dates)
            current = {self._offline / source / f"{day.isoformat()}.parquet" for day in dates}
            for stale in set((self._offline / source).glob("*.parquet")) - current:
                stale.unlink()
        return written

    def materialize(self, as_of: date) -> list[Materialized]:
        """Bring the online store forward to the snapshots of `as_of`; an older day never overwrites a newer one.

        Officers with events that the snapshot may not know of are computed anew, as of the later of both days.
        """
        with self._alone():
            history = History(self._settings.history_dir)
            knows_all = made_from_now(self._settings.snapshot_dir, as_of, history)
            late = {one: max(day, as_of) for one, day in self.pending.held().items() if day > as_of or not knows_all}
            done = [self._materialize_view(view, as_of, frozenset(late)) for view in self.declared.views]
        live = LiveFeatures(history)
        for day in sorted(set(late.values())):
            self.bring_forward(live, [one for one, due in late.items() if due == day], day, wait_seconds=None)
        live.close()
        if knows_all:
            self.pending.settle(as_of)
        self._remember(ONLINE, self._settings.online_url)
        return done

    def _remember(self, name: str, address: str) -> None:
        remember(self._settings.state, name, plain(address, self._settings.state))

    @cached_property
    def pending(self) -> Pending:
        """Officers with events that the snapshots may not know of."""
        return Pending(self._settings.feast_dir)

    def bring_forward(
        self, live: LiveFeatures, officer_ids: Sequence[str], as_of: date, wait_seconds: float | None = HISTORY_SECONDS
    ) -> int:
        """Put features of officers, computed now as of a day, into the online store; returns how many it took.

        A row of a later day that is there stays. Where no night ever filled the store there is nothing to bring
        forward. Raises NotReady when the history is being written for longer than `wait_seconds`.
        """
        filled = [view for view in self.declared.views if self._marks().get(view.name, EMPTY)["filled"]]
        views = [view for view in filled if view.entity == "officer"]
        if not officer_ids or not views:
            return 0
        with self._alone():
            # Officers are taken up before their events are visible: of an append under way the features know nothing
            with History(self._settings.history_dir).alone(wait_seconds):
                seen = self.pending.late()
            sources = live.rows(officer_ids, as_of)
            brought = max(self._push(view, sources[view.source], as_of) for view in views)
            self.pending.brought(officer_ids, seen, as_of)
            return brought

    def _push(self, view: View, rows: pd.DataFrame, as_of: date) -> int:
        twin, ids = online_view(view), rows[view.key].astype(str).tolist()
        if not ids:
            return 0
        with feast_quietly(), self._turn():  # requests wait behind it, so it waits for others no longer than they do
            self._opened()
            older = [seconds <= pd.Timestamp(as_of).timestamp() for seconds in self._stamps(view, ids)]
            if any(older):
                table = feast_table(packed(rows[older], view), (twin,), as_of)
                self._feast.write_to_online_store(twin.name, df=table.to_pandas())
        return sum(older)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer of the online store at a time, in all processes."""
        self._settings.feast_dir.mkdir(parents=True, exist_ok=True)
        with (self._settings.feast_dir / ".online.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def forget(self, officer_id: str) -> int:
        """Take an officer who was erased out of the online store; how many rows it had. Raises OnlineStoreAway."""
        if not self._marks():
            return 0
        with self._alone(), self._lock, _told():
            load_feast()
            from features.online_erasing import erase_online

            return erase_online(self._feast, self._settings, officer_id)

    def _materialize_view(self, view: View, as_of: date, but: frozenset[str]) -> Materialized:
        marks = self._marks()
        held = marks.get(view.name, EMPTY)
        content = self.snapshot_hash(as_of, view.source) + layout_hash(view)
        if date.fromisoformat(held["as_of"]) > as_of:
            return Materialized(view.name, as_of, 0, f"the store already holds {held['as_of']}")
        if (held["as_of"], held["content"]) == (as_of.isoformat(), content) and self._still_holds(view, as_of):
            return Materialized(view.name, as_of, 0, "already there")
        moment = pd.Timestamp(as_of, tz="UTC").to_pydatetime()
        # The intent stands first: a kill in the middle leaves newer rows, which no older day may overwrite either.
        self._mark(view, Mark(as_of=as_of.isoformat(), content=UNFINISHED, filled=held["filled"]))
        rows = write_online(self._settings.snapshot_dir, self._offline, view, as_of, but)
        with feast_quietly(), self._lock, _told():
            sqlite_times_as_feast_has_them()
            PatientSqlite(self._feast, WRITE_SECONDS).prepare()
            self._feast.materialize(start_date=moment, end_date=moment, feature_views=[view.name + SUFFIX])
        self._mark(view, Mark(as_of=as_of.isoformat(), content=content, filled=True))
        return Materialized(view.name, as_of, rows)

    def filled_as_of(self, service: str) -> date | None:
        """The newest day that the online store was filled for; None when a view of the service never was."""
        held = [self._marks().get(view.name, EMPTY) for view in self.declared.service(service).views]
        return max(date.fromisoformat(one["as_of"]) for one in held) if all(one["filled"] for one in held) else None

    def online(self, ids: Sequence[str], service: str, as_of: date | None = None) -> pd.DataFrame:
        """What the store holds for these officers (or units) now, one row each, in the given order.

        Columns: the key, `status` (present, expired, unknown), `feature_timestamp` (naive UTC) and the features in
        stored order. Age is counted from `as_of`, by default the setting `today`. A feature older than its ttl is
        null. Where the store cannot be read in time, or lost rows, the snapshots of the day that it was filled for
        stand in (stand_in, away). Where accepted events of an officer are not in a row, `without_events_since` is the
        first day of them. Raises NotReady when nothing was ever materialized.
        """
        chosen = self.declared.service(service)
        today = as_of or self._settings.today
        if today is None:
            raise InvalidInput("features have an age only against a day: pass as_of, or set PHAROS_TODAY=YYYY-MM-DD")
        filled = self.filled_as_of(service)
        if filled is None:
            raise NotReady(
                f"the online store has never been filled for {service}; run `pharos materialize --as-of DATE`"
            )
        told = self._in_time(list(ids), chosen, today) if len(ids) else None  # Feast fails where nobody is asked for
        if told is None:
            frame = stand_in(self._settings.snapshot_dir, ids, chosen, filled)
        else:
            frame = with_lost_rows(told, self._settings.snapshot_dir, chosen, filled)
        late = self.pending.late() if chosen.key == "officer_id" else {}
        return with_events_missing(frame, late, chosen.key) if late and not late.keys().isdisjoint(ids) else frame

    def _in_time(self, ids: list[str], service: Service, today: date) -> pd.DataFrame | None:
        """The store's answer; None where it has none now, whatever ails it. The kind of fault is logged, no value."""
        if self._opener is not None and self._opener.is_alive():
            return None
        with self._turn():
            if not self._rest.over():
                return None
            try:
                return self._read(ids, service, today)
            except PharosError:
                raise
            except Exception as error:
                structlog.get_logger("pharos.features").error("online_store", kind=type(error).__name__)
                self._rest.begin()
                self._let_go(error)
                return None

    def _turn(self) -> AbstractContextManager[object]:
        """One thread at a time at the one connection of the file; Redis takes many, and one may wait there for long."""
        return nullcontext() if self._settings.online_url else self._lock

    def readable(self) -> bool:
        """Whether the store was filled and answers now; one question about nobody, with the patience of a request."""
        for asked in (one for one in self.declared.services if one.key == "officer_id"):
            if (filled := self.filled_as_of(asked.name)) is not None:
                return self._in_time([NOBODY], asked, filled) is not None
        return False

    def lost(self, service: str) -> bool:
        """Whether the store is without rows that it was filled with: some officers of the snapshot are looked for.

        False where it cannot be read now, was never filled or is being filled.
        """
        chosen, filled = self.declared.service(service), self.filled_as_of(service)
        marks = [self._marks().get(view.name, EMPTY) for view in chosen.views]
        if filled is None or any(one["content"] == UNFINISHED for one in marks):
            return False
        ids = self._sampled(chosen, filled)
        try:
            told = self._in_time(ids, chosen, filled) if ids else None
        except FeatureMismatch:  # rows of another version: they are there, and every answer says what is wrong
            return False
        return told is not None and bool((told["status"] == UNKNOWN).any())

    def _sampled(self, service: Service, as_of: date) -> list[str]:
        """Officers from all over the snapshot of a day; read again only where its files changed, as erasing does."""
        view = service.views[0]
        try:
            parts = snapshot_parts(self._settings.snapshot_dir, view.source, as_of)
            seen = (as_of, *((str(part), part.stat().st_ino, part.stat().st_mtime_ns) for part in parts))
            if self._samples.get(service.name, ((), []))[0] != seen:
                ids = snapshot_ids(self._settings.snapshot_dir, view, as_of)
                self._samples[service.name] = (seen, ids[:: max(1, len(ids) // LOST_SAMPLE)])
        except (NotReady, OSError):  # it is being put in place, or gone: there is nothing to compare with
            return []
        return self._samples[service.name][1]

    def _read(self, ids: list[str], service: Service, today: date) -> pd.DataFrame:
        feast = self._opened()
        answer = feast.get_online_features(
            features=feast.get_feature_service(service.name + SUFFIX, allow_cache=True),
            entity_rows=[{service.key: item} for item in ids],
            full_feature_names=True,
        ).to_dict(include_event_timestamps=True)
        return aged_answer(answer, ids, service, today)

    def _opened(self) -> Any:
        with self._lock:
            sqlite_times_as_feast_has_them()
            PatientSqlite(self._feast, READ_SECONDS).prepare()
            return self._feast

    def _let_go(self, error: Exception) -> None:
        """Of what a failure may have left wrong: pages of a file, or a registry read before all was declared."""
        held = self.__dict__.get("_feast")
        if held is not None:
            PatientSqlite(held, READ_SECONDS).close()
        if type(error).__name__ in UNDECLARED:
            self.__dict__.pop("_feast", None)

    def _still_holds(self, view: View, as_of: date) -> bool:
        """Whether the store has what it was filled with; officers of the snapshot, from all over it, are looked for."""
        ids = snapshot_ids(self._settings.snapshot_dir, view, as_of)
        with self._lock:
            try:
                sqlite_times_as_feast_has_them()
                PatientSqlite(self._feast, WRITE_SECONDS).prepare()
                return all(self._stamps(view, ids[:: max(1, len(ids) // HELD_SAMPLE)]))
            except Exception:  # whatever ails it: filling it anew tells, or mends it
                return False

    def _stamps(self, view: View, ids: Sequence[str]) -> list[int]:
        """Seconds since 1970 of the rows that the store holds; 0 where it has none."""
        answer = self._feast.get_online_features(
            features=[f"{online_view(view).name}:{LAYOUT}"], entity_rows=[{view.key: one} for one in ids]
        ).to_dict(include_event_timestamps=True)
        return [int(seconds) for seconds in answer[f"{LAYOUT}__ts"]]

    @cached_property
    def _feast(self) -> Any:
        return open_feast(self._settings)

    @property
    def _offline(self) -> Path:
        return self._settings.feast_dir / "offline"

    @property
    def _marks_file(self) -> Path:
        return self._settings.feast_dir / "materialized.json"

    def _marks(self) -> dict[str, Mark]:
        if not self._marks_file.exists():
            return {}
        marks: dict[str, Mark] = json.loads(self._marks_file.read_text("utf-8"))
        return marks

    def _mark(self, view: View, mark: Mark) -> None:
        scratch = self._marks_file.with_suffix(".partial")
        scratch.write_text(json.dumps(self._marks() | {view.name: mark}, indent=1, sort_keys=True), "utf-8")
        scratch.replace(self._marks_file)


@contextmanager
def _told() -> Iterator[None]:
    """Whatever a store raises, said in our words; an address or a password in it is not repeated."""
    try:
        yield
    except PharosError:
        raise
    except Exception as error:
        raise OnlineStoreAway(
            f"the online store cannot be written ({type(error).__name__}); look after its disk or its server "
            "(PHAROS_ONLINE_URL) and its registry (PHAROS_REGISTRY_URL), then run the command again"
        ) from error


def _entity_rows(entities: pd.DataFrame, key: str) -> pd.DataFrame:
    """Key, UTC microseconds and our own row id: Feast keeps neither the order nor the index."""
    absent = [name for name in (key, "event_timestamp") if name not in entities.columns]
    if absent:
        raise InvalidInput(f"entity rows need the columns {key} and event_timestamp; {absent[0]} is missing")
    if entities[[key, "event_timestamp"]].isna().to_numpy().any():
        raise InvalidInput(f"entity rows need a value in {key} and event_timestamp on every row")
    moments = pd.to_datetime(entities["event_timestamp"], utc=True).astype("datetime64[us, UTC]")
    return pd.DataFrame(
        {
            key: entities[key].astype("string").astype(object).to_numpy(),
            "event_timestamp": moments.array,
            ROW: range(len(entities)),
        }
    )
