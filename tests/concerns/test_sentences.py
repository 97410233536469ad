"""The hand-written concerns are varied, well labelled, point at nobody, and are read by nothing that learns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data_contracts.concern_phrases import PhraseBank, phrases
from data_contracts.simulator.concern_texts import CLOSERS, OPENERS, SENTENCES
from tests.concerns.near_copies import LEAST_HELD, bare, met
from tests.concerns.sentences import FILE, HEADER, Sentence, read, wrong

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ("data_contracts", "features", "models", "training", "serving", "experiments", "pharos.py", "Makefile")
EVALUATORS: frozenset[str] = frozenset({"experiments/concern_figures.py"})
"""Modules of experiments/ that ask a finished model about the set and report its figures. A new one is named here."""
NAMES_IT = re.compile(r"concerns_test_set|no_concerns\.csv|tests[/.\\]concerns|\btests\b\W{1,12}concerns\b")
LEARNS = re.compile(r"\.(partial_)?fit\w*\(|\.backward\(|\boptuna\b|\btrain\w*\(|\btraining\b")
LEAST_QUOTED = 10
"""Characters: shorter ones may stand somewhere in the house by chance, so they are looked for among the phrases alone,
where nothing stands by chance and a name and its frame may make a sentence that no file holds (`near_copies.py`)."""

Rows = tuple[Sentence, ...]


@pytest.fixture(scope="module")
def sentences() -> Rows:
    return read()


def house(root: Path) -> Iterator[tuple[str, str]]:
    """Every file of the house that is text, by its place."""
    for name in HOUSE:
        place = root / name
        for file in [place] if place.is_file() else sorted(place.rglob("*")):
            if file.is_file() and file.suffix not in {".pyc", ".xlsx"}:
                yield file.relative_to(root).as_posix(), file.read_text(encoding="utf-8", errors="replace")


def unwelcome_readers(root: Path, allowed: frozenset[str] = EVALUATORS) -> list[str]:
    """Files that name the set: none may but an evaluator of experiments/ that does not learn."""
    return [place for place, text in house(root)
            if NAMES_IT.search(text)
            and not (place in allowed and place.startswith("experiments/") and not LEARNS.search(text))]  # fmt: skip


def copied(root: Path, sentences: Rows) -> list[str]:
    """Sentences of the set that stand in the house, from where they could be learnt."""
    text = "\n".join(text for _, text in house(root))
    return [one.text for one in sentences if len(one.text) >= LEAST_QUOTED and one.text in text]


def test_the_set_is_as_its_readme_says(sentences: Rows) -> None:
    assert wrong(sentences) == []


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readme_counts_what_is_there(readme: str, sentences: Rows) -> None:
    text = FILE.with_name(readme).read_text(encoding="utf-8")
    least = min(Counter(sentence.subcategory for sentence in sentences).values())
    assert f" {len(sentences)} " in text
    assert f" {least} " in text


def test_the_file_is_plain_utf_8() -> None:
    data = FILE.read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in data
    assert data.decode("utf-8").startswith(",".join(HEADER) + "\n")


def test_a_file_with_another_header_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "concerns.csv"
    file.write_text("text,label\n想换岗,post_adjustment\n", encoding="utf-8")
    with pytest.raises(ValueError, match="must begin with text,category"):
        read(file)


def one_more(**changes: str) -> Callable[[Rows], Rows]:
    """The set with one more row, which has the fault."""
    return lambda rows: (*rows, replace(rows[0], text="这一行只为看见错误而写", second_category="",
                                        second_subcategory="", written_as="plain", **changes))  # fmt: skip


def without(**held: str) -> Callable[[Rows], Rows]:
    """The set without the rows that hold these values."""
    return lambda rows: tuple(row for row in rows if any(getattr(row, key) != value for key, value in held.items()))


def said(text: str) -> Callable[[Rows], Rows]:
    """The set with one more row of this text."""
    return lambda rows: (*rows, replace(rows[0], text=text))


SIMULATED = SENTENCES["housing"][0]
FAULTS = {
    "no such category and subcategory": one_more(category="welfare"),
    "no such second": lambda rows: (*rows[1:], replace(rows[0], second_category="leave", second_subcategory="pets")),
    "the second subcategory is the first": lambda rows: (
        *rows[1:], replace(rows[0], second_category=rows[0].category, second_subcategory=rows[0].subcategory)),
    "only mixed, names": lambda rows: (*rows[1:], replace(rows[0], written_as="mixed")),
    "no such urgency": one_more(urgency="high"),
    "too short": said("想调岗"),
    "not as terse or as long": lambda rows: tuple(
        replace(row, written_as="terse") if row.written_as == "long" else row for row in rows),
    "stray space": said("想换一个能看见太阳的岗位 "),
    "a long number": said("有事请打一三八〇〇一三八〇〇〇找我换岗"),
    "a long number: 打我电话": said("打我电话１３８ ００１３-８０００谈换岗"),
    "an address of the net": said("材料已发到邮箱a@b.cn请查收换岗"),
    "a number plate": said("京A12345这辆车的驾驶岗我不想干"),
    "a person's name": said("王所长不同意我换岗位怎么办"),
    "only 0 sentences of housing": without(subcategory="housing"),
    "too few of bonus as dialect": without(subcategory="bonus", written_as="dialect"),
    "too few as typing_error": lambda rows: (*without(written_as="typing_error")(rows), *[
        row for row in rows if row.written_as == "typing_error"][::2]),
    "too few urgent": lambda rows: tuple(
        replace(row, urgency="soon" if row.urgency == "urgent" and row.category != "health" else row.urgency)
        for row in rows),
    "dealt with soon": without(urgency="soon"),
    "only 699 sentences": lambda rows: rows[:699],
    "nearly equal": lambda rows: (*rows, replace(rows[-1], text=rows[-1].text + "谢谢")),
    "the simulator says this": said(OPENERS[2] + SIMULATED + CLOSERS[0]),
    "the simulator says this: 租": said(SIMULATED + "房"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen(fault: str, sentences: Rows) -> None:
    assert any(fault in seen for seen in wrong(FAULTS[fault](sentences)))


def test_nothing_that_learns_reads_it(sentences: Rows) -> None:
    assert unwelcome_readers(ROOT) == []
    assert copied(ROOT, sentences) == []
    assert copied(ROOT, tuple(replace(sentences[0], text=one) for one in no_concerns())) == []


def no_concerns() -> list[str]:
    lines = FILE.with_name("no_concerns.csv").read_text(encoding="utf-8").splitlines()[1:]
    return [line.rsplit(",", 1)[0] for line in lines]


def test_no_sentence_is_a_phrase_that_is_taught(sentences: Rows) -> None:
    assert met([one.text for one in sentences], phrases()) == []
    assert met(no_concerns(), phrases()) == []


def taught_too(bank: PhraseBank, **more: str) -> PhraseBank:
    """The bank with one more phrase under housing, or one more clause."""
    told = bank.subcategories["housing"]
    around = {key: (*getattr(bank.around, key), text) for key, text in more.items() if hasattr(bank.around, key)}
    own = {key: (*getattr(told, key), text) for key, text in more.items() if key not in around}
    housing = replace(told, **own)
    widened = replace(bank.around, **around)  # type: ignore[arg-type]
    return replace(bank, subcategories={**bank.subcategories, "housing": housing}, around=widened)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("宿舍漏水", {"says": "宿舍漏水"}),
        ("宿舍 漏水！！", {"says": "宿舍，漏水"}),
        ("宿舍漏水三层", {"urgent": "急：宿舍漏水三层，快来人"}),
        ("我们这儿宿舍漏水三层了怎么办", {"says": "宿舍漏水三层"}),
        ("想申请一间周转宿舍的房", {"about": "周转宿舍的房", "frames": "想申请一间{about}"}),
        ("灶房的顶棚后天就要塌", {"urgent": "灶房的顶棚{when}就要塌"}),
        ("ＡＢ栋宿舍漏水", {"says": "ab栋宿舍漏水"}),
    ],
)
def test_a_sentence_that_training_has_met_is_seen(text: str, more: dict[str, str]) -> None:
    assert met([text], phrases()) == []
    assert [one for one, _ in met([text], taught_too(phrases(), **more))] == [text]


def test_a_name_of_a_matter_may_stand_in_a_sentence_and_may_not_be_one() -> None:
    bank = taught_too(phrases(), about="周转宿舍的房")
    assert len(bare("周转宿舍的房")) >= LEAST_HELD
    assert met(["今年的周转宿舍的房还有没有？"], bank) == []
    assert met(["周转宿舍的房。", "???!!!"], bank) == [("周转宿舍的房。", "周转宿舍的房")]


@pytest.mark.parametrize(
    "line",
    ['FILE = "tests/concerns/concerns_test_set.csv"', "from tests.concerns.sentences import read",
     'folder = ROOT / "tests" / "concerns"'],
)  # fmt: skip
@pytest.mark.parametrize("place", ["training/concerns.py", "experiments/studies/text.toml", "Makefile"])
def test_a_reader_is_seen(line: str, place: str, tmp_path: Path) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(line, encoding="utf-8")
    assert unwelcome_readers(tmp_path) == [place]


@pytest.mark.parametrize(
    ("place", "text", "welcome"),
    [
        ("experiments/concern_figures.py", "asked = model.classify(read(concerns_test_set))", True),
        ("experiments/concern_figures.py", "model.fit(read(concerns_test_set))", False),
        ("experiments/concern_figures.py", "from training.concerns import x  # concerns_test_set", False),
        ("training/concern_figures.py", "asked = model.classify(read(concerns_test_set))", False),
    ],
)
def test_an_evaluator_may_not_learn(place: str, text: str, welcome: bool, tmp_path: Path) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    assert unwelcome_readers(tmp_path, frozenset()) == [place]
    assert (unwelcome_readers(tmp_path, frozenset({place})) == []) is welcome


def test_a_copied_sentence_is_seen(sentences: Rows, tmp_path: Path) -> None:
    file = tmp_path / "data_contracts" / "words.toml"
    file.parent.mkdir()
    file.write_text(f'more = ["{sentences[0].text}"]', encoding="utf-8")
    assert copied(tmp_path, sentences) == [sentences[0].text]
