"""`pharos` for the next post: counts mixed by a learned gate, a network on their log, a plain peer, who goes where, and
a reader of careers.

counted = log mix + a * residual + b * log(followed + w * EASE) + c * lift, with one set a, b, c for ranking every post
and one for ranking posts never held (`novel`), and w chosen on validation time; score = (1 - r) * counted + r * read,
where `read` is the log share that the reader gives a post, and r grows with how many moves to each post it was taught.
`followed` is the share of what came after the posts held, at any distance, the farther the less; `lift` how much
likelier than any mover those who went to a post were of this officer's rank and years of service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
import torch
from torch import nn

from data_contracts.errors import InvalidInput, UntrustedArtifact
from data_contracts.policy import policy
from models.artifacts import Parts
from models.posts.background import background_of
from models.posts.baselines import BACK_OFF
from models.posts.career_reader import CareerReader, careers_of
from models.posts.counts import AFTER, BACK, CountTables
from models.posts.entrants import STAGES, Entrants
from models.posts.histories import Array, CareerState, Catalogue, Histories, histories_of
from models.posts.moved_within import MovedWithin
from models.posts.next_post_net import Extent, NextPostNet, batch_of
from models.posts.reasons import NONE, Count, Reason, Seen, reasons_for

KIND = "next_post_with_timed_reader"  # artefacts of before cannot be read, and say so
ENTRANTS = "entrants.lift"
READER = "reader."
CELLS = 500_000
PEER_FLOOR = 1e-5
READ_ENOUGH = 100.0  # moves to a post at which the reader would be half believed
READ_LEAST = 200.0  # from fewer it is not heard at all: a simulated bureau with under a hundred ranked worse with it
Net = TypeVar("Net", bound=nn.Module)


@dataclass(frozen=True)
class Blend:
    """How much of residual, plain peer, lift and reader is heard; `ease` is the weight of EASE within the peer."""

    residual: float = 1.0
    peer: float = 0.5
    ease: float = 1.0
    entrants: float = 0.8
    reader: float = 0.55


DEFAULT_BLENDS: Mapping[str, Blend] = {
    "all": Blend(0.5, 0.05, 1.0, 0.8, 0.55),
    "novel": Blend(0.5, 0.25, 1.0, 0.8, 0.55),
}


@dataclass(frozen=True)
class RankedPost:
    """One suggestion; `score` is the log the ranking is made by, `probability` its share among the allowed posts."""

    post_id: str
    score: float
    probability: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Ranking:
    """Every allowed post of one officer, best first, without reasons; `why` tells those of one post.

    To tell the reasons of every post takes far longer than to rank them, and few are ever shown.
    """

    posts: tuple[RankedPost, ...]
    why: Callable[[str], tuple[Reason, ...]]


@dataclass(frozen=True)
class Components:
    """(n, size) each: log of the mixed counts, residual, EASE, what followed, lift of the entrants, the reader; barred.

    parts: (n, ways, size) what each way of counting gave; counts: (n, 8, size) the counts themselves;
    trust: (n,) from 0, no career to read or a reader of next to nothing, to 1, how far the reader is believed.
    """

    prior: Array
    residual: Array
    ease: Array
    followed: Array
    lift: Array
    read: Array
    trust: Array
    parts: Array
    barred: Array
    counts: Array

    def scores(self, blend: Blend) -> Array:
        """(n, size) logs, barred posts at minus infinity."""
        peer = np.log(np.maximum(self.followed + blend.ease * self.ease, PEER_FLOOR))
        counted = self.prior + blend.residual * self.residual + blend.peer * peer + blend.entrants * self.lift
        heard = blend.reader * self.trust[:, None]
        scores = (1 - heard) * counted + heard * self.read
        return np.where(self.barred, -np.inf, scores)


@dataclass(frozen=True)
class NextPostModel:
    """A fitted model: catalogue, rank codes, counts, who goes where, reader, networks, blends, course codes.

    `within` is what suggestions count of others; it never moves a score.
    """

    catalogue: Catalogue
    ranks: Mapping[str, int]
    tables: CountTables
    entrants: Entrants
    reader: CareerReader
    nets: tuple[NextPostNet, ...]
    blends: Mapping[str, Blend] = field(default_factory=lambda: dict(DEFAULT_BLENDS))
    courses: Mapping[str, int] = field(default_factory=dict)
    within: MovedWithin | None = None

    @property
    def extent(self) -> Extent:
        """What the networks are sized by."""
        return Extent(len(self.ranks) + 1, len(self.courses), self.catalogue.family_codes)

    def score(self, histories: Histories, novel: bool) -> Array:
        """(n, size) logs; the present post, and with `novel` every held post, at minus infinity."""
        blend = self.blends["novel" if novel else "all"]
        chunks = [part.scores(blend) for part in self._chunks(histories, novel)]
        return np.concatenate(chunks) if chunks else np.zeros((0, self.catalogue.size))

    def rank(
        self, histories: Sequence[CareerState], k: int, exclude: Sequence[set[str]] | None = None
    ) -> list[list[RankedPost]]:
        """The k best posts for each officer, best first, with reasons; never the present post nor an excluded one.

        An officer whose every held post is excluded is ranked as for a post never held. Without any history the
        ranking leans on how many move to each post. Raises InvalidInput for k < 1 or lists of different length.
        """
        exclude = [set() for _ in histories] if exclude is None else exclude
        if k < 1 or len(exclude) != len(histories):
            raise InvalidInput("ask for at least one post, and give one set of excluded posts for each officer")
        known = self._known(histories)
        ranked: list[list[RankedPost]] = [[] for _ in histories]
        novel = np.array([bool(out) and set(state.posts) <= out for state, out in zip(histories, exclude, strict=True)])
        for mode in (False, True):
            rows = np.flatnonzero(novel == mode)
            for start in range(0, len(rows), self._batch_size):
                chosen = rows[start : start + self._batch_size]
                found = self._ranked(known.take(chosen), mode, k, [exclude[i] for i in chosen])
                for row, one in zip(chosen, found, strict=True):
                    ranked[row] = [replace(post, reasons=one.why(post.post_id)) for post in one.posts]
        return ranked

    def rankings(self, histories: Sequence[CareerState]) -> list[Ranking]:
        """Every post but the present one for each officer, best first; what rules and vacancies are applied to."""
        known, size = self._known(histories), self._batch_size
        parts = [known.take(slice(start, start + size)) for start in range(0, len(known), size)]
        every = self.catalogue.size
        return [one for part in parts for one in self._ranked(part, False, every, [set()] * len(part))]

    def to_parts(self) -> Parts:
        """Plain JSON and arrays; no pickle."""
        arrays = {**self.tables.to_arrays(), ENTRANTS: self.entrants.lift}
        for number, net in enumerate(self.nets):
            arrays |= {f"net{number}.{name}": tensor.detach().numpy() for name, tensor in net.state_dict().items()}
        arrays |= {f"{READER}{name}": tensor.detach().numpy() for name, tensor in self.reader.state_dict().items()}
        told: dict[str, Any] | None = None
        if self.within is not None:
            told, counted = self.within.to_parts()
            arrays |= counted
        values = {
            "kind": KIND,
            "within": told,
            "posts": list(self.catalogue.posts),
            "words": [list(words) for words in self.catalogue.words],
            "families": list(self.catalogue.families),
            "ranks": dict(self.ranks),
            "courses": dict(self.courses),
            "nets": len(self.nets),
            "blends": {mode: asdict(blend) for mode, blend in self.blends.items()},
        }
        return Parts(json=values, arrays=arrays)

    @classmethod
    def from_parts(cls, parts: Parts) -> NextPostModel:
        """The inverse of `to_parts`; raises UntrustedArtifact when the parts are not those of such a model."""
        values = parts.json
        if values.get("kind") != KIND:
            raise UntrustedArtifact(
                f"the artefact is of kind {values.get('kind')!r}, not {KIND!r}; resolve the right model"
            )
        words, families = tuple(tuple(words) for words in values["words"]), tuple(values["families"])
        catalogue = Catalogue(tuple(values["posts"]), words, families)
        tables = CountTables.from_arrays(parts.arrays)
        extent = Extent(len(values["ranks"]) + 1, len(values["courses"]), catalogue.family_codes)
        entrants = _entrants(parts.arrays, catalogue.size, extent.ranks)
        reader = _filled(CareerReader(catalogue.size), parts.arrays, READER)
        empty = [NextPostNet(tables.words, extent) for _ in range(values["nets"])]
        nets = tuple(_filled(net, parts.arrays, f"net{i}.") for i, net in enumerate(empty))
        within = MovedWithin.from_parts(values["within"], parts.arrays) if values["within"] else None
        blends = {mode: Blend(**blend) for mode, blend in values["blends"].items()}
        return cls(catalogue, values["ranks"], tables, entrants, reader, nets, blends, values["courses"], within)

    def _known(self, histories: Sequence[CareerState]) -> Histories:
        known = histories_of(histories, self.catalogue, self.ranks)
        return replace(known, background=background_of(histories, self.catalogue, self.courses))

    @property
    def _batch_size(self) -> int:
        return max(16, min(512, CELLS // max(1, self.catalogue.size)))

    @cached_property
    def _share(self) -> Array:
        counts = np.asarray(self.tables.transitions.sum(0)).ravel() + 0.1
        return np.asarray(counts / counts.sum(), np.float32)

    @cached_property
    def _well_read(self) -> float:
        """How far the reader is believed: from few moves to each post it learns less than the counts tell."""
        each = float(self.tables.transitions.sum()) / max(1, self.catalogue.size)
        return 0.0 if each < READ_LEAST else each**2 / (each**2 + READ_ENOUGH**2)

    def _chunks(self, histories: Histories, novel: bool) -> list[Components]:
        size = self._batch_size
        return [
            self._components(histories.take(slice(start, start + size)), novel)
            for start in range(0, len(histories), size)
        ]

    def _components(self, histories: Histories, novel: bool) -> Components:
        batch = batch_of(histories, self.tables, np.full(len(histories), novel), self.extent)
        with torch.inference_mode():
            scores = [net(batch) for net in self.nets]
        after = batch.rows[:, AFTER].numpy()
        careers = careers_of(histories, self.catalogue.size)
        return Components(
            prior=np.mean([score.prior.numpy() for score in scores], 0),
            residual=np.mean([score.residual.numpy() for score in scores], 0),
            ease=batch.ease.numpy(),
            followed=(after + BACK_OFF * self._share) / (after.sum(1, keepdims=True) + BACK_OFF),
            lift=self.entrants.of(histories),
            read=self.reader.next_posts(careers, batch.barred.numpy()),
            trust=careers.told * self._well_read,
            parts=np.mean([score.parts.numpy() for score in scores], 0),
            barred=batch.barred.numpy(),
            counts=batch.rows.numpy(),
        )

    def _ranked(self, histories: Histories, novel: bool, k: int, exclude: Sequence[set[str]]) -> list[Ranking]:
        parts = self._components(histories, novel)
        scores = parts.scores(self.blends["novel" if novel else "all"])
        for row, out in enumerate(exclude):
            scores[row, [self.catalogue.codes[post] for post in out if post in self.catalogue.codes]] = -np.inf
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        high = np.max(scores, axis=1, keepdims=True, initial=-1e9)
        share = np.exp(scores - high)
        share /= np.maximum(share.sum(1, keepdims=True), 1e-12)
        return [
            Ranking(
                tuple(
                    RankedPost(self.catalogue.posts[post], float(scores[row, post]), float(share[row, post]), ())
                    for post in best[row]
                    if np.isfinite(scores[row, post])
                ),
                Why(self, parts, histories, row),
            )
            for row in range(len(histories))
        ]

    @cached_property
    def moves(self) -> sp.csr_matrix:
        """(size, size) how many moves on record went from each post to each."""
        start = (self.tables.groups - 1) * (self.tables.size + 1)
        return self.tables.transitions[start : start + self.tables.size]

    @cached_property
    def moved_to(self) -> Mapping[str, int]:
        """How many moves on record went to each post."""
        return dict(zip(self.catalogue.posts, np.asarray(self.moves.sum(0)).ravel().astype(int).tolist(), strict=True))

    @cached_property
    def family_moves(self) -> Array:
        """(families, size) how many moves went from posts of each job family to each post."""
        families, known = self.catalogue.family_codes, self.catalogue.family_codes >= 0
        shape = (len(self.catalogue.family_names), self.tables.size)
        sums = sp.csr_matrix((np.ones(known.sum()), (families[known], np.flatnonzero(known))), shape=shape)
        return np.asarray((sums @ self.moves).toarray())


@dataclass(frozen=True)
class Why:
    """The reasons of posts for the officer in a row of what was scored together."""

    model: NextPostModel
    parts: Components
    histories: Histories
    row: int

    def __call__(self, post_id: str) -> tuple[Reason, ...]:
        """Of one post."""
        post = self.model.catalogue.codes[post_id]
        return reasons_for(self.parts.parts[self.row, :, post], self.seen(post), policy().suggestions.counts)

    def seen(self, post: int) -> Seen:
        """What was counted of a post of the catalogue; rows of counts are in the order of `post_counts.Evidence`."""
        counts, row = self.parts.counts[self.row], self.row
        earlier = self._earlier
        shares = earlier[:, post] / np.maximum(earlier.sum(1), 1.0)
        return Seen(
            present=_count(counts[0], post),
            two_step=_count(counts[-1], post),
            earlier=_count(earlier[int(np.argmax(shares))], post) if len(earlier) else NONE,
            kindred=_count(self._kindred, post),
            everybody=Count(float(self._every[post]), float(self._every.sum())),
            back=float(counts[BACK, post]),
            held_before=bool((self.histories.posts[row, 1:] == post).any()),
            lift=float(self.parts.lift[row, post]) if np.isfinite(self.histories.tenure_days[row]) else 0.0,
        )

    @cached_property
    def _earlier(self) -> Array:
        """(posts, size) moves out of each post held before the present one."""
        posts = self.histories.posts[self.row]
        held = np.unique(posts[1:][(posts[1:] >= 0) & (posts[1:] < self.model.tables.size) & (posts[1:] != posts[0])])
        return np.asarray(self.model.moves[held].toarray())

    @cached_property
    def _kindred(self) -> Array:
        """(size,) moves out of other posts of the job family of the present one."""
        present = int(self.histories.posts[self.row, 0])
        size = self.model.tables.size
        family = int(self.model.catalogue.family_codes[present]) if 0 <= present < size else -1
        if family < 0:
            return np.zeros(size)
        return np.asarray(self.model.family_moves[family] - self.model.moves[present].toarray()[0])

    @cached_property
    def _every(self) -> Array:
        return np.asarray(self.model.moves.sum(0)).ravel()


def _count(moves: Array, post: int) -> Count:
    return Count(float(moves[post]), float(moves.sum()))


def _entrants(arrays: Mapping[str, Any], size: int, ranks: int) -> Entrants:
    """Who goes where, from the array; raises UntrustedArtifact when it does not fit."""
    lift = arrays.get(ENTRANTS)
    if lift is None or lift.shape != (size, STAGES, ranks):
        raise UntrustedArtifact(f"{ENTRANTS} is missing or does not fit the catalogue and ranks; train it again")
    return Entrants(lift)


def _filled(net: Net, arrays: Mapping[str, Any], prefix: str) -> Net:
    """A network with its arrays; raises UntrustedArtifact when they do not fit."""
    state = {
        name.removeprefix(prefix): torch.from_numpy(np.array(array))
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        raise UntrustedArtifact(
            "the arrays of the next-post network do not fit its catalogue; train it again"
        ) from error
    return net.eval()
