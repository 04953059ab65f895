"""Metric objects: what is watched beside the loss."""

from mlpkit.backend import keras


def make_metrics(metrics, task, *, one_hot=False, dtype="float32"):
    """Give fresh Keras metric objects; "auto" is the task's own.

    Parameters
    ----------
    metrics : "auto", None or list of (str or keras.metrics.Metric)
        What to watch. "accuracy" is the one that fits the task.
    task : str
        A name of `mlpkit.tasks.TASKS`.
    one_hot : bool, default=False
        Whether multiclass targets come as a column per class.
    dtype : str, default="float32"
        Type in which metrics are summed.

    Returns
    -------
    list of keras.metrics.Metric

    Examples
    --------
    >>> [type(metric).__name__ for metric in make_metrics(["accuracy", "auc"], "binary")]
    ['BinaryAccuracy', 'AUC']
    """
    if metrics is None:
        return []
    if isinstance(metrics, str):
        numbers = task in ("regression", "multioutput")
        metrics = ["root_mean_squared_error" if numbers else "accuracy"]
    return [_metric(metric, task, one_hot, dtype) for metric in metrics]


def _metric(metric, task, one_hot, dtype):
    if isinstance(metric, keras.metrics.Metric):
        try:
            return type(metric).from_config(metric.get_config())
        except (TypeError, ValueError):  # around a function that is not registered
            return metric
    if metric == "log_loss":
        return _log_loss(task, one_hot, dtype)
    names = {"rmse": "root_mean_squared_error", "acc": "accuracy"}
    metric = names.get(metric, metric)
    if metric == "accuracy":
        if task == "multiclass":
            kind = "CategoricalAccuracy" if one_hot else "SparseCategoricalAccuracy"
        else:
            kind = "BinaryAccuracy"
        return getattr(keras.metrics, kind)(name="accuracy", dtype=dtype)
    if metric == "root_mean_squared_error":
        return keras.metrics.RootMeanSquaredError(name=metric, dtype=dtype)
    found = keras.metrics.get(metric)
    if isinstance(found, keras.metrics.Metric):
        # Named, or Keras counts its metrics and equal ones get different names.
        config = {**found.get_config(), "name": metric, "dtype": dtype}
        return type(found).from_config(config)
    name = getattr(metric, "__name__", str(metric))
    return keras.metrics.MeanMetricWrapper(found, name=name, dtype=dtype)


def _log_loss(task, one_hot, dtype):
    """Give the loss of probabilities without penalties, by which weights may be selected."""
    kind = "Binary"
    if task == "multiclass":
        kind = "Categorical" if one_hot else "SparseCategorical"
    return getattr(keras.metrics, f"{kind}Crossentropy")(name="log_loss", dtype=dtype)
