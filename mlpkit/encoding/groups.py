"""What columns of the encoded matrix stand for."""

from dataclasses import dataclass

KINDS = ("number", "flag", "one-hot", "codes")


@dataclass(frozen=True)
class Group:
    """Columns of the encoded matrix that stand for one thing.

    Parameters
    ----------
    name : str
        The column of the table, with what of it these are ("date_year", "age_missing").
    kind : {"number", "flag", "one-hot", "codes"}
        "number": a quantity. "flag": 0 or 1. "one-hot": a column a level. "codes": a column of
        whole numbers below `n_codes`.
    start, stop : int
        Where they stand.
    n_codes : int, default=0
        Codes there are, 0 (unknown) among them.

    Examples
    --------
    >>> Group("city", "one-hot", 3, 8).width
    5
    """

    name: str
    kind: str
    start: int
    stop: int
    n_codes: int = 0

    @property
    def width(self):
        """How many columns."""
        return self.stop - self.start


def arranged(parts):
    """Give parts their places: numbers first, then flags, one-hot groups, codes.

    Parameters
    ----------
    parts : list of (name, kind, width, n_codes)
        In the order of the table's columns.

    Returns
    -------
    groups : tuple of Group
        In the order of the matrix.
    places : list of int
        For each part, its first column.

    Examples
    --------
    >>> groups, places = arranged([("b", "flag", 1, 0), ("x", "number", 1, 0)])
    >>> [group.name for group in groups], places
    (['x', 'b'], [1, 0])
    """
    order = sorted(range(len(parts)), key=lambda i: KINDS.index(parts[i][1]))
    groups, places, start = [], [0] * len(parts), 0
    for i in order:
        name, kind, width, n_codes = parts[i]
        groups.append(Group(name, kind, start, start + width, n_codes))
        places[i], start = start, start + width
    return tuple(groups), places
