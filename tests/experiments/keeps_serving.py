"""A program that starts a service as the demo does, says where it listens and waits; the argument is the state."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from data_contracts.settings import Settings
from experiments import first_answer


def main(state: Path) -> None:
    setattr(first_answer, "COMMAND_LINE", Path(__file__).with_name("stand_in_pharos.py"))  # noqa: B010
    with first_answer.LiveService(Settings(state=state, port=0)) as service:  # a port nobody else takes
        sys.stdout.write(f"{service.process_id} {service.address}\n")
        sys.stdout.flush()
        time.sleep(600.0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
