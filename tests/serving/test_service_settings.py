"""What BentoML runs is what we set, not its defaults: one process, our number of threads, nothing of its own told."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import date

import pandas as pd
import pytest

from data_contracts.settings import Settings
from serving import service
from serving.api import heads
from serving.api.guard import Limits
from serving.deploy.bundle import HERE
from serving.schemas import MAX_OFFICERS
from tests.serving.desks import FakeSource, demo_desks, risk_desk
from tests.serving.live import served


@dataclass
class SlowSource(FakeSource):
    """Takes a while, and notes how many reads ran at one time at most."""

    now: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def online(self, ids: Sequence[str], service: str, as_of: date | None = None) -> pd.DataFrame:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.2)
        with self.lock:
            self.now -= 1
        return super().online(ids, service, as_of)


def test_workers_and_threads_are_ours() -> None:
    config = service.PharosService.config
    assert (config["workers"], config["threads"]) == (1, service.THREADS)
    assert (config["http"]["host"], config["http"]["port"]) == ("127.0.0.1", 3017), "this machine only, unless told"
    assert config["metrics"] == {"enabled": False}, "they would label raw addresses"
    assert config["logging"] == {"access": {"enabled": False}}, "it would write addresses as they came"


def test_as_many_answers_at_a_time_as_we_set(monkeypatch: pytest.MonkeyPatch) -> None:
    source = SlowSource({"o-000001": 2.0})
    desks = replace(demo_desks(), risk=risk_desk(source, {"o-000001": (0.6, 0.2)}))
    asked = 3 * service.THREADS
    with served(desks, monkeypatch) as client, ThreadPoolExecutor(asked) as many:
        body = {"officer_ids": ["o-000001"]}
        answers = list(many.map(lambda _: client.post("/v1/risk", json=body).status_code, range(asked)))
    assert answers == [200] * asked
    assert source.most == service.THREADS


def test_every_setting_is_documented_and_nothing_else() -> None:
    rows = (HERE / "SETTINGS.md").read_text("utf-8").splitlines()
    told = [row.split("`")[1] for row in rows if row.startswith("| `PHAROS_")]
    assert sorted(told) == sorted(f"PHAROS_{name.upper()}" for name in Settings.model_fields)


def test_every_limit_is_documented_with_its_value_in_both_languages() -> None:
    rows = [row.split(" | ") for row in (HERE / "SETTINGS.md").read_text("utf-8").splitlines() if row.startswith("| `")]
    told = {name.strip("|` "): (value, en, zh) for name, value, en, zh in rows if not name.startswith("| `PHAROS_")}
    named = {
        "HEAD_SECONDS": heads.HEAD_SECONDS, "HEAD_BYTES": heads.HEAD_BYTES, "MAX_OFFICERS": MAX_OFFICERS,
        "KEEP_ALIVE_SECONDS": service.KEEP_ALIVE_SECONDS,
    }  # fmt: skip
    assert {name: value for name, (value, *_) in told.items()} == {
        name: str(value) for name, value in {**asdict(Limits()), **named}.items()
    }
    assert all(en.isascii() and not zh.isascii() for _, en, zh in told.values())


def test_no_address_is_printed_with_the_settings() -> None:
    hidden = {name: "postgresql://u:hidden-word@h/d" for name in Settings.model_fields if name.endswith("_url")}
    assert len(hidden) == 7
    assert "hidden-word" not in repr(Settings.model_validate(hidden)) + str(Settings.model_validate(hidden))
