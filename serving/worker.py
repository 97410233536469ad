"""One process of a service of several: `python -m serving.worker SOCKET PIPE announce|quiet`, started by its parent."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable

from data_contracts.errors import PharosError
from data_contracts.importing import kept_imports
from data_contracts.settings import prepare_process, settings


def main(prepare: Callable[[], None] = lambda: None) -> None:
    """Open the desks, then answer on a socket that is bound already, until told to stop or left alone.

    Ends with status 1 for what no second start would mend: a wrong model, a wrong setting.
    """
    descriptor, pipe, announce = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "announce"
    prepare_process(settings().threads)
    with kept_imports():
        from rich.console import Console

        from serving.parent import end_with_parent
        from serving.service import announced_on, serve_on

    end_with_parent(pipe)
    prepare()
    tell = announced_on(Console(), settings()) if announce else None
    try:
        with socket.socket(fileno=descriptor) as bound:
            serve_on(bound, settings(), tell)
    except PharosError as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False, soft_wrap=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
