"""To whom a case may be assigned: whoever holds a key that reviews the case of this officer now.

A key that was made for a program (`pharos keys add --system`) stands for nobody who could look at a case.
Who comes with a token is known to its issuer alone: such a subject is taken as it is named, and a key's is looked up.
Any other text is nobody's subject: a case assigned to it would wait for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from data_contracts.errors import InvalidInput
from serving.access.api_keys import KEY_SUBJECT, ApiKey
from serving.access.placements import Placements
from serving.access.reach import Sight
from serving.access.tokens import OIDC_SUBJECT
from serving.review.cases import Case
from serving.review.states import Role, role_of


@dataclass(frozen=True)
class Reviewers:
    """The keys of a deployment, read as those who review cases."""

    keys: Callable[[], Sequence[ApiKey]]
    placements: Callable[[], Placements]

    def of(self, case: Case, today: date) -> list[ApiKey]:
        """The keys in force whose holder is a person and stands before this case as a reviewer."""
        unit_id = self.placements().unit_of.get(case.officer_id)
        return [
            key
            for key in self.keys()
            if key.state(today) == "active"
            and not key.for_system
            and Sight.of(key.credential, self.placements).names(case.officer_id, unit_id)
            and role_of(key.credential, case.officer_id) is Role.REVIEWER
        ]

    def check(self, subject: str, case: Case, today: date) -> None:
        """Raises InvalidInput where `subject` is a key that does not review this case now, or nobody's subject."""
        if subject.startswith(OIDC_SUBJECT):
            return
        if not subject.startswith(KEY_SUBJECT):
            raise InvalidInput(
                f"assign_to is {KEY_SUBJECT}ID of a key (`pharos keys list` shows the ids) or {OIDC_SUBJECT}ISSUER#SUB "
                f"of whoever comes with a token; {subject!r} is neither, so nobody would see the case",
                zh=f"assign_to 须为 {KEY_SUBJECT} 加密钥编号（pharos keys list 可查看），或令牌持有人的 "
                f"{OIDC_SUBJECT}签发者#主体；“{subject}”两者都不是，无人会看到此预警",
            )
        if all(key.credential.subject != subject for key in self.of(case, today)):
            raise InvalidInput(
                "assign_to names a key that may not review this case now; name one of a person that is in force, has "
                "the scope risk:review and reaches the officer's unit (`pharos keys list` shows them)",
                zh="assign_to 所指的密钥现在不能复核此预警；请指派给由人持有、有效、具有 risk:review 权限且范围包含本人"
                "所在单位的密钥（pharos keys list 可查看）",
            )
