"""A fit that fails leaves nothing behind."""

import contextlib


@contextlib.contextmanager
def all_or_nothing(estimator):
    """Put an estimator's attributes back when a fit fails, so that nothing is half fitted.

    Parameters
    ----------
    estimator : object
        Whose attributes are set in the block.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> estimator = SimpleNamespace(coef_=1.0)
    >>> try:
    ...     with all_or_nothing(estimator):
    ...         estimator.coef_ = 2.0
    ...         raise ValueError("the second step fails")
    ... except ValueError:
    ...     print(estimator.coef_)
    1.0
    """
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise
