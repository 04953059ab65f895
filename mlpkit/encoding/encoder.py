"""`TabularEncoder`: mixed tables to one matrix of floats."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from mlpkit.checks import boolean, check_parameters, integer, none
from mlpkit.encoding.categories import CategoryPlan, category_plan, numbered
from mlpkit.encoding.columns import as_numbers, kind_of
from mlpkit.encoding.groups import arranged
from mlpkit.encoding.plans import Dropped, NumberPlan, date_plan, number_plan
from mlpkit.encoding.repeats import distinct, unless_seen
from mlpkit.encoding.tables import all_finite, as_frame, columns_of, is_numeric_array
from mlpkit.errors import InvalidParameterError

FEW_ROWS = 4  # up to here a row at a time is quicker than a column at a time

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
    - All else (text, categories, mixed values) is a category by its text, text that spells numbers
      too: a column a level. Levels in fewer than `min_frequency` rows (and fewer than a twentieth
      of all) share one, as do those beyond the `max_categories` - 1 most frequent. Missing is a
      level where it was seen. A level unknown at ``fit`` is all zeros.
    - Columns that are constant, empty, or equal to an earlier one are left out.

    Later tables are held against ``fit`` by the names of their columns, which may come in another
    order. Text in a column of numbers is read where it spells one.

    Parameters
    ----------
    min_frequency : int, default=5
        Rows a level needs for a column of its own; in tables of few rows a twentieth of them.
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
        table = X if is_numeric_array(X) and X.size else as_frame(X, reads_text=True)
        plans, seen, self._n_missing = [], {}, []
        for name, column in columns_of(table):
            plan, values, n_missing = self._plan(name, column)
            plans.append(unless_seen(plan, values, seen))
            self._n_missing.append(n_missing)
        parts = [part for plan in plans for part in plan.parts]
        if not parts:
            raise InvalidParameterError(
                f"X must have a column that tells rows apart. Got {len(table)} sample(s), and "
                f"these columns left out: {_listed(plans)}."
            )
        validate_data(self, table, reset=True, skip_check_array=True)
        self._columns = None if isinstance(table, np.ndarray) else table.columns
        self.groups_, places = arranged(parts)
        self._plans = plans
        self._places, start = [], 0
        for plan in plans:
            self._places.append(places[start : start + len(plan.parts)])
            start += len(plan.parts)
        return self

    def _plan(self, name, column):
        """Give a column's plan, the values by which columns are compared, how many are missing."""
        if isinstance(column, np.ndarray):
            kind = "boolean" if column.dtype.kind == "b" else "number"
            values = np.ascontiguousarray(column, dtype=np.float64)
            return number_plan(name, kind, values), values, int(np.isnan(values).sum())
        kind = kind_of(column, name)
        if kind == "empty":
            return Dropped(name, kind, "no value in any row"), None, len(column)
        if kind == "category":
            codes, levels = numbered(column, name)
            plan = category_plan(name, codes, levels, **self.get_params())
            return plan, (codes, levels), int((codes < 0).sum())
        values = as_numbers(column, name, kind)
        plan = date_plan(name, column) if kind == "date" else number_plan(name, kind, values)
        return plan, values, int(pd.isna(values).sum())

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
        table = X if self.has_columns_of(X) else self._in_order(X)
        dtype = np.float32 if getattr(X, "dtype", None) == np.float32 else np.float64
        if self._passes and (isinstance(table, np.ndarray) or _is_uniform(table)):
            return self._passed(np.asarray(table), dtype)
        # Column after column is written: each lies in one piece.
        out = np.zeros((self.groups_[-1].stop, len(table)), dtype).T
        for column, plan, places in zip(
            self._arrays(table), self._plans, self._places, strict=True
        ):
            plan.write(column, out, places)
        return out

    def _arrays(self, table):
        """Give the columns; in few rows lists of Python's values, which need no pandas."""
        if isinstance(table, np.ndarray):
            for (_, column), plan in zip(columns_of(table), self._plans, strict=True):
                yield column if isinstance(plan, Dropped | NumberPlan) else pd.Series(column)
        elif len(table) > FEW_ROWS:
            yield from (column for _, column in columns_of(table))
        else:
            rows = [table.iloc[i].tolist() for i in range(len(table))]
            for j, plan in enumerate(self._plans):
                values = [row[j] for row in rows]
                simple = plan.takes.issuperset(map(type, values))
                yield values if simple else next(columns_of(table.iloc[:, j : j + 1]))[1]

    def has_columns_of(self, X):
        """Tell whether a table is a pandas DataFrame with the columns of ``fit``, in their order.

        Parameters
        ----------
        X : object
            A table.

        Returns
        -------
        bool
            False where it has no row.
        """
        known = self._columns
        if known is None or not isinstance(X, pd.DataFrame) or not len(X):
            return False
        return known.equals(X.columns)

    def _in_order(self, X):
        """Give a table with the columns of ``fit`` in their order, or say how they differ."""
        table = X if is_numeric_array(X) and X.size else as_frame(X)
        if isinstance(table, pd.DataFrame) and hasattr(self, "feature_names_in_"):
            known = self._columns
            if len(known) == table.shape[1] and not len(known.difference(table.columns)):
                return table[known]
        validate_data(self, table, reset=False, skip_check_array=True)
        return table

    @property
    def _passes(self):
        """Whether all columns are numbers that pass, in their order."""
        return all(isinstance(plan, NumberPlan) and plan.is_plain for plan in self._plans)

    def _passed(self, array, dtype):
        out = np.array(array, dtype=dtype)
        if not all_finite(out):
            for j, plan in enumerate(self._plans):
                plan.write(out[:, j].copy(), out, [j])
        return out

    def get_feature_names_out(self, input_features=None):
        """Name the columns of the matrix.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names for the columns of a table that had none at ``fit``; else they must be the same.

        Returns
        -------
        ndarray of str
            The column, with what of it this is; a name that is there already gets a number.
        """
        check_is_fitted(self)
        given = _check_feature_names_in(self, input_features)
        names = np.empty(self.groups_[-1].stop, dtype=object)
        for plan, places, name in zip(self._plans, self._places, given, strict=True):
            if isinstance(plan, CategoryPlan):
                own = plan.names()
                places = range(places[0], places[0] + len(own))
            else:
                own = [part[0] for part in plan.parts]
            names[list(places)] = [name + each[len(plan.name) :] for each in own]
        return distinct(names)

    def report(self):
        """Say what was done to each column.

        Returns
        -------
        pandas.DataFrame
            A row a column of the table: what it holds, what was done, levels of a category and
            missing values at ``fit``, columns it has become.
        """
        check_is_fitted(self)
        rows = [
            {
                "column": plan.name,
                "kind": plan.kind,
                "encoding": f"left out: {plan.why}" if isinstance(plan, Dropped) else plan.why,
                "levels": getattr(plan, "n_levels", pd.NA),
                "missing": n_missing,
                "columns_out": sum(part[2] for part in plan.parts),
            }
            for plan, n_missing in zip(self._plans, self._n_missing, strict=True)
        ]
        return pd.DataFrame(rows).astype({"levels": "Int64"})

    def __sklearn_is_fitted__(self):
        return hasattr(self, "groups_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _listed(plans):
    more = f" and {len(plans) - 5} more" if len(plans) > 5 else ""
    return ", ".join(f"{plan.name!r} ({plan.why})" for plan in plans[:5]) + more


def _is_uniform(frame):
    kinds = {*frame.dtypes}
    return len(kinds) == 1 and all(isinstance(d, np.dtype) and d.kind in "fiu" for d in kinds)
