"""An answer is worked on while its caller listens: who goes away, or whose time ends, is not kept in any book.

What a caller sees: a whole answer, or an error and nothing kept. An answer that was settled to leave when the time
ended is sent all the same, a little late. What no server can know is whether the last bytes arrived: a caller who goes
away between that settling and the last byte finds the plan kept, as if the letter had been lost on the way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any

from data_contracts.vocabulary import Bilingual
from serving.api.problems import ProblemError
from serving.waiting import Waiting

GONE = Bilingual("调用方已离开", "the caller went away")
LEAVING_SECONDS = 10.0  # for what is left to do once an answer is settled: two writes to the log and JSON
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


async def while_waited_for(work: Coroutine[Any, Any, bytes], waiting: Waiting, receive: Receive) -> bytes:
    """The result of the work; gives it up when this task is cancelled (its time is over) or the caller goes away.

    Raises ProblemError where the caller is gone, and CancelledError or TimeoutError where the time is over.
    """
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done() or not waiting.give_up():
            return await _last(working)
        raise ProblemError("bad_request", detail=GONE)
    except asyncio.CancelledError:
        if waiting.give_up():
            raise
        return await _last(working)
    finally:
        leaving.cancel()
        working.cancel()


async def _last(working: asyncio.Future[bytes]) -> bytes:
    """What is settled to leave, within the few seconds that it may still take."""
    done, _ = await asyncio.wait({working}, timeout=LEAVING_SECONDS)
    if not done:
        raise TimeoutError
    return working.result()


async def _gone(receive: Receive) -> None:
    """Return when the caller goes away; the body was read before."""
    while (await receive())["type"] != "http.disconnect":
        pass
