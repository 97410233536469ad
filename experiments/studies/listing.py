"""The studies there are, as a table."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table

from data_contracts.settings import Settings
from experiments.studies.comparing import done_studies
from experiments.studies.reading import read_study, studies


def as_table(settings: Settings) -> Table:
    """One line a committed study; studies of other files that were run here stand below."""
    done = done_studies(settings)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for head in ("study", "课题 · title", "records", "models", "run here"):
        table.add_column(head, overflow="fold")
    for name in studies():
        study = read_study(name)
        title = f"{study.title.zh}\n{study.title.en}"
        table.add_row(name, title, study.data.source, str(len(study.models)), "yes" if name in done else "no")
    for name in sorted(set(done) - set(studies())):
        table.add_row(name, "", "", "", "yes")
    return table
