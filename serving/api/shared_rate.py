"""The rate limit of a service of several processes: one table in a file that all of them map.

A caller's bucket is found by a hash of its name; the table never grows. Where the eight places of a hash are taken, the
one unseen for longest gives way, so that many strangers cannot push out more than their neighbours.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUCKETS, PLACES = 1024, 8
PLACE = struct.Struct("<16sdd")  # hash of the caller, tokens left, seen at
NOBODY = bytes(16)


class SharedRate:
    """As `serving.api.rate.Rate`, over processes of one machine: their steady clock is the same."""

    def __init__(self, per_second: float, burst: int, file: Path) -> None:
        """The file is made where it is missing; whoever may write it may change the limits of others."""
        self._per_second, self._burst = per_second, float(burst)
        size = BUCKETS * PLACES * PLACE.size
        self._handle = file.open("a+b")
        if self._handle.seek(0, 2) < size:
            self._handle.truncate(size)
        self._table = mmap.mmap(self._handle.fileno(), size)

    def take(self, caller: str, now: float) -> bool:
        """Whether this caller may come now (seconds on the machine's steady clock)."""
        name = hashlib.blake2b(caller.encode(), digest_size=16).digest()
        first = int.from_bytes(name[:4], "big") % BUCKETS * PLACES * PLACE.size
        with self._alone(first):
            held = [PLACE.unpack_from(self._table, first + place * PLACE.size) for place in range(PLACES)]
            mine = next((place for place, one in enumerate(held) if one[0] == name), None)
            if mine is None:
                mine = min(range(PLACES), key=lambda place: (held[place][0] != NOBODY, held[place][2]))
                left, seen = self._burst, now
            else:
                left, seen = held[mine][1], held[mine][2]
            left = min(self._burst, left + max(0.0, now - seen) * self._per_second)
            allowed = left >= 1.0
            PLACE.pack_into(self._table, first + mine * PLACE.size, name, left - 1.0 if allowed else left, now)
        return allowed

    @contextmanager
    def _alone(self, first: int) -> Iterator[None]:
        """One process at a time on a bucket; the system lets go of what a killed process held."""
        fcntl.lockf(self._handle, fcntl.LOCK_EX, PLACES * PLACE.size, first)
        try:
            yield
        finally:
            fcntl.lockf(self._handle, fcntl.LOCK_UN, PLACES * PLACE.size, first)

    def close(self) -> None:
        """Let the file go."""
        self._table.close()
        self._handle.close()
