"""A folder with the backups of one fit: the last two of each run, written whole or not at all."""

import contextlib
import os
import re
import shutil
import warnings
from pathlib import Path

from mlpkit.backups import lock
from mlpkit.backups.layout import DamagedFileError, packed, read
from mlpkit.errors import BackupError, BackupWarning, InvalidParameterError

KEPT = 2  # backups of a run
_NAME = re.compile(r"backup-(\d+)-(\d+)\.mlpkit")
_PART = re.compile(r"backup-\d+-\d+\.mlpkit\.\d+\.part")
_LOCK = "backup.mlpkit.lock"


class BackupFolder:
    """The backups of one fit, which has the folder to itself till it is closed.

    A backup is a record and arrays. Runs are numbered (a fit may train twice), and so are the
    backups of a run; the highest number is the newest. Files of other names are left alone.

    Parameters
    ----------
    path : str or Path
        The folder; it and its parents are made when missing.

    Attributes
    ----------
    path : Path
        The folder, absolute.

    Raises
    ------
    InvalidParameterError
        When it is no folder that can be written to.
    BackupError
        When another fit is using it.
    """

    def __init__(self, path):
        self.path = Path(path).absolute()
        self._damaged, self._complained = set(), False
        try:
            made = not self.path.exists()
            self.path.mkdir(parents=True, exist_ok=True)
            self._descriptor = lock.locked(self.path / _LOCK)
        except (OSError, ValueError) as error:  # ValueError: a null character
            raise InvalidParameterError(
                f"backup_dir must be a folder that can be written to. Got {str(path)!r}: "
                f"{getattr(error, 'strerror', None) or error}."
            ) from None
        if self._descriptor is None:
            raise BackupError(
                f"backup_dir must be a folder that no other fit is using. Got {str(path)!r}, which "
                "another one has now: give each its own, or wait for it."
            )
        if made:  # told to whoever goes on, should this process be killed
            os.ftruncate(self._descriptor, 1)
        self._made = os.fstat(self._descriptor).st_size > 0
        for name in self._names(_PART):  # of killed processes, for nobody else is here
            self._remove(name)

    def load(self, run=None):
        """Give the newest backup that is sound; a damaged one is skipped with a warning.

        Parameters
        ----------
        run : int, default=None
            Of which run; None for the last run there is.

        Returns
        -------
        (dict, list of ndarray) or None
            Record and arrays; None where there is no backup.

        Raises
        ------
        BackupError
            When `run` is None and all there are are damaged. A run whose own ones are is begun
            anew, from what came before it.
        """
        found, complaints, going = None, [], "begins this training anew"
        for name in self._backups(run):
            try:
                found = read((self.path / name).read_bytes())
            except (DamagedFileError, OSError) as error:
                complaints.append(f"{name}: {getattr(error, 'strerror', None) or error}")
                self._damaged.add(name)
                continue
            going = f"goes on from an older one, {name}"
            break
        if complaints and found is None and run is None:
            raise BackupError(
                f"backup_dir must hold a backup that can be read. Got {str(self.path)!r} with "
                f"damaged ones only ({'; '.join(complaints)}): delete them, and the fit begins "
                "anew."
            )
        if complaints:
            warnings.warn(
                f"A damaged backup in {self.path} is left out ({'; '.join(complaints)}). The fit "
                f"{going}, to the same result.",
                BackupWarning,
                stacklevel=2,
            )
        return found

    def save(self, run, number, record, arrays):
        """Write a backup, and remove all but the last two of its run.

        When the disk is full or fails, the older ones stay, and a warning says so.

        Parameters
        ----------
        run, number : int
            Its place.
        record : dict
            What JSON can hold.
        arrays : list of ndarray
            Numbers.
        """
        name = f"backup-{run}-{number:06d}.mlpkit"
        try:
            self._write(name, packed(record, arrays))
            there = self._backups(run)
        except OSError as error:
            self._complain(name, error)
            return
        self._damaged.discard(name)
        sound = [other for other in there if other not in self._damaged]
        for other in {*there} - {*sound[:KEPT]}:
            self._remove(other)

    def _write(self, name, pieces):
        part = self.path / f"{name}.{os.getpid()}.part"
        try:
            with open(part, "wb") as file:
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, self.path / name)
        except BaseException:
            self._remove(part.name)
            raise
        self._sync()

    def _sync(self):
        """Make the new name last as well, where folders can be told to."""
        with contextlib.suppress(OSError):
            descriptor = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _complain(self, name, error):
        if not self._complained:
            self._complained = True
            warnings.warn(
                f"The backup {name} could not be written into {self.path}: {error.strerror}. "
                "Training goes on, and the backups before it stay.",
                BackupWarning,
                stacklevel=2,
            )

    def require(self, n_bytes):
        """Check that the disk has room for the backups of the two trainings that a fit may have.

        Parameters
        ----------
        n_bytes : int
            Bytes of the arrays of one.

        Raises
        ------
        InvalidParameterError
            When it has not.
        """
        taken = sum((self.path / name).stat().st_size for name in self._backups(None))
        most = 2 * KEPT + 1  # those of two runs, and one that is being written
        free, needed = shutil.disk_usage(self.path).free + taken, most * n_bytes
        if free < needed:
            raise InvalidParameterError(
                f"backup_dir must have room for {most} backups, {needed / 1e6:.1f} MB. Got "
                f"{str(self.path)!r} with {free / 1e6:.1f} MB free."
            )

    def clear(self):
        """Remove all backups."""
        with contextlib.suppress(OSError):  # the fit is done, whatever has become of its folder
            for name in self._backups(None):
                self._remove(name)

    def close(self):
        """Let others use the folder, which is taken away where it is empty and our own."""
        if self._made and any(self.path.glob("backup-*.mlpkit")):
            os.close(self._descriptor)  # the file stays, and says whose the folder is
            return
        lock.unlocked(self._descriptor, self.path / _LOCK)
        if self._made:
            with contextlib.suppress(OSError):  # it holds backups, or files of somebody's
                self.path.rmdir()

    def _backups(self, run):
        """Give the names of backups, the newest first."""
        found = {name: tuple(map(int, _NAME.fullmatch(name).groups())) for name in self._names()}
        names = sorted(found, key=found.get, reverse=True)
        return [name for name in names if run in (None, found[name][0])]

    def _names(self, pattern=_NAME):
        return [name for name in os.listdir(self.path) if pattern.fullmatch(name)]

    def _remove(self, name):
        with contextlib.suppress(OSError):
            (self.path / name).unlink()
