"""What is there twice: columns of the same values, and names."""

import numpy as np

from mlpkit.encoding.plans import Dropped


def unless_seen(plan, values, seen):
    """Give a plan, or that of a dropped column where an earlier one has the same values.

    Parameters
    ----------
    plan : object
        Of the column.
    values : ndarray, tuple of (codes, levels), or None
        Its values; None for what is left out anyway.
    seen : dict
        Columns so far; the column is put in.

    Returns
    -------
    object
    """
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
    if one.dtype.kind in "fM" and other.dtype.kind == "f":
        return np.array_equal(one, other, equal_nan=True)
    return one.tolist() == other.tolist()


def distinct(names):
    """Number names that come again: a level "missing" beside values that are.

    Parameters
    ----------
    names : ndarray of str
        Changed in place.

    Returns
    -------
    ndarray of str

    Examples
    --------
    >>> distinct(["a", "b", "a"])
    ['a', 'b', 'a_2']
    """
    seen = set()
    for i, name in enumerate(names):
        number = 2
        while names[i] in seen:
            names[i] = f"{name}_{number}"
            number += 1
        seen.add(names[i])
    return names
