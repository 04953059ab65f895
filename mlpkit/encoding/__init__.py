"""Tables as they are to numbers: what each column is, what becomes of it, and a report of both."""

from mlpkit.encoding.encoder import TabularEncoder
from mlpkit.encoding.groups import Group

__all__ = ["Group", "TabularEncoder"]
