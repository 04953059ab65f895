"""The computational graph of a model: what it computes forward, what comes back."""

from dataclasses import dataclass, field

import numpy as np

from mlpkit.backend import keras
from mlpkit.diagnostics.passes import run_pass
from mlpkit.diagnostics.subject import subject_of
from mlpkit.errors import InvalidParameterError


@dataclass(frozen=True, eq=False)
class ComputationalGraph:
    """A forward and a backward pass, node by node.

    Parameters
    ----------
    stages : tuple of Stage
        The affine maps and activations, with values and gradients.
    loss : float
        Mean loss of the rows, penalties included.
    rows : ndarray of shape (n_samples, n_features)
        What went in, in the units in which the network learns.
    by_rows : ndarray of the shape of `rows`
        The loss's gradient by it.
    """

    stages: tuple = field(repr=False)
    loss: float
    rows: np.ndarray = field(repr=False)
    by_rows: np.ndarray = field(repr=False)

    def to_frame(self):
        """Give a line for each node, in the order of the forward pass.

        Returns
        -------
        DataFrame
            Indexed by the node, such as "W1": the layer's name, the shape of its value, the norm of
            the value and that of the loss's gradient by it.
        """
        import pandas as pd

        nodes = {"X": _node("", self.rows, self.by_rows)}
        for i, stage in enumerate(self.stages, 1):
            nodes[f"W{i}"] = _node(stage.name, stage.kernel, stage.dkernel)
            if stage.bias is not None:
                nodes[f"b{i}"] = _node(stage.name, stage.bias, stage.dbias)
            nodes[f"z{i}"] = _node(stage.name, stage.z, stage.dz)
            nodes[f"a{i}"] = _node(stage.name, stage.a, stage.da)
        nodes["L"] = _node("", np.array(self.loss), np.array(1.0))
        columns = ["layer", "shape", "norm", "gradient_norm"]
        return pd.DataFrame.from_dict(nodes, orient="index", columns=columns)

    def plot(self, *, ax=None):
        """Draw the graph; see `mlpkit.plot_computational_graph`.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from mlpkit.plots import plot_computational_graph

        return plot_computational_graph(self.stages, self.loss, ax=ax)


def _node(layer, value, gradient):
    norm = np.nan if gradient is None else np.linalg.norm(gradient)  # weights that are not trained
    return layer, value.shape, float(np.linalg.norm(value)), float(norm)


def computational_graph(model, X, y, *, loss=None):
    """Computational graph of some rows' loss: a forward and a backward pass, node by node.

    Forward, each layer computes ``z = a W + b`` from the a before it, and ``a = φ(z)``; the last
    node is the loss. Backward, each node is given the loss's gradient by its value: the chain
    rule multiplies what comes from behind with the node's own derivative.

    Parameters
    ----------
    model : mlpkit estimator or keras.Model
        A fitted estimator, or a Keras model, whose layers follow on each other.
    X : array-like of shape (n_samples, n_features)
        The rows of a batch.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their targets; for a Keras model, as its loss takes them.
    loss : str, keras.losses.Loss or callable, default=None
        The loss in place of the one the model was compiled with.

    Returns
    -------
    ComputationalGraph
        Has ``to_frame()`` and ``plot()``.

    Raises
    ------
    InvalidParameterError
        When the model branches, has no loss, or rows and targets do not suit it.

    Examples
    --------
    >>> neuron = keras.layers.Dense(1, activation="relu", kernel_initializer="ones", name="one")
    >>> model = keras.Sequential([keras.Input((1,)), neuron])
    >>> computational_graph(model, [[2.0]], [5.0], loss="mse").to_frame()
       layer   shape  norm  gradient_norm
    X         (1, 1)   2.0            6.0
    W1   one  (1, 1)   1.0           12.0
    b1   one    (1,)   0.0            6.0
    z1   one  (1, 1)   2.0            6.0
    a1   one  (1, 1)   2.0            6.0
    L             ()   9.0            1.0
    """
    subject = subject_of(model, X, y, loss=loss)
    passed = run_pass(subject, backward=True)
    if not passed.stages:
        raise InvalidParameterError("model must have a layer with weights. Got none to draw.")
    if _branches(subject.model) and "," not in passed.stages[-1].activation:
        raise InvalidParameterError(
            "model must be a chain of layers, each with one before it and one behind. Got one that "
            "branches: its layers' values are in forward_trace, its gradients in gradients."
        )
    return ComputationalGraph(passed.stages, passed.loss, subject.rows, passed.by_rows)


def _branches(model):
    """Tell whether a model, or one inside it, has a tensor that is used twice, or a sum of two."""
    if not hasattr(model, "_run_through_graph"):  # Sequential
        return any(_branches(part) for part in model.layers if isinstance(part, keras.Model))
    used = [
        id(tensor)
        for nodes in model._nodes_by_depth.values()
        for node in nodes
        for tensor in node.input_tensors
    ]
    n_steps = sum(len(nodes) for nodes in model._nodes_by_depth.values()) - len(model.inputs)
    inside = [part for part in model.layers if isinstance(part, keras.Model)]
    return len(set(used)) < n_steps or len(used) > n_steps or any(map(_branches, inside))
