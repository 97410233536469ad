"""What all commands share: the settings, two consoles, and how days and errors are told."""

from __future__ import annotations

from datetime import date

from rich.console import Console

from data_contracts.errors import PharosError
from data_contracts.settings import settings

__all__ = ["FAILED", "aloud", "console", "day_of", "errors", "settings", "tell"]

TODAY = "today"  # what a scheduler writes: the same day for every command of a night
FAILED = "2 it was refused or could not be done, and one sentence says why"
console = Console()
errors = Console(stderr=True)


def day_of(text: str) -> date:
    """The day that a person wrote, or the bureau's own where they wrote `today`.

    Imported late, because pandas must not load before thread counts are set.
    """
    from data_contracts.asof import AsOf
    from data_contracts.local_time import today_of

    if text == TODAY:
        return today_of(settings())
    return AsOf.parse(text).day


def aloud(words: str) -> None:
    """Print words as they are; a long path stays in one piece, so that it can be copied."""
    console.print(words, markup=False, highlight=False, soft_wrap=True)


def tell(error: PharosError) -> None:
    """One clear sentence on standard error."""
    errors.print(f"[bold red]{error.code}[/]: ", end="")
    errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
