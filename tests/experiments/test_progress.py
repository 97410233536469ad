"""The bar of long commands: where it is, how many steps of how many, and what is left."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from experiments.progress import steps


def shown() -> Console:
    """A terminal that remembers."""
    return Console(file=io.StringIO(), record=True, width=120, force_terminal=True)


def test_the_bar_tells_step_count_and_time_left() -> None:
    console = shown()
    with steps(console, "train risk") as bar:
        bar.say("reading")
        bar.plan(3)
        bar.say("fitting")
        bar.progress.refresh()
        task = bar.progress.tasks[0]
        assert (task.completed, task.total, task.fields["step"]) == (1, 3, "fitting")
    told = console.export_text()
    assert "train risk: fitting" in told
    assert "1/3" in told
    assert "left" in told
    assert task.finished


def test_a_bar_without_a_plan_ends_too_and_a_failure_is_not_done() -> None:
    with steps(shown(), "train") as bar:
        bar.say("reading")
    assert bar.progress.tasks[0].completed == 1
    broken = steps(shown(), "train", total=5)
    with pytest.raises(ValueError, match="odd"), broken as bar:
        raise ValueError("odd")
    assert bar.progress.tasks[0].completed == 0
