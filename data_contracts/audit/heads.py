"""The head of the audit chain: a signed file beside the database that says how long the chain was.

It is drafted before its lines are safe and put in place after: a disk without room refuses the lines too, and a head in
place never runs before its chain. Killed between the two, it lags behind, and the next line brings it forward.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from data_contracts.errors import InvalidInput, NotReady

MISSING, UNREADABLE, FOREIGN = "is missing", "cannot be read", "is not signed by this deployment's key"


@dataclass(frozen=True)
class Head:
    """How long the chain was and what its last line's hash was; signed."""

    number: int
    hash: str
    signature: str

    @property
    def text(self) -> bytes:
        """What is signed."""
        return f"pharos audit head {self.number} {self.hash}".encode()

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Head:
        """The inverse; raises InvalidInput for what is no head."""
        try:
            told = json.loads(text)
            return cls(int(told["number"]), str(told["hash"]), str(told["signature"]))
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidInput("this is no head of an audit chain; `pharos audit head` prints one") from error

    @classmethod
    def signed(cls, key: Ed25519PrivateKey, number: int, made: str) -> Head:
        """The head over a line."""
        return cls(number, made, key.sign(cls(number, made, "").text).hex())


@dataclass(frozen=True)
class HeadFile:
    """The file, written by one process of this machine at a time."""

    path: Path

    def found(self, key: Ed25519PublicKey) -> tuple[Head | None, str]:
        """The head; or none, and what is wrong with the file: MISSING, UNREADABLE or FOREIGN."""
        try:
            head = Head.from_json(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return None, MISSING
        except (OSError, UnicodeDecodeError, InvalidInput):
            return None, UNREADABLE
        return (head, "") if is_signed(key, head.signature, head.text) else (None, FOREIGN)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One process of this machine at a time: an older head must not be written over a newer one."""
        with self._told():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = self.path.with_suffix(".lock").open("w")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def draft(self, head: Head) -> None:
        """Write a head beside the one in place, safe on the disk; raises NotReady where that cannot be."""
        with self._told(), self._draft.open("w", encoding="utf-8") as handle:
            handle.write(head.to_json())
            handle.flush()
            os.fdatasync(handle.fileno())

    def put(self) -> None:
        """Put the draft in place; raises NotReady where that cannot be."""
        with self._told():
            self._draft.replace(self.path)

    @property
    def _draft(self) -> Path:
        return self.path.with_suffix(".draft")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise NotReady(
                f"the head of the audit chain cannot be written ({type(error).__name__}); look after its disk"
            ) from error


def is_signed(key: Ed25519PublicKey, signature: str, text: bytes) -> bool:
    """Whether a signature in hexadecimal digits is the key's over a text."""
    try:
        key.verify(bytes.fromhex(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True
