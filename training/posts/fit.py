"""Fit `pharos` for the next post: counts, reader of careers, networks, and the weights of the plain peer.

Each training example is looked up in counts that its officer's fold is left out of. How much EASE weighs beside
Markov is chosen on the last part of the training time, with both counted on the time before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from data_contracts.decisions import STRICT
from data_contracts.errors import InvalidInput
from models.posts.baselines import BASELINES, COOCCURRENCE_DECAY, DirectedCooccurrence, MarkovEase, PostScorer
from models.posts.counts import CountTables, count_tables
from models.posts.entrants import Entrants
from models.posts.histories import Array, Catalogue, Moves, barred
from models.posts.next_post import DEFAULT_BLENDS, NextPostModel
from models.posts.next_post_net import Batch, Extent, NextPostNet, batch_of
from training.evaluation.ranking_metrics import item_metrics, ranks
from training.evaluation.shown_lists import best_of
from training.posts.data import TrainingData
from training.posts.read_careers import fit_reader

Progress = Callable[[str], None]
MOST_ITEMS, MOST_CELLS = 2048, 4_000_000  # scored at once: ten thousand posts must not fill the memory
EASE_WEIGHTS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0)
DECAYS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.8)  # as many as EASE_WEIGHTS: every peer is tuned as much as ours


@dataclass(frozen=True)
class FitSettings:
    """How `pharos` is fitted; the defaults were chosen on time before the published test windows."""

    __pydantic_config__ = STRICT

    seed: int = 0
    nets: int = 2
    passes: float = 3.0
    max_examples: int = 140_000
    min_steps: int = 60
    batch: int = 256
    big_batch: int = 512
    learning_rate: float = 3e-3
    decay: float = 1e-2
    embedding_decay: float = 0.1
    gate_rate: float = 1e-2
    gate_decay: float = 1e-4
    holdout_share: float = 0.15
    max_holdout: int = 6000
    min_holdout: int = 200

    def folds(self, size: int) -> int:
        """Fewer folds where the tables are large."""
        return 5 if size <= 1000 else 3 if size <= 2500 else 2


def fit_pharos(
    data: TrainingData,
    settings: FitSettings | None = None,
    progress: Progress | None = None,
    ease_weight: float | None = None,
) -> NextPostModel:
    """The model of a cut; the weight of EASE is chosen here unless it is given.

    The weights of residual and peer are fixed: chosen anew on the last part of each training time they followed its
    drift and ranked the time after it worse (novel moves of Chicago 2009 to 2012, NDCG@10 .203 against .226).
    """
    chosen, say = settings or FitSettings(), progress or (lambda _: None)
    if ease_weight is None:
        say("validation")
    ease = choose_ease_weight(data, chosen) if ease_weight is None else ease_weight
    say("networks")
    blends = {mode: replace(blend, ease=ease) for mode, blend in DEFAULT_BLENDS.items()}
    return replace(_fit(data, data.moves, chosen, chosen.nets), blends=blends)


def tuned_baselines(
    data: TrainingData, ease_weight: float, settings: FitSettings | None = None
) -> Mapping[str, Callable[[], PostScorer]]:
    """The plain peers by name, each ready to fit; `ease_weight`, of markov_ease, is chosen on validation time too."""
    moves, catalogue = data.moves, data.catalogue
    tuned: dict[str, Callable[[], PostScorer]] = {
        "directed_cooccurrence": lambda: DirectedCooccurrence.fit(
            moves, catalogue, choose_decay(data, settings or FitSettings())
        ),
        "markov_ease": lambda: MarkovEase.fit(moves, catalogue, ease_weight),
    }
    return {name: tuned.get(name, _later(fit, data)) for name, fit in BASELINES.items()}


def _later(fit: Callable[[Moves, Catalogue], PostScorer], data: TrainingData) -> Callable[[], PostScorer]:
    return lambda: fit(data.moves, data.catalogue)


def holdout(moves: Moves, settings: FitSettings) -> tuple[Moves, Moves]:
    """The moves before a day and from it on; the later part is empty when there are too few moves to judge by."""
    wanted = min(int(len(moves) * settings.holdout_share), settings.max_holdout)
    cut = np.sort(moves.day)[-wanted] if wanted else np.iinfo(np.int64).max
    late = moves.day >= cut
    if late.sum() < settings.min_holdout or (~late).sum() < settings.min_holdout:
        late[:] = False
    return moves.take(~late), moves.take(late)


def choose_ease_weight(data: TrainingData, settings: FitSettings) -> float:
    """The weight of EASE beside Markov that ranks the held-out moves best; 1 where there are too few of them."""
    early, late = holdout(data.moves, settings)
    if not len(late):
        return 1.0
    fitted = MarkovEase.fit(early, data.catalogue)
    return max(EASE_WEIGHTS, key=lambda w: _quality(replace(fitted, weight=w), late, data.catalogue.size))


def choose_decay(data: TrainingData, settings: FitSettings) -> float:
    """The decay of directed co-occurrence that ranks the held-out moves best; its default where there are too few."""
    early, late = holdout(data.moves, settings)
    if not len(late):
        return COOCCURRENCE_DECAY
    size = data.catalogue.size
    return max(DECAYS, key=lambda decay: _quality(DirectedCooccurrence.fit(early, data.catalogue, decay), late, size))


def validation_score(data: TrainingData, settings: FitSettings) -> float:
    """HR@10 + NDCG@10 on the held-out moves, all and novel, with one network fitted on the time before them.

    Raises InvalidInput when there are too few moves to judge by; `pharos tune next-post` searches on this figure.
    """
    early, late = holdout(data.moves, settings)
    if not len(late):
        raise InvalidInput(f"{len(data.moves):,} moves are too few to hold some out; search on a longer history")
    return _quality(_fit(data, early, settings, nets=1), late, data.catalogue.size)


def _quality(model: PostScorer, items: Moves, size: int) -> float:
    """HR@10 + NDCG@10 over every move and over the novel ones."""
    total = 0.0
    for novel, chosen in ((False, items), (True, items.take(items.novel))):
        if len(chosen):
            metrics = item_metrics(target_places(model, chosen, novel, size))
            total += float((metrics["hr_at_10"] + metrics["ndcg_at_10"]).mean())
    return total


def target_places(model: PostScorer, items: Moves, novel: bool, size: int) -> Array:
    """(n,) the place of the right post among all of the catalogue, a part of the items at a time."""
    found = np.full(len(items), np.inf)
    step = max(16, min(MOST_ITEMS, MOST_CELLS // max(size, 1)))
    for start in range(0, len(items), step):
        part = items.take(slice(start, start + step))
        scores = model.score(part.histories, novel)
        found[start : start + step] = ranks(scores, part.targets, barred(part.histories, size, novel))
    return found


def shown_posts(model: PostScorer, items: Moves, size: int, depth: int) -> Array:
    """(n, depth) numbers of the posts that each item would be shown, best first, minus 1 where there are no more."""
    step = max(16, min(MOST_ITEMS, MOST_CELLS // max(size, 1)))
    parts = [items.take(slice(start, start + step)) for start in range(0, len(items), step)]
    return np.concatenate(
        [best_of(model.score(part.histories, False), barred(part.histories, size, False), depth) for part in parts]
    )


def _fit(data: TrainingData, moves: Moves, settings: FitSettings, nets: int) -> NextPostModel:
    """Counts and networks on `moves`."""
    rng = np.random.default_rng(settings.seed)
    fold = rng.integers(0, settings.folds(data.catalogue.size), int(moves.officers.max()) + 1)[moves.officers]
    fold = np.unique(fold, return_inverse=True)[1]  # few officers may leave a fold empty
    tables = count_tables(moves, data.catalogue, fold)
    entrants = Entrants.fit(moves, data.catalogue.size, len(data.ranks) + 1)
    reader = fit_reader(moves, data.catalogue.size, settings.seed)
    known = data.catalogue, dict(data.ranks), tables.whole(), entrants, reader
    empty = NextPostModel(*known, (), courses=dict(data.courses))
    fitted = [fit_net(moves, tables, fold, empty.extent, settings, settings.seed + i) for i in range(nets)]
    return replace(empty, nets=tuple(fitted))


def fit_net(
    moves: Moves, tables: CountTables, fold: Array, extent: Extent, settings: FitSettings, seed: int
) -> NextPostNet:
    """Train one network by full softmax; the same seed gives the same weights."""
    torch.manual_seed(seed)
    net = NextPostNet(tables.words, extent)
    usable = np.flatnonzero(moves.targets != moves.histories.present(tables.size))  # a barred target teaches nothing
    batches = _schedule(len(usable), settings, tables.size)
    if not batches:
        return net.eval()
    rng = np.random.default_rng(seed)
    groups = _groups(net, settings)
    optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate)
    highest = [float(str(group["lr"])) for group in groups]
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, highest, total_steps=len(batches), pct_start=0.15)
    net.train()
    order = np.concatenate([rng.permutation(usable) for _ in range(1 + sum(batches) // len(usable))])
    start = 0
    for count in batches:
        rows = order[start : start + count]
        start += count
        part = moves.take(rows)
        _step(net, batch_of(part.histories, tables, _as_novel(part, rng), extent, fold[rows]), part.targets, optimizer)
        rates.step()
    return net.eval()


def _schedule(examples: int, settings: FitSettings, size: int) -> Sequence[int]:
    """The size of each batch: a few passes, at least some steps, never more examples than a minute bears."""
    if examples == 0:
        return []
    budget = int(min(settings.max_examples, settings.max_examples * 1000 / max(size, 1)))
    batch = min(examples, settings.batch if examples < 30_000 else settings.big_batch)
    batch = max(16, min(batch, 500_000 // max(size, 1)))
    steps = max(settings.min_steps, min(int(examples * settings.passes), budget) // batch)
    return [min(batch, examples)] * steps


def _as_novel(moves: Moves, rng: np.random.Generator) -> Array:
    """(n,) which examples are asked as if every held post were barred: half of those that can be."""
    novel = moves.novel & (rng.random(len(moves)) < 0.5)
    return np.asarray(novel & (moves.histories.posts != moves.targets[:, None]).all(1))


def _step(net: NextPostNet, batch: Batch, targets: Array, optimizer: torch.optim.Optimizer) -> None:
    scores = net(batch)
    loss = nn.functional.cross_entropy(scores.logits, torch.from_numpy(targets))
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()


def _groups(net: NextPostNet, settings: FitSettings) -> list[dict[str, object]]:
    """What stands for single posts, words and ranks decays faster: little is seen of each."""
    single = {"posts.weight", "word_vectors", "ranks.weight", "courses.weight", "bias"}
    counts = {"back_off", "far_back", "sharpness", "towards"}
    rates = {"single": settings.learning_rate, "counts": settings.gate_rate, "rest": settings.learning_rate}
    decays = {"single": settings.embedding_decay, "counts": settings.gate_decay, "rest": settings.decay}
    groups: dict[str, list[nn.Parameter]] = {"single": [], "counts": [], "rest": []}
    for name, parameter in net.named_parameters():
        kind = "single" if name in single else "counts" if name in counts or name.startswith("gate") else "rest"
        groups[kind].append(parameter)
    return [{"params": groups[kind], "lr": rates[kind], "weight_decay": decays[kind]} for kind in groups]
