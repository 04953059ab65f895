"""Backpropagation written down: the loss's gradient by every weight."""

from collections.abc import Mapping

import numpy as np

from mlpkit.diagnostics.passes import run_pass
from mlpkit.diagnostics.subject import subject_of


class Gradients(Mapping):
    """The loss's gradient by each array of weights; prints as a table of norms.

    Parameters
    ----------
    arrays : dict of str to ndarray
        The gradients by the paths of the weights, each in the shape of its weights.
    loss : float
        The loss they are the gradient of.

    Examples
    --------
    >>> Gradients({"output/kernel": np.array([[3.0], [4.0]])}, loss=0.5)
    loss 0.5
                    shape  norm  mean_abs  largest
    output/kernel  (2, 1)   5.0       3.5      4.0
    """

    def __init__(self, arrays, loss):
        self._arrays, self.loss = dict(arrays), float(loss)

    def __getitem__(self, path):
        return self._arrays[path]

    def __iter__(self):
        return iter(self._arrays)

    def __len__(self):
        return len(self._arrays)

    def to_frame(self):
        """Give a line for each array of weights: shape, norm, mean and largest size.

        Returns
        -------
        DataFrame
            Indexed by the paths of the weights; ``norm`` is the Euclidean norm, ``mean_abs`` the
            mean of the absolute values, ``largest`` the one farthest from 0, with its sign.
        """
        import pandas as pd

        lines = {path: _line(values) for path, values in self.items()}
        columns = ["shape", "norm", "mean_abs", "largest"]
        return pd.DataFrame.from_dict(lines, orient="index", columns=columns)

    def __repr__(self):
        return f"loss {self.loss:.6g}\n{self.to_frame().to_string()}"


def _line(values):
    flat = values.ravel().astype(np.float64)
    largest = flat[np.argmax(np.abs(flat))] if flat.size else 0.0
    mean = np.abs(flat).mean() if flat.size else 0.0
    return values.shape, np.linalg.norm(flat), mean, largest


def gradients(model, X, y, *, loss=None, training=False, dtype=None):
    """Gradients of the mean loss of some rows by each trained weight, found by backpropagation.

    The reverse pass goes from the loss back through the layers by the chain rule. An optimizer
    would take its step of one mini-batch from these numbers.

    Parameters
    ----------
    model : mlpkit estimator or keras.Model
        A fitted estimator, whose network is looked at in the units in which it learns, or a
        Sequential or functional Keras model. It is left as it is.
    X : array-like of shape (n_samples, n_features)
        The rows of the batch.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their targets; for a Keras model, as its loss takes them.
    loss : str, keras.losses.Loss or callable, default=None
        The loss in place of the one the model was compiled with.
    training : bool, default=False
        Whether dropout and batch normalisation act as in training.
    dtype : {"float32", "float64"}, default=None
        Type of the arithmetic; None is the model's own.

    Returns
    -------
    Gradients
        A dict of arrays by the paths of the weights, such as "hidden_1/kernel", with the mean
        `loss` (penalties included); prints as a table of norms.

    Raises
    ------
    InvalidParameterError
        When the model is of another kind, has no loss, or rows and targets do not suit it.

    Examples
    --------
    >>> from mlpkit.backend import keras
    >>> neuron = keras.layers.Dense(1, kernel_initializer="ones", name="output")
    >>> model = keras.Sequential([keras.Input((2,)), neuron])
    >>> found = gradients(model, [[1, 2]], [0], loss="mse")  # (w·x + b - y)², thus 2 * 3 * x
    >>> found
    loss 9
                    shape       norm  mean_abs  largest
    output/kernel  (2, 1)  13.416408       9.0     12.0
    output/bias      (1,)   6.000000       6.0      6.0
    >>> found["output/kernel"].ravel()
    array([ 6., 12.], dtype=float32)
    """
    passed = run_pass(
        subject_of(model, X, y, loss=loss, dtype=dtype), training=training, backward=True
    )
    return Gradients(passed.gradients, passed.loss)
