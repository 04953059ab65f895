"""Sizes that decide how training is run: compiled or not, in which shapes, how long a call."""

import math

COMPILED_STEPS = 800  # from so many steps a fit on, compiling pays
COMPILED_FLOPS = 2e8  # a step's, up to which XLA is as fast as the graph's kernels on a CPU
JOINED_WEIGHTS = 2**16  # up to which a compiled step keeps its weights as one vector
ORDERS_A_CALL = 2**18  # row numbers that one call takes: its epochs times its rows, at most
EVALUATION_BATCH = 4096  # rows looked at in one step when nothing is learnt


def compiling_pays(n_rows, batch_size, epochs, n_parameters):
    """Tell whether an XLA program pays for a fit, from its sizes alone.

    XLA takes a quarter of a second more than a graph to get ready, and saves 30 to 200
    microseconds a step on small networks; large products are faster in a graph, whose kernels use
    the processor better. What ran before must not matter, or the same seed would not give the
    same bits.

    Parameters
    ----------
    n_rows : int
        Rows of the table.
    batch_size : int
        Rows a step.
    epochs : int
        Epochs at most.
    n_parameters : int
        Trained weights of the network; a step takes about 6 operations a row and weight.

    Returns
    -------
    bool

    Examples
    --------
    >>> digits = {"n_rows": 1797, "batch_size": 32, "n_parameters": 7510}
    >>> compiling_pays(**digits, epochs=20), compiling_pays(**digits, epochs=2)
    (True, False)
    """
    steps = epochs * math.ceil(n_rows / batch_size)
    return steps >= COMPILED_STEPS and 6 * batch_size * n_parameters <= COMPILED_FLOPS


def bucket(n_rows):
    """Give the number of rows that a table is filled up to, so that folds share a program.

    Parameters
    ----------
    n_rows : int
        Rows there are.

    Returns
    -------
    int
        At most 1/16 more than there are, beyond 1024; below, at most 63 more.

    Examples
    --------
    >>> bucket(1437), bucket(1438), bucket(60_000)
    (1472, 1472, 61440)
    """
    step = max(64, 2 ** (n_rows - 1).bit_length() // 32)
    return math.ceil(n_rows / step) * step


def evaluation_bucket(n_rows):
    """Give the filled-up number of rows that are only evaluated, in whole steps.

    Parameters
    ----------
    n_rows : int
        Rows there are.

    Returns
    -------
    int
        Not above `EVALUATION_BATCH`, or a multiple of it.

    Examples
    --------
    >>> evaluation_bucket(144), evaluation_bucket(6000)
    (192, 8192)
    """
    filled = bucket(n_rows)
    if filled <= EVALUATION_BATCH:
        return filled
    return math.ceil(filled / EVALUATION_BATCH) * EVALUATION_BATCH


def epochs_a_call(n_rows):
    """Give how many epochs one call of a program runs where nothing looks in between.

    Parameters
    ----------
    n_rows : int
        Rows of an epoch, filled up.

    Returns
    -------
    int
        From 1 to 128: a call's row numbers fit in 1 MB.

    Examples
    --------
    >>> epochs_a_call(1472), epochs_a_call(61_440)
    (128, 4)
    """
    return max(1, min(128, ORDERS_A_CALL // n_rows))
