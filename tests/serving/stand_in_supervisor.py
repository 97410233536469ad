"""The parent of `stand_in_worker.py`, as `pharos serve` is of its workers."""

from __future__ import annotations

import sys

from data_contracts.settings import settings
from serving.workers import supervise

if __name__ == "__main__":
    supervise(settings(), "127.0.0.1", (sys.executable, "-m", "tests.serving.stand_in_worker"))
