"""The one family of errors. Each names the place, the value class and the remedy, never a sensitive value."""

from __future__ import annotations


class PharosError(Exception):
    """Base of every error that Pharos raises on purpose.

    `status` is the HTTP status an API answers with; `code` is stable and safe to match on. `zh` says the same in
    Chinese, where the error can be told to a caller of the API; a command tells the English words.

    >>> UnknownTable("table 'officer' has no contract; did you mean 'officers'?").code
    'unknown_table'
    """

    status = 500
    code = "internal"

    def __init__(self, *words: object, zh: str = "") -> None:
        super().__init__(*words)
        self.zh = zh


class InvalidInput(PharosError):
    """What came in cannot be used as it is; the message says where, what and how to mend it."""

    status = 422
    code = "invalid_input"


class UnknownTable(InvalidInput):
    """A table that no contract describes."""

    code = "unknown_table"


class MissingTable(InvalidInput):
    """A table that this step cannot do without is absent."""

    code = "missing_table"


class ContractViolation(InvalidInput):
    """A contract, a policy file or a mapping file contradicts itself or what it refers to."""

    code = "contract_violation"


class ForbiddenFeature(ContractViolation):
    """A column that must never feed a model was asked for as a feature."""

    code = "forbidden_feature"


class NotReady(PharosError):
    """An earlier step of the way has not been run, or its result is unusable."""

    status = 503
    code = "not_ready"


class FeatureMismatch(NotReady):
    """Stored features are not those the model was trained on."""

    code = "feature_mismatch"


class UntrustedArtifact(NotReady):
    """A model artefact failed its signature, its hashes or its allow-list."""

    code = "untrusted_artifact"


class RegistryDown(NotReady):
    """The registry of models cannot be read, so nobody knows which version should answer."""

    code = "registry_down"


class OnlineStoreAway(NotReady):
    """The store of online features cannot be asked now."""

    code = "online_store_away"


class AuditAway(NotReady):
    """The audit chain cannot be written now, so that nothing that it must hold is answered."""

    code = "audit_away"


class NoLine(NotReady):
    """The audit chain takes no line now, so that what would come with one is not done."""

    code = "no_line"


class BrokenChain(NotReady):
    """The audit chain is not what was written, and takes no line before somebody puts it right or accepts that."""

    code = "broken_chain"


class OtherDatabase(NotReady):
    """A setting names another place than the one in which the state was kept until now."""

    code = "other_database"


class UnfitModel(NotReady):
    """A model is what was signed, and what it answers is not fit to be served."""

    code = "unfit_model"


class SlowModel(UnfitModel):
    """A model had not answered in good time, which may be the moment's fault: it is worth another try."""

    code = "slow_model"


class GateRefused(PharosError):
    """A model did not pass the promotion gate."""

    status = 409
    code = "gate_refused"


class PublishRefused(PharosError):
    """A night's run found its input wrong; what was published before stays in force."""

    status = 409
    code = "publish_refused"


class NotThere(PharosError):
    """What was asked for does not exist, or is out of the caller's reach: both are told alike."""

    status = 404
    code = "not_found"


class Refused(PharosError):
    """A change that cannot be made to what stands now; the message says why and what to do."""

    status = 409
    code = "conflict"


class Stale(PharosError):
    """Somebody else's change came first."""

    status = 409
    code = "stale"


class InputRefused(PublishRefused):
    """A night's input is missing, empty, late, shrunken, drifted or bad; `fault` is which, `code` says it too.

    >>> InputRefused("late", "the newest snapshot is of 2026-01-01; run `pharos features`").code
    'input_late'
    """

    code = "input_refused"

    def __init__(self, fault: str, words: str) -> None:
        super().__init__(words)
        self.fault = fault
        self.code = f"input_{fault}"


class LockHeld(PublishRefused):
    """Another run of the night is at work on the same results."""

    code = "lock_held"


class WrongModel(PublishRefused):
    """No model may answer: none was promoted, its signature is wrong, or it was trained on other features."""

    code = "wrong_model"


class ResultsUnwritable(PublishRefused):
    """The place where results go does not take them: the disk is full or read-only, or a database is away."""

    code = "results_unwritable"


class ResultsDamaged(PublishRefused):
    """Results are not, byte for byte, what was written."""

    code = "results_damaged"
