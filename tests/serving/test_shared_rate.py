"""One limit for several processes: what one spends another lacks, and strangers push out nobody who came lately."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from data_contracts.settings import Settings
from serving.api.guard import Limits
from serving.api.rate import Rate
from serving.api.shared_rate import BUCKETS, PLACES, SharedRate
from serving.service import limiter_of

SPEND = """
import sys
from pathlib import Path
from serving.api.shared_rate import SharedRate
rate = SharedRate(0.0, 1000, Path(sys.argv[1]))
print(sum(rate.take("key:a", 1.0) for _ in range(400)))
"""


def test_it_counts_as_the_limit_of_one_process_does(tmp_path: Path) -> None:
    shared, own = SharedRate(2.0, 3, tmp_path / "rate"), Rate(2.0, 3)
    asked = [("a", 0.0)] * 5 + [("b", 0.1), ("a", 0.4), ("a", 0.6), ("b", 9.0), ("b", 9.0), ("b", 9.0), ("b", 9.0)]
    assert [shared.take(*one) for one in asked] == [own.take(*one) for one in asked]
    shared.close()


def test_processes_spend_from_one_bucket_and_none_twice(tmp_path: Path) -> None:
    def spent(_: int) -> int:
        command = [sys.executable, "-c", SPEND, str(tmp_path / "rate")]
        return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(spent, range(4))) == 1000


def test_under_many_strangers_the_table_stays_small_and_who_came_lately_stays(tmp_path: Path) -> None:
    rate = SharedRate(0.0, 2, tmp_path / "rate")
    size = (tmp_path / "rate").stat().st_size
    for number in range(3 * BUCKETS * PLACES):
        rate.take(f"10.0.{number}", float(number))
    last = 3 * BUCKETS * PLACES - 1
    assert [rate.take(f"10.0.{last}", float(last)) for _ in range(2)] == [True, False]
    assert (tmp_path / "rate").stat().st_size == size
    rate.close()


@pytest.mark.parametrize("workers", [1, 4])
def test_workers_without_a_folder_take_their_part(workers: int, tmp_path: Path) -> None:
    limits = replace(Limits(), per_second=0.0, burst=8)
    apart = limiter_of(Settings(workers=workers), limits)
    assert sum(apart.take("a", 0.0) for _ in range(9)) == 8 // workers
    shared = limiter_of(Settings(workers=workers, shared_dir=tmp_path), limits)
    assert isinstance(shared, SharedRate)
    assert sum(shared.take("a", 0.0) for _ in range(9)) == 8
    shared.close()
