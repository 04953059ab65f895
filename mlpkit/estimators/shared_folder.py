"""Backups of several processes: the chief writes them, and all go on from the chief's."""

from mlpkit.backups import BackupFolder, packed, read


class SharedFolder:
    """A `BackupFolder` of the chief's, as all processes see it.

    Each method is called by all of them at the same place.

    Parameters
    ----------
    path : str or Path
        The folder, which only the chief must reach.
    team : Workers
        The processes.
    """

    def __init__(self, path, team):
        self.path, self._team, self._folder = path, team, None
        with team.ready():
            if team.is_chief:
                self._folder = BackupFolder(path)
                self.path = self._folder.path

    def load(self, run=None):
        """Give the chief's newest backup; see `BackupFolder.load`."""
        found = None
        with self._team.ready():
            if self._team.is_chief:
                found = self._folder.load(run)
        sent = b"" if found is None else b"".join(packed(*found))
        received = self._team.exchange(sent)[0]
        return read(received) if received else None

    def save(self, run, number, record, arrays):
        """Write a backup, in the chief; see `BackupFolder.save`."""
        if self._team.is_chief:
            self._folder.save(run, number, record, arrays)

    def require(self, n_bytes):
        """Check that the chief's disk has room; see `BackupFolder.require`."""
        with self._team.ready():
            if self._team.is_chief:
                self._folder.require(n_bytes)

    def clear(self):
        """Remove all backups, once all processes are done with them."""
        with self._team.ready():
            pass
        if self._team.is_chief:
            self._folder.clear()

    def close(self):
        """Let others use the folder."""
        if self._folder is not None:
            self._folder.close()
