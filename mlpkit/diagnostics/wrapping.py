"""What to do with what a search or a pipeline has wrapped up."""


def what_to_pass(model):
    """Say what to pass in place of something that is no network; "" where nothing helps.

    Parameters
    ----------
    model : object
        What was passed.

    Returns
    -------
    str

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> print("Got Pipeline" + what_to_pass(make_pipeline("passthrough")))
    Got Pipeline: pass its last step, model[-1], with rows that model[:-1].transform has changed
    """
    from sklearn.pipeline import Pipeline

    from mlpkit.estimators.base import BaseNetworkEstimator

    if isinstance(model, type):
        return ": make one and fit it first"
    if isinstance(model, BaseNetworkEstimator):
        return ": fit it first"
    if isinstance(model, Pipeline):
        return ": pass its last step, model[-1], with rows that model[:-1].transform has changed"
    if hasattr(model, "best_estimator_"):
        return ": pass its best_estimator_"
    if hasattr(model, "estimator_"):
        return ": pass its estimator_"
    return ": fit it first" if hasattr(model, "refit") else ""
