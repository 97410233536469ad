"""What a process imports stays for as long as it lives, so nobody need look there for what may be thrown away."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_imports() -> Iterator[None]:
    """Collect nothing meanwhile, and look at nothing of it ever after.

    The collector goes through all modules again and again as they come in, a fifth of what a service takes to start,
    and through all of them, for a third of a second, at each full collection while it answers.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        atexit.register(gc.unfreeze)  # at the end all must go, or DuckDB calls what is kept a leak
        gc.enable()
