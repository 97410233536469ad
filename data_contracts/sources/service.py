"""The service's own log as a delivery: what officers did with suggestions, in the shape of the table `feedback`.

`pharos ingest STATE/feedback --source service` takes it into the history by the same door as any other delivery. Only
officers whom the service has ever answered about are delivered: a mistyped id must not become an officer.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data_contracts import service_log
from data_contracts.catalog import catalog
from data_contracts.errors import InvalidInput, NotReady
from data_contracts.sources.reading import Reading

FILE = "feedback.db"


def read(folder: Path) -> Reading:
    """The log in a folder (`feedback` under the state folder); raises InvalidInput where there is none."""
    if not (folder / FILE).is_file():
        raise InvalidInput(f"{folder / FILE}: no such log; give the folder `feedback` under the service's state folder")
    try:
        return read_log(f"sqlite:///{(folder / FILE).resolve()}")
    except NotReady as error:
        raise InvalidInput(str(error)) from error


def read_log(url: str) -> Reading:
    """The log at an address; raises NotReady where there is none."""
    with service_log.reading(url) as connection:
        given = service_log.feedback(connection)
        known = pd.read_sql_query(service_log.EXPOSURES.select().with_only_columns(
            service_log.EXPOSURES.c.officer_id).distinct(), connection)  # fmt: skip
    told = given["officer_id"].isin(known["officer_id"])
    reading = Reading()
    reading.tables["feedback"] = given.loc[told, list(catalog().table("feedback").column_names)].reset_index(drop=True)
    if strangers := int((~told).sum()):
        reading.notes.append(f"feedback: {strangers} rows are of officers whom the service never answered about")
    return reading
