"""The command line with desks whose answers are known in place of champions; everything else is the real one."""

from __future__ import annotations

import warnings

import pharos
from data_contracts.settings import prepare_process


def main() -> None:
    prepare_process(threads=1)
    warnings.simplefilter("ignore")  # BentoML's, which the tests of the same code list one by one
    from serving import service
    from tests.serving.desks import demo_desks

    setattr(service, "opened_desks", demo_desks)  # noqa: B010  (a plain assignment is no longer the cached function)
    pharos.main()


if __name__ == "__main__":
    main()
