"""A goal that is a post newer than the model: its paths are those of the known post most like it, told as its own.

Which post that is, is what next posts go by too (`models/posts/newcomers.py`). The search alone knows the one as the
other: rules, gaps, courses and points of the step are those of the new post.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from data_contracts.vocabulary import Bilingual
from models.paths.telling import Bars, Before, Blocked, Prepared, StepFacts, Told


@dataclass(frozen=True)
class NewerGoal:
    """`post` is the goal that the model was not trained on, `like` the post that it is searched as."""

    post: str
    like: str

    def called(self, post: Bilingual, like: Bilingual) -> Bilingual:
        """The goal's name, with what stands behind every figure and count told of it."""
        return Bilingual(
            f"{post.zh}（新设岗位，模型训练时尚无此岗位，按与其最相近的岗位“{like.zh}”推算）",
            f"{post.en} (a new post that the model was not trained on, reckoned as the post most like it, “{like.en}”)",
        )

    def facts(self, known: StepFacts) -> StepFacts:
        """What is known of steps, of the new post where the search asks about the one it goes by."""

        def prepares(officer: str, post: str, before: Before) -> Prepared:
            return known.prepares(officer, self._meant(post), before)

        def lacking(officer: str, post: str, before: Before) -> Sequence[Blocked]:
            return known.lacking(officer, self._meant(post), before)

        def blocked(officer: str, post: str, day: date) -> Sequence[Blocked]:
            return known.blocked(officer, self._meant(post), day)

        def opening(officer: str, posts: Sequence[str], met: Collection[Blocked]) -> Bars:
            if known.bars is None:
                raise TypeError("without bars nothing is known of when rules open posts")
            return known.bars(officer, [self._meant(post) for post in posts], met)

        return replace(
            known, prepares=prepares, lacking=lacking, blocked=blocked, bars=None if known.bars is None else opening,
            name=lambda post: known.name(self._meant(post)),
            points=lambda officer, post: known.points(officer, self._meant(post)),
        )  # fmt: skip

    def told(self, found: Told) -> Told:
        """What was found, its last steps under the name of the goal."""
        paths = (
            replace(path, steps=tuple(replace(step, post=self._meant(step.post)) for step in path.steps))
            for path in found.paths
        )
        return replace(found, paths=tuple(paths))

    def _meant(self, post: str) -> str:
        return self.post if post == self.like else post
