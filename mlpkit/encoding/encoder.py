"""`TabularEncoder`: mixed tables to one matrix of floats."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from mlpkit.checks import boolean, check_parameters, integer, none
from mlpkit.encoding.categories import CategoryPlan, category_plan
from mlpkit.encoding.columns import as_frame, as_numbers, is_numeric_array, kind_of
from mlpkit.encoding.groups import arranged
from mlpkit.encoding.plans import Dropped, NumberPlan, date_plan, number_plan
from mlpkit.errors import InvalidParameterError

_RULES = {
    "min_frequency": integer(1),
    "max_categories": integer(2),
    "embed_above": none() | integer(1),
    "binary_as_sign": boolean(),
}


class TabularEncoder(TransformerMixin, BaseEstimator):
    """Mixed tables to one matrix of floats, by what each column holds in the rows of ``fit``.

    - Numbers pass as they are. A missing value becomes the median, and a column that had some at
      ``fit`` gets a 0/1 column beside it. Infinite values are clipped to the finite range.
    - Booleans, and numbers of two values, become 0 and 1.
    - Dates become days since 1970, and as numbers what varies in them of month, day of the month,
      weekday and hour (in their own time zone); durations become days.
    - All else (text, categories, mixed values) is a category by its text: a column a level. Levels
      in fewer than `min_frequency` rows share one, as do those beyond the `max_categories` - 1
      most frequent. Missing is a level where it was seen. A level unknown at ``fit`` is all zeros.
    - Columns that are constant, empty, or equal to an earlier one are left out.

    Parameters
    ----------
    min_frequency : int, default=5
        Rows a level needs for a column of its own.
    max_categories : int, default=64
        Columns of a category at most.
    embed_above : int or None, default=None
        A category of more levels than this becomes one column of codes, for a model that embeds
        them: 0 for unknown and rare levels, 1, 2, ... for the others. None makes no codes.
    binary_as_sign : bool, default=False
        Whether a category of two levels becomes one column of -1 and 1, 0 where it is unknown or
        missing.

    Attributes
    ----------
    groups_ : tuple of Group
        What the columns of the matrix stand for: numbers first, then flags, one-hot categories,
        codes.
    n_features_in_ : int
        Columns of the table.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where all of them are text.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlpkit import TabularEncoder
    >>> table = pd.DataFrame({"age": [30.0, None, 50.0, 41.0], "city": ["Oslo", "Rome"] * 2})
    >>> encoder = TabularEncoder(min_frequency=1).fit(table)
    >>> encoder.get_feature_names_out().tolist()
    ['age', 'age_missing', 'city_Oslo', 'city_Rome']
    >>> encoder.transform(table[:2])
    array([[30.,  0.,  1.,  0.],
           [41.,  1.,  0.,  1.]])
    """

    def __init__(
        self, *, min_frequency=5, max_categories=64, embed_above=None, binary_as_sign=False
    ):
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.embed_above = embed_above
        self.binary_as_sign = binary_as_sign

    def fit(self, X, y=None):
        """Find what becomes of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            pandas or Polars DataFrame, array or list of rows.
        y : object, default=None
            Not looked at.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameterError
            When parameters break their rules, or a column holds what is no value.
        """
        check_parameters(self.get_params(), _RULES)
        table = X if is_numeric_array(X) else as_frame(X)
        plans, n_rows = [], len(table)
        if not n_rows or not table.shape[1]:
            as_frame(pd.DataFrame(table))  # says so
        seen = {}
        for name, column in _columns(table):
            plan, values = self._plan(name, column)
            plans.append(_unless_seen(plan, values, seen))
        parts = [part for plan in plans for part in plan.parts]
        if not parts:
            raise InvalidParameterError(
                "X must have a column that tells rows apart. Got only constant, empty or repeated "
                f"ones: {', '.join(repr(plan.name) for plan in plans[:5])}."
            )
        validate_data(self, X, reset=True, skip_check_array=True)
        self.groups_, places = arranged(parts)
        self._plans = plans
        self._places, start = [], 0
        for plan in plans:
            self._places.append(places[start : start + len(plan.parts)])
            start += len(plan.parts)
        return self

    def _plan(self, name, column):
        """Give a column's plan, and the values by which columns are compared."""
        if isinstance(column, np.ndarray):
            kind = "boolean" if column.dtype.kind == "b" else "number"
            values = column.astype(np.float64, copy=False)
            return number_plan(name, kind, values), values
        kind = kind_of(column, name)
        if kind == "empty":
            return Dropped(name, kind, "no value in any row"), None
        if kind == "date":
            return date_plan(name, column), as_numbers(column, name, kind)
        if kind == "category":
            plan = category_plan(name, column, **self.get_params())
            codes, levels = pd.factorize(column)
            return plan, (codes, levels)
        values = as_numbers(column, name, kind)
        return number_plan(name, kind, values), values

    def transform(self, X):
        """Encode rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            With the columns of ``fit``.

        Returns
        -------
        ndarray of shape (n_samples, n_columns)
            float64; float32 for an array of float32.

        Raises
        ------
        ValueError
            When columns are missing or new: they are listed.
        InvalidParameterError
            When a value cannot be read as what its column held at ``fit``.
        """
        check_is_fitted(self)
        table = X if is_numeric_array(X) else as_frame(X)
        validate_data(self, X, reset=False, skip_check_array=True)
        if not len(table):
            as_frame(pd.DataFrame(table))
        dtype = np.float32 if getattr(X, "dtype", None) == np.float32 else np.float64
        if isinstance(table, np.ndarray) and self._passes:
            return self._passed(table, dtype)
        out = np.zeros((len(table), self.groups_[-1].stop), dtype)
        columns = zip(_columns(table), self._plans, self._places, strict=True)
        for (_, column), plan, places in columns:
            if not isinstance(column, pd.Series) and not isinstance(plan, Dropped | NumberPlan):
                column = pd.Series(column)
            plan.write(column, out, places)
        return out

    @property
    def _passes(self):
        """Whether all columns are numbers that pass, in their order."""
        return all(isinstance(plan, NumberPlan) and plan.is_plain for plan in self._plans)

    def _passed(self, array, dtype):
        out = np.array(array, dtype=dtype, order="C")
        if not np.isfinite(out.sum()):
            for j, plan in enumerate(self._plans):
                plan.write(out[:, j].copy(), out, [j])
        return out

    def get_feature_names_out(self, input_features=None):
        """Name the columns of the matrix.

        Parameters
        ----------
        input_features : object, default=None
            Not looked at: names are those of ``fit``.

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self)
        names = np.empty(self.groups_[-1].stop, dtype=object)
        for plan, places in zip(self._plans, self._places, strict=True):
            if isinstance(plan, CategoryPlan):
                own = plan.names()
                names[places[0] : places[0] + len(own)] = own
            else:
                for part, place in zip(plan.parts, places, strict=True):
                    names[place] = part[0]
        return names

    def report(self):
        """Say what was done to each column.

        Returns
        -------
        pandas.DataFrame
            A row a column of the table: what it holds, what was done, columns it has become.
        """
        check_is_fitted(self)
        rows = [
            {
                "column": plan.name,
                "kind": plan.kind,
                "encoding": f"left out: {plan.why}" if isinstance(plan, Dropped) else plan.why,
                "levels": len(plan.levels) + len(plan.rare) if hasattr(plan, "levels") else pd.NA,
                "columns_out": sum(part[2] for part in plan.parts),
            }
            for plan in self._plans
        ]
        return pd.DataFrame(rows).astype({"levels": "Int64"})

    def __sklearn_is_fitted__(self):
        return hasattr(self, "groups_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = tags.input_tags.string = True
        return tags


def _columns(table):
    """Give names and columns of a table, arrays of an array."""
    if isinstance(table, np.ndarray):
        return ((f"x{j}", table[:, j]) for j in range(table.shape[1]))
    named = all(isinstance(name, str) for name in table.columns)
    names = table.columns if named else [f"x{j}" for j in range(table.shape[1])]
    return ((name, table.iloc[:, j]) for j, name in enumerate(names))


def _unless_seen(plan, values, seen):
    """Give a plan, or that of a dropped column where an earlier one has the same values."""
    if isinstance(plan, Dropped) or values is None:
        return plan
    arrays = values if isinstance(values, tuple) else (values,)
    arrays = [np.asarray(array) for array in arrays]
    key = (plan.kind, hash(arrays[0].tobytes()))
    for name, earlier in seen.setdefault(key, []):
        if all(_same(*pair) for pair in zip(arrays, earlier, strict=True)):
            return Dropped(plan.name, plan.kind, f"the same as {name!r}")
    seen[key].append((plan.name, arrays))
    return plan


def _same(one, other):
    if one.shape != other.shape:
        return False
    if one.dtype.kind == "f" and other.dtype.kind == "f":
        return np.array_equal(one, other, equal_nan=True)
    return one.tolist() == other.tolist()
