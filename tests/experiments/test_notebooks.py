"""The notebook templates run as they stand, in a kernel of their own, on a study; no output is committed."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from data_contracts.settings import Settings
from tests.experiments.kept_study import plant

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "experiments" / "notebooks").glob("*.ipynb"))


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def executed(path: Path, state: Path, study: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The notebook after its cells ran, with every output."""
    for name, value in {"PHAROS_STATE": str(state), "STUDY": study, "PYTHONPATH": str(ROOT)}.items():
        monkeypatch.setenv(name, value)
    notebook = read(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the kernel's own sockets and loops
        NotebookClient(
            notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
        ).execute()
    return notebook


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_output_of_a_notebook_is_committed(path: Path) -> None:
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert cells
    assert not [cell for cell in cells if cell.outputs or cell.execution_count]


@pytest.mark.slow
@pytest.mark.server
def test_the_template_reads_a_study_and_draws_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use = Settings(state=tmp_path / "state")
    plant(use)
    (path,) = NOTEBOOKS
    done = executed(path, use.state, "planted", monkeypatch)
    outputs = [output for cell in done.cells if cell.cell_type == "code" for output in cell.outputs]
    texts = "\n".join(str(one.get("text", one.get("data", {}).get("text/plain", ""))) for one in outputs)
    assert "试验 · Planted" in texts
    assert "average_precision 2024-01-01" in texts
    assert texts.index("trees") < texts.rindex("count_rule")
    pictures = [one for one in outputs if "image/png" in one.get("data", {})]
    assert len(pictures) == 2, "the board and its cost"
    said = "".join(one.text for one in outputs if one.output_type == "stream" and one.name == "stderr")
    assert "lyph" not in said, "every letter is drawn"


@pytest.mark.slow
@pytest.mark.server
def test_without_a_study_it_says_which_command_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CellExecutionError, match="pharos experiment run NAME"):
        executed(NOTEBOOKS[0], tmp_path / "state", "nothing", monkeypatch)
