"""The picture of paths: now, next, later, drawn on the server as SVG whose text stays text.

Nothing is worked out here but places: cards in columns, links between them, and when each step of the first path is
expected, on an axis of years. It is drawn twice, wide for a desk and upright for a phone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from serving.pages.telling import Teller
from serving.paths.schemas import CareerPath, PathsFound, PathStep

MOST_LANES = 3
CARD_WIDTH, CARD_HEIGHT, GAP_X, GAP_Y, TOP, EDGE = 196, 96, 64, 24, 42, 6
PHONE_WIDTH, PHONE_GAP = 320, 44
AXIS_LEFT, ROW, AXIS_HEAD = 18, 30, 40
LETTERS = 11.6  # wide letters of a name that a line of a card holds
PHONE_LETTERS = 19.0
NARROW, WIDE_FROM = 0.56, "\u2e80"  # a Latin letter takes about so much of a Chinese one


@dataclass(frozen=True)
class Card:
    """A place on a path: a box with its name in lines and small print under it."""

    x: float
    y: float
    width: float
    lines: Sequence[str]
    small: Sequence[str]
    kind: str  # now, step or goal
    main: bool = True
    number: int = 0
    height: float = CARD_HEIGHT


@dataclass(frozen=True)
class Link:
    """A way from one card to the next."""

    curve: str
    main: bool


@dataclass(frozen=True)
class Tick:
    """A year on the axis."""

    x: float
    label: str


@dataclass(frozen=True)
class Span:
    """When a step is expected: the day, and the ends of its interval."""

    y: float
    low: float
    middle: float
    high: float
    number: int


@dataclass(frozen=True)
class Drawing:
    """Everything in the picture, with its measures."""

    width: float
    height: float
    cards: Sequence[Card]
    links: Sequence[Link]
    columns: Sequence[Tick] = ()
    ticks: Sequence[Tick] = ()
    spans: Sequence[Span] = ()
    axis_y: float = 0.0
    label: str = ""


@dataclass(frozen=True)
class Picture:
    """Paths of one officer, to be drawn in a language."""

    found: PathsFound
    as_of: date
    tell: Teller
    paths: Sequence[CareerPath] = field(init=False)

    def __post_init__(self) -> None:
        """The first few paths are drawn; the others are told in words alone."""
        object.__setattr__(self, "paths", self.found.paths[:MOST_LANES])

    def wide(self) -> Drawing:
        """A lane for each path beside one another, the one that holds first."""
        columns = 1 + max(len(path.steps) for path in self.paths)
        width = 2 * EDGE + columns * CARD_WIDTH + (columns - 1) * GAP_X
        lanes_end = TOP + len(self.paths) * (CARD_HEIGHT + GAP_Y)
        now = self._now(EDGE, TOP, CARD_WIDTH, LETTERS)
        cards, links = [now], list[Link]()
        for lane, path in enumerate(self.paths):
            last, y = now, TOP + lane * (CARD_HEIGHT + GAP_Y)
            for place, step in enumerate(path.steps, 1):
                x = EDGE + place * (CARD_WIDTH + GAP_X)
                card = self._step(step, (x, y, CARD_WIDTH), place, place == len(path.steps), lane == 0, LETTERS)
                links.append(Link(_across(last, card), lane == 0))
                cards.append(card)
                last = card
        heads = [self.tell.word(name) for name in ("path.now", "path.next", "path.later")]
        named = [Tick(EDGE + place * (CARD_WIDTH + GAP_X), heads[min(place, 2)]) for place in range(columns)]
        return self._timed(Drawing(width, lanes_end, cards, links, named, label=self._label()))

    def upright(self) -> Drawing:
        """The first path alone, from top to bottom."""
        now = self._now(EDGE, EDGE, PHONE_WIDTH - 2 * EDGE, PHONE_LETTERS)
        cards, links = [now], list[Link]()
        steps = self.paths[0].steps
        for place, step in enumerate(steps, 1):
            y = EDGE + place * (CARD_HEIGHT + PHONE_GAP)
            box = (EDGE, y, PHONE_WIDTH - 2 * EDGE)
            card = self._step(step, box, place, place == len(steps), main=True, letters=PHONE_LETTERS)
            links.append(Link(f"M{PHONE_WIDTH / 2:g} {cards[-1].y + CARD_HEIGHT:g}V{y - 9:g}", main=True))
            cards.append(card)
        height = cards[-1].y + CARD_HEIGHT + GAP_Y
        return self._timed(Drawing(PHONE_WIDTH, height, cards, links, label=self._label()))

    def _now(self, x: float, y: float, width: float, letters: float) -> Card:
        small = (self.tell.word("path.now.since", day=self.tell.month(self.as_of)),)
        return Card(x, y, width, _lines(self.tell.say(self.found.start), letters), small, "now")

    def _step(
        self, step: PathStep, box: tuple[float, float, float], place: int, last: bool, main: bool, letters: float
    ) -> Card:
        tell = self.tell
        small = (
            tell.word("path.about", day=tell.month(step.expected_on)),
            tell.word("path.step.chance", chance=tell.share(step.chance, 0)),
        )
        x, y, width = box
        lines = _lines(tell.say(step.name), letters)
        return Card(x, y, width, lines, small, "goal" if last else "step", main, place if main else 0)

    def _timed(self, drawn: Drawing) -> Drawing:
        """With the axis of years under it, for the first path."""
        steps = self.paths[0].steps
        end = max(step.high_on for step in steps)
        days = max((end - self.as_of).days, 365)
        left, right = AXIS_LEFT, drawn.width - AXIS_LEFT

        def at(day: date) -> float:
            return round(left + (right - left) * max((day - self.as_of).days, 0) / days, 1)

        first, last = self.as_of.year + 1, end.year
        every = max(1, -(-(last - first + 1) // (4 if drawn.width <= PHONE_WIDTH else 12)))
        ticks = [Tick(left, self.tell.word("path.now"))]
        ticks += [
            Tick(at(date(year, 1, 1)), str(year))
            for year in range(first, last + 1, every)
            if at(date(year, 1, 1)) - left > 42 and at(date(year, 1, 1)) < right - 12
        ]
        axis = drawn.height + AXIS_HEAD
        spans = [
            Span(axis + 22 + ROW * place, at(step.low_on), at(step.expected_on), at(step.high_on), place + 1)
            for place, step in enumerate(steps)
        ]
        height = axis + 22 + ROW * len(steps)
        return Drawing(
            drawn.width, height, drawn.cards, drawn.links, drawn.columns, ticks, spans, axis, drawn.label
        )  # fmt: skip

    def _label(self) -> str:
        """What the picture shows, for who does not see it; the list under it says all."""
        tell = self.tell
        ways = [
            tell.listed([tell.say(self.found.start), *(tell.say(step.name) for step in path.steps)])
            for path in self.paths
        ]
        return tell.word("path.picture", ways=("；" if tell.language == "zh" else "; ").join(ways))


def _across(one: Card, other: Card) -> str:
    """A curve from the right edge of a card to the left edge of the next."""
    x, end = one.x + one.width, other.x - 9
    y, to = one.y + one.height / 2, other.y + other.height / 2
    half = (x + end) / 2
    return f"M{x:g} {y:g}C{half:g} {y:g} {half:g} {to:g} {end:g} {to:g}"


def _wide(letter: str) -> float:
    return 1.0 if letter >= WIDE_FROM else NARROW


def _lines(name: str, letters: float) -> list[str]:
    """A name in two lines at most; what does not fit is told by dots, and whole under the picture.

    >>> _lines("刑事侦查", 11.6), _lines("community policing officer of a station afar", 11.6)
    (['刑事侦查'], ['community policing', 'officer of a stati…'])
    """
    lines, rest = [""], list(_words(name))
    while rest:
        word = rest.pop(0)
        if not lines[-1].strip() or sum(map(_wide, (lines[-1] + word).rstrip())) <= letters:
            lines[-1] = (lines[-1] + word).lstrip()
        elif len(lines) < 2:
            lines.append(word.lstrip())
        else:
            kept = lines[-1].rstrip()
            while sum(map(_wide, kept)) > letters - 1:
                kept = kept[:-1]
            lines[-1] = f"{kept.rstrip()}…"
            break
    return [line.rstrip() for line in lines]


def _words(text: str) -> Iterator[str]:
    """Pieces that may stand on a line of their own: a Chinese letter, or a word with the blank after it."""
    word = ""
    for letter in text:
        if letter >= WIDE_FROM:
            if word:
                yield word
            word = ""
            yield letter
        else:
            word += letter
            if letter == " ":
                yield word
                word = ""
    if word:
        yield word
