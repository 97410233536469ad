"""What is imported is kept, what comes after it is collected as ever."""

from __future__ import annotations

import subprocess
import sys

CYCLE = """
import gc, weakref
from data_contracts.importing import kept_imports
class Ring:
    def __init__(self): self.me = self
try:
    with kept_imports():
        assert not gc.isenabled()
        import no_such_module
except ImportError:
    pass
assert gc.isenabled() and gc.get_freeze_count() > 1000
with kept_imports():
    import duckdb
ring = Ring()
seen = weakref.ref(ring)
del ring
gc.collect()
assert seen() is None
"""


def test_it_collects_again_whatever_the_import_did_and_leaves_nothing_at_the_end() -> None:
    done = subprocess.run([sys.executable, "-c", CYCLE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
