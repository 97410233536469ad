"""The hand-written concerns: how they are read, and what is wrong with a set of them."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from data_contracts.policy import policy
from data_contracts.simulator.concern_texts import CLOSERS, COMMUNITY_SENTENCES, FAMILY_OPENERS, OPENERS, SENTENCES
from data_contracts.simulator.concern_urgency import BY_URGENCY

FILE = Path(__file__).with_name("concerns_test_set.csv")
HEADER = ("text", "category", "subcategory", "second_category", "second_subcategory", "urgency", "written_as")
URGENCIES = ("urgent", "soon", "normal")
WAYS = ("plain", "typing_error", "dialect", "mixed", "long", "terse")
SHARED_WAYS = ("typing_error", "dialect", "mixed")
LEAST_SENTENCES, LEAST_OF_EACH, LEAST_WAYS, LEAST_SHARE = 700, 21, 2, 0.15
LEAST_URGENT, LEAST_URGENT_ELSEWHERE, LEAST_SOON = 60, 30, 40
SHORTEST, TERSE, LONG, LONGEST = 6, 14, 65, 120
NEARLY_EQUAL = 0.6

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱郭何罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡丁魏薛叶阎余潘杜戴"
TITLES = "某|警官|所长|队长|局长|科长|主任|教导|指导|政委|师傅"
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
IDENTIFYING = {
    "a long number": re.compile(r"\d{6,}|[〇零一二三四五六七八九幺两]{6,}"),
    "an address of the net": re.compile(r"@|https?:|www\.|(微信|[Qq]{2})号"),
    "a number plate": re.compile(rf"[{PROVINCES}][A-Z][·•]?[A-Z0-9]{{5}}"),
    "a person's name": re.compile(rf"[{SURNAMES}]({TITLES})|[老小][{SURNAMES}](?!牛)"),
}


@dataclass(frozen=True)
class Sentence:
    """One row, as the file says it."""

    text: str
    category: str
    subcategory: str
    second_category: str
    second_subcategory: str
    urgency: str
    written_as: str


def read(file: Path = FILE) -> tuple[Sentence, ...]:
    """Every sentence, in the order of the file; a header other than ours, or a ragged row, is refused."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, strict=True)
        if tuple(next(rows)) != HEADER:
            raise ValueError(f"{file.name} must begin with {','.join(HEADER)}")
        return tuple(Sentence(*row) for row in rows)


def wrong(sentences: Sequence[Sentence]) -> list[str]:
    """What is wrong with the set, each with its sentence; empty where nothing is."""
    each = [f"{fault}: {sentence.text}" for sentence in sentences for fault in wrong_row(sentence)]
    return [*each, *wrong_counts(sentences), *nearly_equal(sentences), *of_the_simulator(sentences)]


def wrong_row(sentence: Sentence) -> Iterator[str]:
    """What is wrong with one row by itself."""
    parents = {sub.code: category.code for category in policy().concerns for sub in category.subcategories}
    text, size = sentence.text, len(sentence.text)
    if parents.get(sentence.subcategory, "") != sentence.category or not sentence.category:
        yield "no such category and subcategory"
    if parents.get(sentence.second_subcategory, "") != sentence.second_category:
        yield "no such second category and subcategory"
    if sentence.second_subcategory == sentence.subcategory:
        yield "the second subcategory is the first"
    if (sentence.written_as == "mixed") != bool(sentence.second_subcategory):
        yield "mixed, and only mixed, names a second subcategory"
    if sentence.urgency not in URGENCIES or sentence.written_as not in WAYS:
        yield "no such urgency or way of writing"
    if not SHORTEST <= size <= LONGEST:
        yield "too short or too long"
    if (sentence.written_as == "terse" and size > TERSE) or (sentence.written_as == "long" and size < LONG):
        yield "not as terse or as long as it says"
    if text != text.strip() or any(unicodedata.category(mark) == "Cc" for mark in text):
        yield "stray space or control character"
    yield from identifying(text)


def identifying(text: str) -> Iterator[str]:
    """What in a text might point at a person: spaces, hyphens and full-width forms do not hide a number."""
    plain = re.sub(r"[\s\-_]", "", unicodedata.normalize("NFKC", text))
    return (name for name, pattern in IDENTIFYING.items() if pattern.search(plain))


def wrong_counts(sentences: Sequence[Sentence]) -> Iterator[str]:
    """Too few sentences, over all, of a subcategory, of a way of writing, of an urgency."""
    of_each = Counter(sentence.subcategory for sentence in sentences)
    ways = Counter((sentence.subcategory, sentence.written_as) for sentence in sentences)
    shares = Counter(sentence.written_as for sentence in sentences)
    urgent = [sentence for sentence in sentences if sentence.urgency == "urgent"]
    if len(sentences) < LEAST_SENTENCES:
        yield f"only {len(sentences)} sentences"
    for code in (sub.code for category in policy().concerns for sub in category.subcategories):
        if of_each[code] < LEAST_OF_EACH:
            yield f"only {of_each[code]} sentences of {code}"
        yield from (f"too few of {code} as {way}" for way in SHARED_WAYS if ways[code, way] < LEAST_WAYS)
    yield from (f"too few as {way}" for way in SHARED_WAYS if shares[way] < LEAST_SHARE * len(sentences))
    if len(urgent) < LEAST_URGENT or sum(one.category != "health" for one in urgent) < LEAST_URGENT_ELSEWHERE:
        yield "too few urgent sentences, or too few of them outside health"
    if sum(sentence.urgency == "soon" for sentence in sentences) < LEAST_SOON:
        yield "too few sentences that are to be dealt with soon"


def trigrams(text: str) -> frozenset[str]:
    """The runs of three characters."""
    return frozenset(text[place : place + 3] for place in range(len(text) - 2))


class Wordings:
    """Texts by their runs of three characters, so that those of nearly the same wording are found at once."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._runs: list[frozenset[str]] = []
        self._places: dict[str, list[int]] = {}
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """Hold one more text."""
        runs = trigrams(text)
        for run in runs:
            self._places.setdefault(run, []).append(len(self._runs))
        self._runs.append(runs)

    def hold(self, text: str) -> bool:
        """Whether a text is held that is nearly this one: Jaccard similarity of the runs, NEARLY_EQUAL or more."""
        own = trigrams(text)
        shared = Counter(place for run in own for place in self._places.get(run, ()))
        return any(both >= NEARLY_EQUAL * (len(own) + len(self._runs[place]) - both) for place, both in shared.items())


def nearly_equal(sentences: Sequence[Sentence]) -> Iterator[str]:
    """Sentences of a wording that stands before them."""
    before = Wordings()
    for text in (sentence.text for sentence in sentences):
        if before.hold(text):
            yield f"nearly equal to another: {text}"
        before.add(text)


def of_the_simulator(sentences: Sequence[Sentence]) -> Iterator[str]:
    """Sentences that the simulator can say, or nearly says: it is what models are trained on."""
    tables = (SENTENCES, COMMUNITY_SENTENCES, *BY_URGENCY.values())
    kernels = [text for table in tables for texts in table.values() for text in texts]
    said = {"".join(parts) for parts in product((*OPENERS, *FAMILY_OPENERS), kernels, ("", *CLOSERS))}
    wordings = Wordings(kernels)
    for text in (sentence.text for sentence in sentences):
        if text in said or wordings.hold(text):
            yield f"the simulator says this: {text}"
