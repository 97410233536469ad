"""What is built of a version of a model, built once: desks are opened anew at each swap, and only one model is new."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from serving.night.manifest import ModelIdentity

T = TypeVar("T")


class BuiltOnce:
    """The desks by the version that answers in them, each with what it has read and reckoned since."""

    def __init__(self) -> None:
        """Nothing is built yet."""
        self._built: dict[ModelIdentity, object] = {}

    def of(self, identity: ModelIdentity, build: Callable[[], T]) -> T:
        """What stands for this version, built where there is none.

        >>> once, version = BuiltOnce(), ModelIdentity("risk", "1", "", "", "")
        >>> once.of(version, list) is once.of(version, list)
        True
        """
        if identity not in self._built:
            self._built[identity] = build()
        return self._built[identity]  # type: ignore[return-value]  # the name in it is built by one kind of desk

    def keep_only(self, identities: Collection[ModelIdentity]) -> None:
        """Let go of every other version, so that its memory is free once no answer stands on it.

        >>> once, version = BuiltOnce(), ModelIdentity("risk", "1", "", "", "")
        >>> first = once.of(version, list)
        >>> once.keep_only([])
        >>> once.of(version, list) is first
        False
        """
        self._built = {one: built for one, built in self._built.items() if one in identities}
