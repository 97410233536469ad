"""What `feast apply` registers; Feast imports this file a second time, under a top-level name, so it only points."""

from __future__ import annotations

from data_contracts.settings import settings
from features.declared import declared_features
from features.feast_objects import feast_objects

OBJECTS = feast_objects(declared_features(), settings().feast_dir)
globals().update({item.name: item for item in OBJECTS})
