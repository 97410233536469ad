"""`pharos serve` as a process of its own, with desks whose answers are known; the argument is the port."""

from __future__ import annotations

import sys
import warnings

from rich.console import Console

from data_contracts.settings import Settings, prepare_process


def main(port: int) -> None:
    prepare_process(threads=1)
    warnings.simplefilter("ignore")  # BentoML's, which the tests of the same code list one by one
    from serving import service
    from tests.serving.desks import demo_desks

    setattr(service, "opened_desks", demo_desks)  # noqa: B010  (a plain assignment is no longer the cached function)
    service.serve(Settings(port=port), service.announced_on(Console()))


if __name__ == "__main__":
    main(int(sys.argv[1]))
