"""What becomes of a column: found once in the rows of ``fit``, applied to any others."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mlpkit.encoding.clocks import days, readings
from mlpkit.encoding.columns import as_numbers
from mlpkit.encoding.tables import all_finite

# Types of single values that need no pandas, where rows are few; and of its own.
NUMBERS = frozenset(
    {float, int, bool, type(None), *(np.dtype(code).type for code in "?bhilqBHILQefd")}
)
SIMPLE = NUMBERS | {str}
STAMPS = frozenset({pd.Timestamp, type(pd.NaT)})


@dataclass(frozen=True)
class Dropped:
    """A column that tells nothing.

    Parameters
    ----------
    name, kind : str
        The column, and what it holds.
    why : str
        For the report.
    """

    name: str
    kind: str
    why: str
    parts: tuple = ()
    takes = frozenset({*SIMPLE, *STAMPS})

    def write(self, series, out, places):
        """Write nothing."""


@dataclass(frozen=True)
class NumberPlan:
    """A column of numbers, booleans or durations.

    Parameters
    ----------
    name, kind : str
        The column, and what it holds, as `kind_of` says.
    median : float
        Stands for missing values.
    low, high : float
        The finite range at fit, to which infinite values are clipped.
    is_flag : bool
        Whether it has two values only, which become 0 and 1.
    had_missing : bool
        Whether values were missing at fit: a flag beside it tells which.
    """

    name: str
    kind: str
    median: float
    low: float
    high: float
    is_flag: bool
    had_missing: bool

    @property
    def parts(self):
        """What it becomes: (name, kind, width, number of codes) of each group."""
        own = (self.name, "flag" if self.is_flag else "number", 1, 0)
        flag = (f"{self.name}_missing", "flag", 1, 0)
        return (own, flag) if self.had_missing else (own,)

    @property
    def takes(self):
        """Types of values of which `write` takes a list."""
        return frozenset() if self.kind == "duration" else NUMBERS

    @property
    def is_plain(self):
        """Whether finite values pass as they are."""
        return not (self.is_flag or self.had_missing)

    @property
    def why(self):
        """What is done, in words."""
        words = ["0 and 1"] if self.is_flag else ["as it is"]
        if self.had_missing:
            words.append(f"missing: {self.median:g}, and a flag")
        return "; ".join(words)

    def write(self, series, out, places):
        """Write the column into its places of a matrix.

        Parameters
        ----------
        series : pandas.Series, ndarray or list
            The column.
        out : ndarray of shape (n_samples, n_columns)
            Written to.
        places : list of int
            First column of each part.
        """
        values = series
        if not isinstance(series, np.ndarray):
            values = as_numbers(series, self.name, self.kind)
        column = out[:, places[0]]
        column[:] = values
        if not all_finite(column):
            missing = np.isnan(column)
            if self.had_missing:
                out[:, places[1]] = missing
            column[missing] = self.median
            np.clip(column, self.low, self.high, out=column, where=np.isinf(column))
        if self.is_flag:
            column -= self.low
            column /= self.high - self.low
            np.clip(column, 0, 1, out=column)


def number_plan(name, kind, values):
    """Find what becomes of a column of numbers.

    Parameters
    ----------
    name, kind : str
        The column.
    values : ndarray of shape (n_samples,)
        NaN where missing.

    Returns
    -------
    NumberPlan or Dropped

    Examples
    --------
    >>> number_plan("x", "number", np.array([1.0, np.nan, 3.0, 7.0])).median
    3.0
    >>> number_plan("x", "number", np.array([5.0, 5.0])).why
    'constant'
    """
    finite = np.isfinite(values)
    n_missing = 0
    if not finite.all():
        n_missing = int(np.isnan(values).sum())
        values = values[finite]
    had_missing = n_missing > 0
    if not len(values):
        return Dropped(name, kind, f"no {'finite ' * (len(finite) > n_missing)}value in any row")
    low, high = float(values.min()), float(values.max())
    if low == high:
        if not had_missing:
            return Dropped(name, kind, "constant")
        return _PresencePlan(name, kind)
    first = values[:1]
    is_flag = bool(((values == low) | (values == high)).all()) if first in (low, high) else False
    median = float(np.median(values))  # for values that are missing later, too
    return NumberPlan(name, kind, median, low, high, is_flag, had_missing)


@dataclass(frozen=True)
class _PresencePlan:
    """A column of one value that is missing in places: what it tells is where."""

    name: str
    kind: str
    why: str = "one value: a flag for missing"
    takes = frozenset()

    @property
    def parts(self):
        return ((f"{self.name}_missing", "flag", 1, 0),)

    def write(self, series, out, places):
        values = series
        if not isinstance(series, np.ndarray):
            values = as_numbers(series, self.name, self.kind)
        out[:, places[0]] = np.isnan(values)


@dataclass(frozen=True)
class DatePlan:
    """A column of dates: days since 1970, and the parts of a date that vary in it.

    Parameters
    ----------
    name, kind : str
        The column.
    numbers : tuple of (str, NumberPlan)
        Its parts.
    zone : str or None
        The time zone in which parts are read; None for dates without one.
    """

    name: str
    kind: str
    numbers: tuple
    zone: object
    takes = STAMPS

    @property
    def parts(self):
        """What it becomes."""
        return tuple(part for _, plan in self.numbers for part in plan.parts)

    @property
    def why(self):
        """What is done, in words."""
        if isinstance(self.numbers[0][1], _PresencePlan):
            return self.numbers[0][1].why
        return "days since 1970" + "".join(f", {name}" for name, _ in self.numbers[1:])

    def write(self, series, out, places):
        """Write the parts into their places."""
        values, start = date_parts(series, self.name, self.zone), 0
        for name, plan in self.numbers:
            n = len(plan.parts)
            plan.write(values[name], out, places[start : start + n])
            start += n


def date_parts(series, name, zone):
    """Give the parts of dates as float64 arrays by name, NaN where missing.

    Parameters
    ----------
    series : pandas.Series
        Dates.
    name : str
        The column, for the error.
    zone : tzinfo or None
        Where clocks are read.

    Returns
    -------
    dict of str to ndarray
    """
    stamps = as_numbers(series, name, "date")
    return {"days": days(stamps), **readings(stamps, zone)}


def date_plan(name, series):
    """Find what becomes of a column of dates.

    Parameters
    ----------
    name : str
        The column.
    series : pandas.Series
        Dates.

    Returns
    -------
    DatePlan or Dropped
    """
    zone = getattr(series.dtype, "tz", None)
    numbers = []
    for part, values in date_parts(series, name, zone).items():
        label = f"{name}_{part}"
        plan = number_plan(label, "number", values)
        if part == "days":
            if isinstance(plan, Dropped):
                return Dropped(name, "date", plan.why)
            numbers.append((part, plan))
        elif isinstance(plan, NumberPlan):  # one flag for all parts
            numbers.append((part, replace(plan, had_missing=False)))
    return DatePlan(name, "date", tuple(numbers), zone)
