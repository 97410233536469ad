"""The phrases that sorting is taught with: read whole, and every fault told with its file and remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from data_contracts.concern_phrases import LEAST_PHRASES, PHRASES_DIR, phrases, read_phrases
from data_contracts.errors import ContractViolation
from data_contracts.policy import policy
from data_contracts.simulator.concern_texts import COMMUNITY_SENTENCES, SENTENCES
from data_contracts.simulator.concern_urgency import BY_URGENCY

Edit = Callable[[str, str, str], Path]


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    """A copy of the phrases with one text exchanged."""

    def change(file: str, old: str, new: str) -> Path:
        folder = tmp_path / "phrases"
        shutil.copytree(PHRASES_DIR, folder, dirs_exist_ok=True)
        place = folder / file
        text = place.read_text("utf-8") if place.exists() else ""
        assert old in text
        place.write_text(text.replace(old, new, 1), "utf-8")
        return folder

    return change


def test_every_subcategory_is_taught_and_none_with_what_the_simulator_says() -> None:
    bank = phrases()
    assert set(bank.subcategories) == {sub.code for one in policy().concerns for sub in one.subcategories}
    tables = (SENTENCES, COMMUNITY_SENTENCES, *BY_URGENCY.values())
    simulated = {text for table in tables for some in table.values() for text in some}
    for taught in bank.subcategories.values():
        assert len(taught.says) >= LEAST_PHRASES
        assert not simulated & {*taught.about, *taught.says, *taught.soon, *taught.urgent}


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("leave.toml", "[annual_leave]", "[holidays]", r"leave.toml, \[annual_leave\]: absent"),
        ("leave.toml", "[annual_leave]", "[holidays]", "no subcategory 'holidays'"),
        ("leave.toml", "about = [", "about = 3\nmore = [", r"leave.toml, \[annual_leave\], key about"),
        ("health.toml", "[work_pressure]", "[work_pressure", "health.toml: not TOML"),
        ("around.toml", '"{about}到底怎么办理"', '"到底怎么办理"', "has no {about}"),
        ("around.toml", "{when}就截止了", "{whenever}就截止了", "nothing fills {whenever}"),
        ("welfare.toml", '"公租房"', '"年休假"', "stands under"),
        ("other.toml", "", 'x = "y"', "other.toml: no category of that name"),
    ],
)
def test_a_fault_is_told(edit: Edit, file: str, old: str, new: str, told: str) -> None:
    with pytest.raises(ContractViolation, match=told):
        read_phrases(edit(file, old, new))


def test_a_subcategory_with_few_sentences_teaches_too_little(edit: Edit) -> None:
    folder = edit("leave.toml", "", "")
    text = (folder / "leave.toml").read_text("utf-8")
    begin = text.index("says = [", text.index("[annual_leave]"))
    (folder / "leave.toml").write_text(
        text[:begin] + 'says = ["想休年假"]' + text[text.index("\n]", begin) + 2 :], "utf-8"
    )
    with pytest.raises(ContractViolation, match="1 sentences teach too little"):
        read_phrases(folder)
