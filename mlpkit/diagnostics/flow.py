"""The gradient flow of a model: what is large, small, dead or equal in each layer, and why."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mlpkit.backend import keras
from mlpkit.checks import boolean, check_parameters, integer, none
from mlpkit.compilation import make_optimizer
from mlpkit.diagnostics.measuring import certain_and_wrong, measure, root_mean_square
from mlpkit.diagnostics.passes import run_pass
from mlpkit.diagnostics.paths import weight_paths
from mlpkit.diagnostics.subject import refuse_dataset, subject_of
from mlpkit.diagnostics.verdicts import judge
from mlpkit.errors import InvalidParameterError

_SHOWN = {
    "layer": "{:d}",
    "name": "{}",
    "activation": "{}",
    "units": "{:d}",
    "a_mean": "{:.3g}",
    "a_std": "{:.3g}",
    "z_gradient": "{:.2e}",
    "kernel_gradient": "{:.2e}",
    "dead": "{:.0%}",
    "saturated": "{:.0%}",
    "distinct": "{:d}",
    "update_ratio": "{:.1e}",
}
_RULES = {"training": boolean(), "max_samples": integer(1) | none(), "random_state": integer(0)}


@dataclass(frozen=True, eq=False)
class GradientFlow:
    """What `gradient_flow` found; printed, a table with a verdict for each layer.

    Parameters
    ----------
    frame : DataFrame
        A row for each layer with weights, in the order in which they are passed:

        ``layer``, ``name``, ``activation``, ``units``
            Number from 1, name of the Keras layer, activation and width.
        ``a_mean``, ``a_std``, ``a_rms``, ``z_rms``
            Mean, standard deviation and root mean square of the activations over rows and units;
            the last before the activation.
        ``z_gradient``, ``z_gradient_mean``
            Of a row's loss by the layer's z: the norm (root mean square over the rows), and the
            mean of the absolute values.
        ``kernel_norm``
            Norm of the kernel.
        ``kernel_gradient``, ``kernel_gradient_mean``
            Of the mean loss by the kernel: norm and mean of the absolute values; NaN where the
            kernel is frozen.
        ``dead``
            Share of units that give nothing and let no gradient pass, on any of the rows; NaN for
            an activation that the catalogue does not hold.
        ``saturated``
            Share of outputs at which the activation is flat.
        ``distinct``
            Number of units of which no two have the same weights and outputs.
        ``update_ratio``
            Norm of the optimizer's first step, in norms of the kernel.
    loss : float
        Mean loss of the rows, penalties included.
    problems : tuple of Problem
        What is wrong: pairs of `layer`, the number of the layer that is the cause, and `kind`, one
        of "symmetric", "dead", "saturated", "exploding", "vanishing", "update too large" and
        "update too small". Empty for a healthy model.
    verdicts : tuple of str
        A sentence or two for each layer.
    summary : str
        A sentence for the whole; names layers that are not looked into, such as recurrent ones.
    """

    frame: pd.DataFrame = field(repr=False)
    loss: float
    problems: tuple
    verdicts: tuple = field(repr=False)
    summary: str = field(repr=False)

    @property
    def ok(self):
        """Whether nothing is wrong."""
        return not self.problems

    def plot(self, *, ax=None):
        """Draw activations, gradients, and dead and saturated shares through the layers.

        Parameters
        ----------
        ax : sequence of three matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from mlpkit.plots import plot_gradient_flow

        return plot_gradient_flow(self.frame, ax=ax)

    def __str__(self):
        cells = {
            name: [_cell(form, value) for value in self.frame[name]]
            for name, form in _SHOWN.items()
        }
        table = pd.DataFrame(cells).to_string(index=False)
        lines = [table, "", f"loss {self.loss:.4g}", *_joined(self.verdicts), self.summary]
        return "\n".join(lines)


def _joined(verdicts):
    """Give the verdicts with one line for neighbours of which the same is said."""
    texts = [verdict.partition(": ")[2] for verdict in verdicts]
    first = 0
    for last, text in enumerate(texts):
        if last + 1 == len(texts) or texts[last + 1] != text:
            several = f"layers {first + 1} to {last + 1}: {text}"
            yield several if last > first else verdicts[last]
            first = last + 1


def _cell(form, value):
    return "-" if isinstance(value, float) and np.isnan(value) else form.format(value)


def gradient_flow(model, X, y, *, loss=None, training=False, max_samples=1000, random_state=0):
    """Look at what flows through each layer of a model, forward and backward, and judge it.

    The model is left as it is: a copy is passed, in float64, so that nothing is lost to small or
    large numbers.

    Parameters
    ----------
    model : mlpkit estimator or keras.Model
        A fitted estimator, or a Sequential or functional Keras model of dense layers, trained or
        not, compiled or with `loss`.
    X : array-like of shape (n_samples, n_features)
        Rows; raw features for an estimator.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets; for a Keras model, as its loss takes them.
    loss : str, keras.losses.Loss or callable, default=None
        The loss in place of the one the model was compiled with.
    training : bool, default=False
        Whether layers act as in training: dropout drops, batch normalisation takes the mean and
        variance of these rows. For a new model with batch normalisation that is the truer picture.
    max_samples : int, default=1000
        Rows to look at, drawn from `X` where it has more; None takes all.
    random_state : int, default=0
        Seed of that draw.

    Returns
    -------
    GradientFlow
        Its `update_ratio` is of one step of a fresh optimizer of the model's, with its learning
        rate; of plain gradient descent with Keras's rate of 0.01 where the model has none.

    Raises
    ------
    InvalidParameterError
        When arguments break their rules, or rows and targets do not suit the model.

    References
    ----------
    X. Glorot, Y. Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks, AISTATS.

    Examples
    --------
    >>> from mlpkit import make_regressor
    >>> model = make_regressor(2, hidden_layer_sizes=(8,), random_state=0)
    >>> silenced = model.layers[0].bias.assign(np.full(8, -10.0))
    >>> flow = gradient_flow(model, np.eye(2), [0.0, 1.0])
    >>> flow.problems
    (Problem(layer=1, kind='dead'),)
    >>> print(flow.verdicts[0])
    layer 1: 100 % of units never fire on these rows; lower the learning rate or try leaky_relu.
    """
    arguments = {"training": training, "max_samples": max_samples, "random_state": random_state}
    check_parameters(arguments, _RULES)
    refuse_dataset(X)
    if y is None:
        raise InvalidParameterError("y must be given: gradients are those of a loss. Got None.")
    X, y = _sample(X, y, max_samples, random_state)
    subject = subject_of(model, X, y, loss=loss, dtype="float64")
    passed = run_pass(subject, training=training)
    if not passed.stages:
        raise InvalidParameterError("model must have a layer with a kernel. Got none.")
    updates, rate = _one_step(subject, passed.gradients)
    frame = measure(passed, updates)
    wrong = certain_and_wrong(passed.stages[-1], subject.targets)
    size = root_mean_square(subject.rows)
    problems, verdicts, summary = judge(
        frame, n_rows=len(subject.rows), rows_rms=size, wrong=wrong, rate=rate
    )
    return GradientFlow(frame, passed.loss, problems, verdicts, summary + _left_out(passed))


def _left_out(passed):
    """Say which layers with trained weights are none of a pass's stages, recurrent ones for one."""
    followed = {path for stage in passed.stages for path in stage.variables}
    others = dict.fromkeys(
        path.rpartition("/")[0] for path in passed.gradients if path not in followed
    )
    return f" Not looked into: {', '.join(others)}." if others else ""


def _sample(X, y, most, seed):
    """Give the rows to look at; what is no table of equal lengths is left for `subject_of`."""
    from sklearn.utils import _safe_indexing, check_consistent_length

    if most is None or not hasattr(X, "__len__") and not hasattr(X, "shape"):
        return X, y
    n = X.shape[0] if hasattr(X, "shape") and X.shape else len(X)
    if n <= most:
        return X, y
    check_consistent_length(X, y)
    rows = np.sort(np.random.RandomState(seed).choice(n, most, replace=False))
    return _safe_indexing(X, rows), _safe_indexing(y, rows)


def _one_step(subject, gradients):
    """Give what one step of the optimizer changes each weight of the copy by, and its rate.

    The rate of a schedule is NaN: that of its first step says little.
    """
    optimizer = subject.optimizer or keras.optimizers.SGD(0.01)
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # no loss is scaled here
    optimizer = make_optimizer(optimizer)  # an estimator's is built for other variables
    trained, paths = subject.model.trainable_variables, weight_paths(subject.model)
    named = [(paths[id(v)], v, v.numpy()) for v in trained]
    optimizer.apply([gradients[path] for path, _, _ in named], trained)
    rate = getattr(optimizer, "_learning_rate", np.nan)
    scheduled = not isinstance(rate, keras.Variable)
    updates = {path: v.numpy() - before for path, v, before in named}
    return updates, np.nan if scheduled else float(rate)
