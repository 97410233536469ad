"""When to ask again and how long to wait: doubling pauses, each drawn anew, and never less than what was asked for."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from serving.client.refusals import UNREACHABLE, RequestRefused

PASSING = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class Retries:
    """How patient a client is. Every question of this service may be asked again: reads change nothing, and events
    and feedback carry ids, so that what was kept is not kept twice.

    `attempts` in all; pauses in seconds. `draw` and `sleep` stand for chance and time.
    """

    attempts: int = 4
    first_pause: float = 0.2
    longest_pause: float = 30.0
    draw: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep

    def again(self, refused: RequestRefused, attempt: int, left: float) -> bool:
        """Whether to ask again after the attempt of this number (from 1), with `left` seconds for all that follows;
        waits before it says yes.

        What the service asks for is waited for, and when that is longer than `longest_pause`, or the pause than there
        is time, nothing is asked again.
        """
        passing = refused.code == UNREACHABLE or refused.status in PASSING
        if not passing or attempt >= self.attempts or (refused.retry_after or 0.0) > self.longest_pause:
            return False
        pause = self.pause(attempt, refused.retry_after)
        if pause >= left:
            return False
        self.sleep(pause)
        return True

    def pause(self, attempt: int, asked: float | None) -> float:
        """Seconds before the next attempt.

        >>> calm = Retries(draw=lambda: 0.5)
        >>> calm.pause(1, None), calm.pause(3, None), calm.pause(1, 5.0)
        (0.1, 0.4, 5.1)
        """
        drawn = self.draw() * min(self.first_pause * 2.0 ** (attempt - 1), self.longest_pause)
        return drawn + (asked or 0.0)
