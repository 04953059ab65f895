"""A fit's backups: whose they are, where its generator stood, and what is left at the end."""

import contextlib
import json
import sys

from mlpkit.backups import BackupFolder
from mlpkit.errors import BackupError, TrainingDivergedError
from mlpkit.estimators.shared_folder import SharedFolder


@contextlib.contextmanager
def fit_backups(estimator, team, *, once):
    """Give the backups of a fit, and leave the folder as its end demands.

    Parameters
    ----------
    estimator : BaseEstimator
        Its `backup_dir` and `backup_freq`.
    team : Team
        The processes that train.
    once : bool
        Whether it trains for one epoch only, which is not backed up.

    Yields
    ------
    FitBackups or NoBackups

    Raises
    ------
    InvalidParameterError
        When the folder cannot be written to.
    BackupError
        When its backups are of another fit, damaged, or in use.
    """
    if estimator.backup_dir is None or once:
        yield NoBackups()
        return
    path = estimator.backup_dir
    folder = BackupFolder(path) if team.is_alone else SharedFolder(path, team)
    try:
        freq = estimator.backup_freq
        backups = FitBackups(folder, 0.0 if isinstance(freq, str) else float(freq), team)
        try:
            yield backups
        except TrainingDivergedError:  # it would again
            folder.clear()
            raise
        if not backups.kept:
            folder.clear()
    finally:
        folder.close()


class NoBackups:
    """Stands for the backups of a fit that makes none."""

    kept = False

    def begin(self, rng):
        """Leave the generator as it is."""

    def identify(self, describe):
        """Describe nothing."""

    def run(self, number):
        """Give None: nothing is kept of this run."""

    def keep(self):
        """Keep nothing."""


class FitBackups:
    """The backups of one fit, which may train several times.

    Parameters
    ----------
    folder : BackupFolder
        Has ``load(run)`` and ``save(run, number, record, arrays)``.
    seconds : float
        Between backups; 0 for one after each epoch.
    team : Team
        The processes that train.

    Attributes
    ----------
    kept : bool
        Whether they are to stay when the fit ends.
    fit : dict
        What it depends on, known once `identify` has been called.
    """

    def __init__(self, folder, seconds, team):
        self.folder, self.seconds, self.kept = folder, seconds, False
        self._team = team
        found = folder.load()
        self._earlier = None if found is None else found[0]["fit"]

    def begin(self, rng):
        """Put the generator to where it stood when the fit first began.

        Parameters
        ----------
        rng : numpy.random.RandomState
            The fit's.
        """
        from mlpkit.training import generator_state

        self._rng, self._before = rng, generator_state(rng)
        self._start = self._before if self._earlier is None else self._earlier["generator"]
        rng.set_state(self._start)

    def identify(self, describe):
        """Compare the fit with the one that has made the backups.

        Parameters
        ----------
        describe : callable
            Gives a dict of dicts of text: parameters, data and so on by name.

        Raises
        ------
        BackupError
            When it is another one; the generator is put back.
        """
        described = {**describe(), "versions": _versions()}
        described = _of_all(self._team.exchange(json.dumps(described).encode()))
        self.fit = {**described, "generator": self._start}
        if self._earlier is None or self._earlier == self.fit:
            return
        self._rng.set_state(self._before)
        raise BackupError(
            f"backup_dir must hold backups of this fit, or none. Got {str(self.folder.path)!r} "
            f"with those of an unfinished fit {_differences(self._earlier, self.fit)}. Finish that "
            "one, delete its backups, or give another backup_dir."
        )

    def keep(self):
        """Let the backups stay when the fit ends, to go on from."""
        self.kept = True

    def run(self, number):
        """Give the backups of one training.

        Parameters
        ----------
        number : int
            Which.

        Returns
        -------
        RunBackups
        """
        return RunBackups(self, number)


class RunBackups:
    """The backups of one training, as `mlpkit.training.Plan` takes them.

    Parameters
    ----------
    backups : FitBackups
        Of the fit.
    number : int
        Which of its trainings.
    """

    def __init__(self, backups, number):
        self._backups, self._number = backups, number
        self.seconds, self.require = backups.seconds, backups.folder.require

    def load(self):
        """Give record and arrays of the newest backup, None where there is none."""
        found = self._backups.folder.load(self._number)
        if found is None:
            return None
        record, arrays = found
        if record["fit"] != self._backups.fit:
            raise BackupError(
                f"backup_dir must hold backups of one fit. Got {str(self._backups.folder.path)!r} "
                "with those of several: delete them."
            )
        return record["run"], arrays

    def save(self, epoch, record, arrays):
        """Write a backup.

        Parameters
        ----------
        epoch : int
            Epochs done.
        record : dict
            What JSON can hold.
        arrays : list of ndarray
            The state.
        """
        backups = self._backups
        record = {"fit": backups.fit, "run": record}
        backups.folder.save(self._number, epoch, record, arrays)


def _of_all(told):
    """Put together what several processes tell of a fit: the data are those of all."""
    told = [json.loads(each) for each in told]
    fit = told[0]
    if len(told) > 1:
        fit["parameters"]["workers"] = str(len(told))
        digests = [each["data"] for each in told]
        fit["data"] = {name: " ".join(each[name] for each in digests) for name in digests[0]}
    return fit


def _versions():
    """Give the versions that decide bits, of what is loaded by now."""
    names = ("mlpkit", "tensorflow", "keras")
    return {name: str(getattr(sys.modules.get(name), "__version__", None)) for name in names}


def _differences(earlier, now):
    """Say in words in what two fits differ."""
    kinds = [fit["parameters"]["estimator"] for fit in (earlier, now)]
    if kinds[0] != kinds[1]:
        return f"of {kinds[0]} (now {kinds[1]})"
    found = []
    for kind in ("parameters", "versions"):
        for name in sorted({*earlier[kind], *now[kind]}):
            before, after = (fit[kind].get(name, "nothing") for fit in (earlier, now))
            if before != after:
                found.append(f"{name}={before} (now {after})")
    names = {**earlier["data"], **now["data"]}
    data = [name for name in names if earlier["data"].get(name) != now["data"].get(name)]
    if found or len(data) > 1:  # a split follows from the rest, and differs whenever that does
        data = [name for name in data if name != "validation rows"]
    if data:
        found.append(f"other values of {' and '.join(data)}")
    return f"that has {'; '.join(found)}"
