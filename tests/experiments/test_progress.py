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


def test_what_is_done_once_before_the_steps_is_in_no_estimate() -> None:
    """A minute to simulate, and a dozen steps of a second: twelve seconds are left, and not twelve minutes."""
    log, clock = io.StringIO(), [0.0]
    with steps(Console(file=log, width=200), "study", line_seconds=0) as bar:
        bar.progress.get_time = bar.progress.tasks[0]._get_time = lambda: clock[0]
        bar.progress.tasks[0].start_time = 0.0
        for second, once in ((0.0, "records"), (60.0, "features")):
            clock[0] = second
            bar.prepare(once)
        bar.plan(12)
        for step in range(4):
            clock[0] = 120.0 + step
            bar.say(f"trial {step + 1}")
    lines = [line for line in log.getvalue().splitlines() if " done in " in line]
    assert lines[1].startswith("study: features (0 of ? done in 0:01:00")
    assert lines[2] == "study: trial 1 (0 of 12 done in 0:02:00)", "no step is done, so nothing is known of them"
    assert lines[-1] == "study: trial 4 (3 of 12 done in 0:02:03, about 0:00:09 left)"


def test_a_log_is_told_now_and_then_and_not_at_every_step() -> None:
    log, clock = io.StringIO(), [0.0]
    with steps(Console(file=log, width=200), "backtest risk", total=4) as bar:
        bar.progress.get_time = bar.progress.tasks[0]._get_time = lambda: clock[0]
        bar.progress.tasks[0].start_time = 0.0
        for second, step in ((1.0, "reading"), (40.0, "features"), (45.0, "conduct"), (3700.0, "force")):
            clock[0] = second
            bar.say(step)
    lines = [line for line in log.getvalue().splitlines() if " done in " in line]
    assert [line.split(" (")[0] for line in lines] == ["backtest risk: features", "backtest risk: force"]
    assert "(3 of 4 done in 1:01:40" in lines[1]
