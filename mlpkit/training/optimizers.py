"""Keras's optimizers as pure functions: values in, new values out, no variable is written."""

import types

from mlpkit.backend import keras
from mlpkit.training.factors import decay_factor, rate_factor, times

_PARENTS = {parent.__name__: parent for parent in keras.optimizers.Optimizer.__mro__}
_Tensorflow, _Base = _PARENTS["TFOptimizer"], _PARENTS["BaseOptimizer"]
RUN_TIME = ("weight_decay", "global_clipnorm")  # numbers that a program leaves to each fit
# Held against Keras's own steps in tests/test_engine.py.
_PURE = (
    "SGD", "RMSprop", "Adam", "AdamW", "Adadelta", "Adagrad", "Adamax", "Adafactor", "Nadam",
    "Ftrl", "Lion", "Lamb",
)  # fmt: skip


def is_pure(optimizer):
    """Tell whether `pure` can stand for an optimizer.

    It cannot for classes of the user's, and not where Keras does more at some steps than at
    others: accumulated gradients, averaged weights, loss scaling.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        The optimizer.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_pure(keras.optimizers.Adam())
    True
    >>> is_pure(keras.optimizers.Adam(gradient_accumulation_steps=2))
    False
    """
    kind = type(optimizer)
    known = kind.__module__.split(".")[0] == "keras" and kind.__name__ in _PURE
    return known and not (optimizer.gradient_accumulation_steps or optimizer.use_ema)


def is_elementwise(optimizer):
    """Tell whether an optimizer treats each weight alike, whatever the shape of its layer.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        Keras's name, or an optimizer.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_elementwise("adam"), is_elementwise("lamb")
    (True, False)
    """
    if isinstance(optimizer, str):  # no object is made: its variables would stay behind
        name, known = optimizer, optimizer.lower() in map(str.lower, _PURE)
    else:
        name, known = type(optimizer).__name__, is_pure(optimizer)
    return known and name.lower() not in ("adafactor", "lamb")


def may_join(optimizer):
    """Tell whether an optimizer may treat all weights of a model as one vector.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        Keras's name, or an optimizer.

    Returns
    -------
    bool

    Examples
    --------
    >>> may_join("adam"), may_join(keras.optimizers.Adam(clipnorm=1.0))
    (True, False)
    """
    return is_elementwise(optimizer) and getattr(optimizer, "clipnorm", None) is None


def pure(optimizer):
    """Give a fresh copy of an optimizer that can be applied inside a ``keras.StatelessScope``.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        One that `is_pure`; not changed.

    Returns
    -------
    keras.optimizers.Optimizer
        Its weight decay and the norm to which all gradients together are clipped are the values
        of its ``run_time`` variables, where it has them.

    Examples
    --------
    >>> weight = keras.Variable([1.0])
    >>> sgd = pure(keras.optimizers.SGD(0.5))
    >>> sgd.build([weight])
    >>> with keras.StatelessScope([(weight, [3.0])]) as scope:
    ...     sgd.apply([keras.ops.ones(1)], [weight])
    >>> scope.get_current_value(weight).numpy(), weight.numpy()
    (array([2.5], dtype=float32), array([1.], dtype=float32))
    """
    kind = type(optimizer)
    made = type(kind.__name__, (kind, _Pure), {}).from_config(optimizer.get_config())
    values = {name: getattr(made, name) for name in RUN_TIME}
    # Past Keras: an attribute set as usual would make them the optimizer's own variables.
    variables = {
        name: keras.Variable(float(value), trainable=False, name=name)
        for name, value in values.items()
        if value is not None
    }
    object.__setattr__(made, "run_time", variables)
    return made


class _Pure(_Tensorflow):
    """Takes back what Keras's TensorFlow backend does to its optimizers.

    They are written without side effects, for the other backends; for TensorFlow, methods are
    replaced by ones that write to variables, replica by replica. As the second parent of a class,
    this one stands before those and behind the optimizer's own methods. Learning rate and weight
    decay are multiplied by the factors that a variable carries.
    """

    run_time = types.MappingProxyType({})
    assign, assign_add, assign_sub = _Base.assign, _Base.assign_add, _Base.assign_sub
    _var_key, _backend_update_step = _Base._var_key, _Base._backend_update_step

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        for gradient, variable in zip(grads, trainable_variables, strict=True):
            rate = times(learning_rate, rate_factor(variable))
            self.update_step(gradient, variable, rate)

    def _clip_gradients(self, grads):
        if "global_clipnorm" not in self.run_time:
            return super()._clip_gradients(grads)
        ops, highest = keras.ops, self.run_time["global_clipnorm"]
        squares = [ops.sum(ops.square(g)) for g in grads if g is not None]
        norm = ops.sqrt(ops.sum(ops.stack(squares)))
        highest = ops.cast(highest, norm.dtype)
        share = highest * ops.minimum(1 / norm, 1 / highest)
        return [g if g is None else g * share for g in grads]

    def _apply_weight_decay(self, variables):
        if "weight_decay" not in self.run_time:
            return
        for variable in variables:
            factor = decay_factor(variable)
            if factor and self._use_weight_decay(variable):
                decay = keras.ops.cast(self.run_time["weight_decay"], variable.dtype)
                rate = keras.ops.cast(self.learning_rate, variable.dtype)
                lost = variable * decay * rate
                variable.assign(variable - times(lost, factor * rate_factor(variable)))
