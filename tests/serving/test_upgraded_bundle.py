"""The previous bundle makes a state, this version upgrades it: copy first, then it answers. The long form.

test_upgrading.py is the short one, on a recording. Here the older version itself is taken out of the repository, runs
with this environment's packages, trains, and is followed by this version on the folder that was moved meanwhile.
"""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import httpx
import pytest

from data_contracts.settings import Settings
from models import registry
from serving.upgrading import backup

OLDER = "8e6e747"  # the last one before the service's database had revisions; its history is of format 1
ROOT = Path(__file__).resolve().parents[2]
DAY = "2026-01-01"
MADE: tuple[tuple[str, ...], ...] = (
    ("simulate", "--officers", "300", "--years", "6", "--seed", "7", "--out", "{state}/export"),
    ("ingest", "{state}/export", "--source", "simulator"),
    ("train", "next-post", "--as-of", DAY),
    ("promote", "next-post"),
)
pytestmark = [
    pytest.mark.skipif("PHAROS_LONG" not in os.environ, reason="trains twice, 3 minutes; set PHAROS_LONG=1"),
    pytest.mark.slow,
    pytest.mark.server,
]


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """The older version's files; skips aloud where the checkout has no history."""
    packed = subprocess.run(["git", "archive", OLDER], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        pytest.skip(f"this checkout does not reach back to {OLDER}; fetch its whole history")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as told:
        told.extractall(tmp_path / "older", filter="data")
    return tmp_path / "older"


def pharos(checkout: Path, state: Path, *words: str, code: int = 0) -> str:
    """What a command of a checkout says; it must end with `code`."""
    asked = [sys.executable, "-c", "from pharos import main; main()", *(word.format(state=state) for word in words)]
    done = subprocess.run(asked, cwd=checkout, env=around(state), capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{words}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
    return " ".join((done.stdout + done.stderr).split())


def around(state: Path) -> dict[str, str]:
    return {**os.environ, "PHAROS_STATE": str(state), "PHAROS_TODAY": DAY, "COLUMNS": "300"}


def answered(state: Path, key: str, log: Path) -> httpx.Response:
    """What this version's service says of a next post to the bearer of a key; it is stopped after."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-c", "from pharos import main; main()", "serve", "--port", str(port)]
    asked = {"json": {"officer_ids": ["nobody"]}, "headers": {"x-api-key": key}, "timeout": 60.0}
    with log.open("wb") as out, subprocess.Popen(words, cwd=ROOT, env=around(state), stdout=out, stderr=out) as service:
        try:
            for _ in range(240):
                try:
                    return httpx.post(f"http://127.0.0.1:{port}/v1/next_posts", **asked)  # type: ignore[arg-type]
                except httpx.ConnectError:
                    assert service.poll() is None, log.read_text()[-2000:]
                    time.sleep(0.5)
            raise AssertionError(log.read_text()[-2000:])
        finally:
            service.terminate()


def test_a_state_of_the_previous_bundle_is_upgraded_and_answers(older: Path, tmp_path: Path) -> None:
    made, moved = tmp_path / "made", tmp_path / "moved"
    for words in MADE:
        pharos(older, made, *words)
    key = pharos(older, made, "keys", "add", "an old system", "--scope", "recommend:read", "--all-units").split()[0]
    made.rename(moved)
    assert "nothing was changed" in pharos(ROOT, moved, "upgrade", "--check")
    told = pharos(ROOT, moved, "upgrade")
    assert "brought forward: service database, addresses of artefacts, history" in told
    assert "next-post version 1 will be refused: it was trained on other feature definitions" in told
    assert "`pharos train next-post --as-of DATE`, then `pharos promote next-post`" in told
    (copy,) = (one for one in (moved / "backups").iterdir() if one.is_dir())
    assert backup.verified(copy)
    assert "every part is of this version; nothing was changed" in pharos(ROOT, moved, "upgrade")
    assert " 0 accepted + 0 quarantined + " in pharos(ROOT, moved, *MADE[1])
    assert "next-post version 1 was trained on another definition" in pharos(ROOT, moved, "serve", code=2)
    pharos(ROOT, moved, *MADE[2])
    for words in (("features", "--as-of", DAY), ("materialize", "--as-of", DAY)):
        pharos(ROOT, moved, *words)
    registry.set_alias(Settings(state=moved), "next-post", "2")  # the gate asks more of a force than of this test
    answer = answered(moved, key, tmp_path / "service.log")
    assert answer.status_code == 200, answer.text
    assert answer.json()["model"]["version"] == "2"
    assert answer.json()["results"][0]["status"] == "scored"
    assert answered(moved, "pharos_of_nobody", tmp_path / "service.log").status_code == 401
