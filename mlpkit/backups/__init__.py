"""Backups of unfinished fits: files that are whole or found out, in folders of one fit each."""

from mlpkit.backups.digests import Digest, digest, digest_text
from mlpkit.backups.folder import BackupFolder
from mlpkit.backups.layout import DamagedFileError, packed, read

__all__ = ["BackupFolder", "DamagedFileError", "Digest", "digest", "digest_text", "packed", "read"]
