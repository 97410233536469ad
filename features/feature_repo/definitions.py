"""What `feast apply` registers; Feast imports this file a second time, under a top-level name, so it only points."""

from data_contracts.settings import settings
from features.feast_objects import feast_objects
from features.views import declared_views

OBJECTS = feast_objects(declared_views(), settings().feast_dir)
globals().update({item.name: item for item in OBJECTS})
