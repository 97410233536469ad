"""What can be studied, by name."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.studies.concern_kind import CONCERNS
from experiments.studies.course_kind import COURSES
from experiments.studies.kind import Kind
from experiments.studies.post_kind import NEXT_POST
from experiments.studies.risk_kind import RISK

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (RISK, NEXT_POST, COURSES, CONCERNS)}
