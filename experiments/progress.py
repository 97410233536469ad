"""How far a long command has come: the step it is at, steps done of all, and about how long the rest takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

MEMORY_SECONDS = 3600.0  # steps take minutes: the estimate must remember more than the usual half a minute
LINE_SECONDS = 30.0  # between two lines of a log, where no bar can be drawn


@dataclass
class Steps:
    """A bar that moves when a step is named: by then the one before it is done.

    Where there is no terminal to draw on, a line now and then tells a log the same.
    """

    progress: Progress
    task: TaskID
    begun: bool = False
    told_at: float = 0.0
    line_seconds: float = LINE_SECONDS

    def plan(self, total: int) -> None:
        """How many steps there will be."""
        self.progress.update(self.task, total=total)

    def prepare(self, step: str) -> None:
        """Name what is done once before the steps: none of those planned, so that no estimate takes them to be as
        long."""
        self._name(step, counts=False)

    def say(self, step: str) -> None:
        """Name the step that begins now."""
        self._name(step, counts=True)

    def _name(self, step: str, *, counts: bool) -> None:
        self.progress.update(self.task, step=step, advance=int(self.begun))
        self.begun = counts
        task = self.progress.tasks[self.task]
        elapsed = task.elapsed or 0.0
        if not self.progress.console.is_terminal and elapsed - self.told_at >= self.line_seconds:
            self.told_at = elapsed
            self.progress.console.print(line_of(task, step), markup=False, highlight=False, soft_wrap=True)


def line_of(task: Task, step: str) -> str:
    """Where a long command is, for a log."""
    total = "?" if task.total is None else f"{task.total:.0f}"
    left = "" if task.time_remaining is None else f", about {timedelta(seconds=int(task.time_remaining))} left"
    spent = timedelta(seconds=int(task.elapsed or 0.0))
    return f"{task.description}: {step} ({task.completed:.0f} of {total} done in {spent}{left})"


@contextmanager
def steps(
    console: Console, title: str, total: int | None = None, line_seconds: float = LINE_SECONDS
) -> Iterator[Steps]:
    """A bar while the work lasts; all done when it ends well. 0 `line_seconds` tell a log of every step.

    >>> import io
    >>> with steps(Console(file=io.StringIO()), "train", total=2) as bar:
    ...     bar.say("reading")
    ...     bar.say("fitting")
    >>> [(task.completed, task.total) for task in bar.progress.tasks]
    [(2, 2)]
    """
    columns = (
        TextColumn("{task.description}: {task.fields[step]}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, speed_estimate_period=MEMORY_SECONDS) as progress:
        bar = Steps(progress, progress.add_task(title, total=total, step="starting"), line_seconds=line_seconds)
        yield bar
        known = progress.tasks[0].total
        progress.update(bar.task, step="done", completed=progress.tasks[0].completed + 1 if known is None else known)
