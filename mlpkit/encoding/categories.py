"""What becomes of a column of categories: a column a level, a sign, or codes."""

import numbers
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mlpkit.encoding.columns import refuse_containers
from mlpkit.encoding.plans import SIMPLE, Dropped

MISSING = None  # stands for a missing value among the levels


@dataclass(frozen=True)
class CategoryPlan:
    """A column of categories.

    Parameters
    ----------
    name : str
        The column.
    form : {"one-hot", "sign", "codes"}
        A column a level; one of -1 and 1; or one of whole numbers.
    levels : tuple of (str or None)
        Levels with a place of their own, None for missing.
    rare : frozenset of str
        Levels that share a place.
    """

    name: str
    form: str
    levels: tuple
    rare: frozenset
    kind: str = "category"
    takes = SIMPLE
    places: dict = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self):
        shared = dict.fromkeys(self.rare, len(self.levels))
        own = {level: i for i, level in enumerate(self.levels)}
        object.__setattr__(self, "places", {**shared, **own})

    @property
    def width(self):
        """Places of levels, with the one that rare ones share."""
        return len(self.levels) + bool(self.rare)

    @property
    def n_levels(self):
        """Levels known, missing not counted."""
        return len(self.levels) - (MISSING in self.levels) + len(self.rare)

    @property
    def parts(self):
        """What it becomes: (name, kind, width, number of codes) of each group."""
        if self.form == "codes":
            return ((self.name, "codes", 1, len(self.levels) + 1),)
        if self.form == "sign":
            return ((self.name, "flag", 1, 0),)
        return ((self.name, "one-hot", self.width, 0),)

    @property
    def why(self):
        """What is done, in words."""
        words = {"one-hot": "a column a level", "sign": "-1 and 1", "codes": "codes"}[self.form]
        if self.rare:
            words += f"; {len(self.rare)} rare level(s) together"
        return words + ("; missing is a level" if MISSING in self.levels else "")

    def names(self):
        """Give a name for each column."""
        if self.form != "one-hot":
            return [self.name]
        own = [f"{self.name}_{'missing' if v is MISSING else v}" for v in self.levels]
        return [*own, *([f"{self.name}_rare"] if self.rare else [])]

    def write(self, series, out, places):
        """Write the column into its places of a matrix; unknown levels leave zeros.

        Parameters
        ----------
        series : pandas.Series or list
            The column.
        out : ndarray of shape (n_samples, n_columns)
            Zeros, written to.
        places : list of int
            First column of each part.
        """
        found = self._found(series)
        start = places[0]
        if self.form == "codes":
            out[:, start] = np.where(found < len(self.levels), found + 1, 0)
        elif self.form == "sign":
            known = np.isin(found, (0, 1))
            out[known, start] = 2.0 * found[known] - 1
        else:
            rows = np.flatnonzero(found >= 0)
            out[rows, start + found[rows]] = 1

    def _found(self, series):
        """Give the place of each row's level, -1 where it is unknown."""
        if isinstance(series, list):
            return np.array([self.places.get(_level(value), -1) for value in series])
        codes, levels = numbered(series, self.name)
        # By level of these rows, the missing one last: its place at fit.
        return np.array([self.places.get(level, -1) for level in (*levels, MISSING)])[codes]


def _level(value):
    return MISSING if value is None or value != value else _text(value)


def numbered(series, name):
    """Number the levels of a column by their text.

    Parameters
    ----------
    series : pandas.Series
        The column.
    name : str
        Its name, for the error.

    Returns
    -------
    codes : ndarray of shape (n_samples,)
        -1 where missing.
    levels : list of str

    Raises
    ------
    InvalidParameterError
        When a value is a list or the like.

    Examples
    --------
    >>> codes, levels = numbered(pd.Series(["b", None, 1, "1", "b"], dtype=object), "x")
    >>> codes.tolist(), levels
    ([0, -1, 1, 1, 0], ['b', '1'])
    """
    try:
        codes, values = pd.factorize(series)
    except TypeError:  # not hashable
        refuse_containers(series, name)
        raise
    if series.dtype == object and any(isinstance(v, numbers.Real) and v in (0, 1) for v in values):
        # To a table of hashes 1 and True are one, and their text is that of the first.
        missing = series.isna()
        texts = [_text(v) if there else None for v, there in zip(series, ~missing, strict=True)]
        codes, values = pd.factorize(pd.Series(texts, dtype=object))
    texts = [_text(value) for value in values]
    levels = list(dict.fromkeys(texts))
    if len(levels) == len(texts):
        return codes, levels
    place = {level: i for i, level in enumerate(levels)}
    return np.array([*(place[text] for text in texts), -1])[codes], levels


def _text(value):
    """Give a level's text: 1.0 is the level 1, since one missing value makes integers floats."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def category_plan(
    name, codes, levels, *, min_frequency, max_categories, embed_above, binary_as_sign
):
    """Find what becomes of a column of categories.

    Parameters
    ----------
    name : str
        The column.
    codes, levels : ndarray and list of str
        From `numbered`.
    min_frequency, max_categories, embed_above, binary_as_sign
        As in `TabularEncoder`.

    Returns
    -------
    CategoryPlan or Dropped

    Examples
    --------
    >>> plan = category_plan(
    ...     "x", np.array([0, 0, 1, -1]), ["a", "b"],
    ...     min_frequency=1, max_categories=9, embed_above=None, binary_as_sign=False,
    ... )
    >>> plan.names()
    ['x_a', 'x_b', 'x_missing']
    """
    counts = np.bincount(codes + 1, minlength=len(levels) + 1)
    n_missing, counts = int(counts[0]), counts[1:]
    seen = [(level, int(n)) for level, n in zip(levels, counts, strict=True) if n]
    if not seen:
        return Dropped(name, "category", "no value in any row")
    if len(seen) == 1 and not n_missing:
        return Dropped(name, "category", "constant")
    # The most frequent first, equals by name, so that the order of rows does not matter.
    seen.sort(key=lambda pair: (-pair[1], pair[0]))
    if binary_as_sign and len(seen) == 2:
        return CategoryPlan(name, "sign", tuple(sorted(v for v, _ in seen)), frozenset())
    embeds = embed_above is not None and len(seen) > embed_above
    most = len(seen) if embeds else max_categories - bool(n_missing)
    enough = min(min_frequency, -(-len(codes) // 20))
    kept = [level for level, n in seen[:most] if n >= enough]
    rare = frozenset(level for level, _ in seen) - frozenset(kept)
    if len(kept) + bool(rare) > most and len(kept) > 1:
        rare |= {kept.pop()}  # the shared place counts, too
    own = tuple(sorted(kept)) + ((MISSING,) if n_missing else ())
    if not own:
        return Dropped(name, "category", f"no level in {enough} rows")
    if embeds:
        return CategoryPlan(name, "codes", own, frozenset())
    return CategoryPlan(name, "one-hot", own, rare)
