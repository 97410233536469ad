"""The small simulated force that the tests of the night run on; the long form of its kill points uses the same."""

from __future__ import annotations

from experiments.benchmarks.night_stand_in import (
    AS_OF,
    DECLARED,
    PARENTS,
    RULES,
    SERVICE,
    CountScorer,
    force,
    reader,
    write_snapshot,
)

__all__ = ["AS_OF", "DECLARED", "PARENTS", "RULES", "SERVICE", "CountScorer", "force", "reader", "write_snapshot"]
