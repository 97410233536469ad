"""The committed dictionary and templates are what the contracts say, and open in the programs people use."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

import pharos
from data_contracts import documents as kept
from data_contracts.catalog import Catalog, catalog
from data_contracts.dictionary import page, range_of
from data_contracts.documents import DOCUMENTS_DIR, build, documents, stale
from data_contracts.schema import cell_faults, typed_frame
from data_contracts.templates import EXPLAINED, cells_of, csv_header, workbook

FEW = Catalog({name: catalog().table(name) for name in ("officers", "concerns")})


def test_the_committed_copy_is_current() -> None:
    assert stale() == ()


def test_every_table_has_a_section_a_header_and_a_workbook() -> None:
    pages = {"zh": page(catalog(), "zh"), "en": page(catalog(), "en")}
    for table in catalog().tables.values():
        assert all(f"\n## {table.name}\n" in text for text in pages.values())
        assert table.name_zh in pages["zh"]
        for column in table.columns:
            assert f"| `{column.name}` | {column.name_zh} |" in pages["zh"]
            assert f"| `{column.name}` | {column.name_en} |" in pages["en"]
    assert len(documents(catalog())) == 2 + 2 * len(catalog().tables)


def test_the_dictionary_says_what_may_not_train_and_lists_codes() -> None:
    text = page(catalog(), "en")
    assert "| `sex` | sex | text | no | restricted | no | ≤ 64 |  | Sex, for audits only |" in text
    assert "yes (strain)" in text
    assert "`sustained` sustained" in text
    assert "`annual_leave` annual leave" in text
    assert "`annual_leave` 年休假" in page(catalog(), "zh")
    assert "identical rows are kept" in text
    assert "- `closed_on` not before `opened_on`" in text


def test_a_range_is_written_only_where_there_is_one() -> None:
    complaints = catalog().table("complaints")
    assert range_of(complaints.column("officer_filed")) == ""
    assert range_of(complaints.column("opened_on")) == "1900-01-01 – 2100-12-31"


@pytest.mark.parametrize("name", sorted(catalog().tables))
def test_a_template_filled_with_its_own_examples_passes_the_door(name: str) -> None:
    table = catalog().table(name)
    rows = cells_of((DOCUMENTS_DIR / "templates" / f"{name}.xlsx").read_bytes())[EXPLAINED][3:]
    examples = {row[0]: row[-1] for row in rows}
    header = pd.read_csv(DOCUMENTS_DIR / "templates" / f"{name}.csv")
    assert tuple(header.columns) == table.column_names
    filled = pd.DataFrame([[examples[column] for column in header.columns]], columns=header.columns)
    assert cell_faults(table, filled, typed_frame(table, filled)).empty


def test_a_workbook_opens_elsewhere_and_offers_the_codes() -> None:
    content = workbook(catalog().table("complaints"))
    form = pd.read_excel(io.BytesIO(content), engine="calamine")
    assert tuple(form.columns) == catalog().table("complaints").column_names
    sheet = load_workbook(io.BytesIO(content))["complaints"]
    offered = {str(choice.sqref): choice.formula1 for choice in sheet.data_validations.dataValidation}
    assert offered["G2:G10000"] == '"sustained,not_sustained,unfounded,exonerated,no_affidavit"'
    assert offered["H2:H10000"] == '"TRUE,FALSE"'
    assert sheet.column_dimensions["C"].number_format == "yyyy-mm-dd"


def test_the_same_contract_gives_the_same_bytes() -> None:
    courses = catalog().table("courses")
    assert workbook(courses) == workbook(courses)
    assert csv_header(courses).startswith("\ufeffcourse_id,")


def test_building_mends_what_is_stale_and_only_that(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    assert len(build(folder, FEW)) == 6
    assert stale(folder, FEW) == ()
    (folder / "data_dictionary.md").write_text("changed by hand", encoding="utf-8")
    (folder / "templates" / "officers.csv").unlink()
    shutil.copy(folder / "templates" / "concerns.xlsx", folder / "templates" / "officers.xlsx")
    (folder / "templates" / "old.csv").write_text("a,b\n", encoding="utf-8")
    wrong = ("data_dictionary.md", "templates/officers.csv", "templates/officers.xlsx", "templates/old.csv")
    assert stale(folder, FEW) == wrong
    assert build(folder, FEW) == wrong
    assert stale(folder, FEW) == ()
    assert build(folder, FEW) == ()
    assert not (folder / "templates" / "old.csv").exists()


def test_a_workbook_saved_again_with_the_same_cells_is_not_stale(tmp_path: Path) -> None:
    build(tmp_path, FEW)
    path = tmp_path / "templates" / "officers.xlsx"
    book = load_workbook(path)
    book.save(path)
    assert path.read_bytes() != documents(FEW)["templates/officers.xlsx"]
    assert stale(tmp_path, FEW) == ()


def test_the_command_checks_and_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    fine = CliRunner().invoke(pharos.app, ["contracts", "check"])
    assert (fine.exit_code, fine.exception) == (0, None)
    monkeypatch.setattr(kept, "stale", lambda: ("templates/officers.csv",))
    assert CliRunner().invoke(pharos.app, ["contracts", "check"]).exit_code == 1
    monkeypatch.setattr(kept, "build", lambda: ("templates/officers.csv",))
    assert CliRunner().invoke(pharos.app, ["contracts", "build"]).exit_code == 0
