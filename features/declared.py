"""Which views and services there are. The field lists come from the features themselves; nobody keeps a second one."""

from __future__ import annotations

from features.views import Declared


def declared_features() -> Declared:
    """Every view and service of the department's store."""
    return Declared((), ())
