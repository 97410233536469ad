"""`pharos serve` as a process of its own, with desks whose answers are known; the arguments are the port and, where an
answer shall take its time, its seconds."""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import replace

from rich.console import Console

from data_contracts.importing import kept_imports
from data_contracts.settings import Settings, prepare_process


def main(port: int, seconds: float = 0.0) -> None:
    prepare_process(threads=1)
    warnings.simplefilter("ignore")  # BentoML's, which the tests of the same code list one by one
    with kept_imports():
        from serving import service
        from tests.serving.desks import demo_desks

    demo = demo_desks()

    def record(*_: object) -> None:
        time.sleep(seconds)

    setattr(service, "opened_desks", lambda: replace(demo, record=record))  # noqa: B010  (no longer the cached function)
    service.serve(Settings(port=port), service.announced_on(Console()))


if __name__ == "__main__":
    main(int(sys.argv[1]), *map(float, sys.argv[2:]))
