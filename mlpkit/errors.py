"""Exceptions and warnings of mlpkit, in one leaf file that everything may import."""


class InvalidParameterError(ValueError, TypeError):
    """One or more arguments break their rule; the message lists every one of them.

    It is both a `ValueError` and a `TypeError`, as scikit-learn's exception of the same name is,
    so that either ``except`` clause catches it.
    """


class TargetError(ValueError):
    """The target `y` cannot be learnt as it is: one class only, missing values, the wrong type."""


class TrainingDivergedError(RuntimeError):
    """The loss became NaN or infinite; the message names the epoch and the likely cause."""


class WorkersError(RuntimeError):
    """The processes of a cluster cannot train together: one failed, or was given other rows."""


class WorkersWarning(UserWarning):
    """A worker of a cluster waits for others that have not answered yet."""


class SelfNormalizationWarning(UserWarning):
    """SELU was combined with something that breaks its self-normalisation."""


class SharedGPUWarning(UserWarning):
    """Several worker processes of a search train on one GPU."""


class BackupError(ValueError):
    """A folder of backups cannot serve this fit: it is of another one, damaged or in use."""


class BackupWarning(UserWarning):
    """A backup was damaged and left out, or could not be written; training goes on."""


class TrainingInterruptedWarning(UserWarning):
    """Training was ended by Ctrl-C; the message says what the estimator has learnt till then."""
