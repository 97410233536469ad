"""Declared views and services as Feast objects. Importing this module imports Feast (2 s, 180 MB): do it late."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from features.feast_loading import load_feast
from features.packing import SUFFIX, online_view
from features.views import Declared, Kind, Service, View

load_feast()

from feast import Entity, FeatureService, FeatureView, FileSource  # noqa: E402
from feast import Field as FeastField  # noqa: E402
from feast.data_format import ParquetFormat  # noqa: E402
from feast.types import Array, Bool, Float64, Int64, String  # noqa: E402
from feast.value_type import ValueType  # noqa: E402

TYPES: dict[Kind, Any] = {
    "integer": Int64,
    "number": Float64,
    "boolean": Bool,
    "string": String,
    "strings": Array(String),
    "numbers": Array(Float64),
}


def offline_folder(feast_dir: Path, source: str) -> Path:
    """Where the Feast-facing parquet of one source lies: one file for each as-of date."""
    return feast_dir / "offline" / source


def feast_objects(declared: Declared, feast_dir: Path) -> list[Any]:
    """Entities, sources, views and services, ready for `apply`.

    Every view is there twice: field by field for training, packed for requests; so is every service.
    """
    entities = {
        name: Entity(name=name, join_keys=[f"{name}_id"], value_type=ValueType.STRING)
        for name in sorted({view.entity for view in declared.views})
    }
    views = {view.name: _view(view, entities[view.entity], feast_dir, online=False) for view in declared.views}
    for twin in map(online_view, declared.views):
        views[twin.name] = _view(twin, entities[twin.entity], feast_dir, online=True)
    services = [_service(service, views) for service in declared.services]
    services += [_online_service(service, views) for service in declared.services]
    sources = {view.batch_source.name: view.batch_source for view in views.values()}
    return [*entities.values(), *sources.values(), *views.values(), *services]


def _view(view: View, entity: Entity, feast_dir: Path, *, online: bool) -> FeatureView:
    source = FileSource(
        name=view.source,
        path=str(offline_folder(feast_dir.resolve(), view.source) / "*.parquet"),
        file_format=ParquetFormat(),
        timestamp_field="event_timestamp",
        created_timestamp_column="created_timestamp",
    )
    # The join key stands in the schema: without it Feast opens the files to infer its type.
    schema = [FeastField(name=view.key, dtype=String)]
    schema += [FeastField(name=item.name, dtype=TYPES[item.kind], description=item.meaning) for item in view.fields]
    return FeatureView(name=view.name, entities=[entity], ttl=view.ttl, schema=schema, source=source, online=online)


def _service(service: Service, views: dict[str, FeatureView]) -> FeatureService:
    chosen = set(service.chosen)
    parts = [views[view.name][[item.name for item in view.fields if item.name in chosen]] for view in service.views]
    return FeatureService(name=service.name, features=parts, tags={"hash": service.hash})


def _online_service(service: Service, views: dict[str, FeatureView]) -> FeatureService:
    parts = [views[view.name + SUFFIX] for view in service.views]
    return FeatureService(name=service.name + SUFFIX, features=parts, tags={"hash": service.hash})
