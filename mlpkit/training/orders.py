"""The order of rows in each epoch, and how much of what is there counts."""

import numpy as np

ENDLESS = 2**31 - 1  # epochs of patience where nothing stops early


def run_counts(held, plan):
    """Give how many validation rows a plan looks at, and its patience, as numbers."""
    n_held = held.n if held is not None and plan.validates else 0
    return n_held, ENDLESS if plan.patience is None else plan.patience


def draw_orders(rng, n_rows, n_epochs):
    """Draw the order of rows of several epochs.

    Parameters
    ----------
    rng : numpy.random.RandomState
        Draws them.
    n_rows, n_epochs : int
        How many.

    Returns
    -------
    orders : ndarray of shape (n_epochs, n_rows), int32
    generators : list
        The generator's state after each draw.
    """
    orders, generators = np.empty((n_epochs, n_rows), np.int32), []
    for order in orders:
        order[:] = rng.permutation(n_rows)
        generators.append(rng.get_state(legacy=False))
    return orders, generators
