"""What is worked out of whole tables, remembered while these very frames live.

A service that reads a history hands the same frame of a table without officers to every request of a day, so what is
made of it need not be made again. A frame behind the door is never changed in place; another version is another frame.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TypeVar

import pandas as pd

Result = TypeVar("Result")
Frames = Mapping[str, pd.DataFrame]
MOST = 8  # days or histories remembered at once


def of_tables(*names: str) -> Callable[[Callable[[Frames], Result]], Callable[[Frames], Result]]:
    """A function of some frames that looks at these tables alone; its result must not be changed by anybody.

    >>> frames = {"courses": pd.DataFrame({"course_id": ["a"]})}
    >>> count = of_tables("courses")(lambda frames: [len(frames["courses"])])
    >>> count(frames) is count(dict(frames)), count(frames) is count({"courses": frames["courses"].copy()})
    (True, False)
    """

    def remembering(made: Callable[[Frames], Result]) -> Callable[[Frames], Result]:
        held: OrderedDict[tuple[int, ...], tuple[list[weakref.ref[pd.DataFrame]], Result]] = OrderedDict()
        lock = threading.Lock()

        @wraps(made)
        def remembered(frames: Frames) -> Result:
            tables = [frames[name] for name in names if name in frames]
            if not tables:
                return made(frames)
            key = tuple(id(frames[name]) if name in frames else 0 for name in names)
            with lock:
                known = held.get(key)
                if known is not None and all(ref() is one for ref, one in zip(known[0], tables, strict=True)):
                    return known[1]
            result = made(frames)
            with lock:
                held[key] = ([weakref.ref(one) for one in tables], result)
                while len(held) > MOST:
                    held.popitem(last=False)
            return result

        return remembered

    return remembering
