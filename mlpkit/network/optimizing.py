"""What Keras's own ``fit`` needs to train RealMLP: a schedule, and factors of the learning rate."""

import math

from mlpkit.backend import keras


@keras.saving.register_keras_serializable("mlpkit")
class CosLog4(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate in four waves, each twice as long as the one before.

    Parameters
    ----------
    initial_learning_rate : float
        The highest one.
    decay_steps : int
        Steps planned; behind them it stays 0.

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart (2024), Better by default, section 3. NeurIPS.

    Examples
    --------
    >>> rate = CosLog4(0.5, 150)
    >>> [round(float(rate(step)), 3) for step in (0, 10, 30, 70, 150)]
    [0.0, 0.0, 0.0, 0.0, 0.0]
    """

    def __init__(self, initial_learning_rate, decay_steps):
        super().__init__()
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps

    def __call__(self, step):
        """Give the learning rate of a step."""
        ops = keras.ops
        t = ops.minimum(ops.cast(step, "float32") / self.decay_steps, 1.0)
        waves = ops.log2(1 + 15 * t)
        return self.initial_learning_rate * (1 - ops.cos(2 * math.pi * waves)) / 2

    def get_config(self):
        """Give the arguments."""
        names = ("initial_learning_rate", "decay_steps")
        return {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable("mlpkit")
class FactorAdamW(keras.optimizers.AdamW):
    """AdamW with the factors that mlpkit's layers give their variables.

    A variable's ``learning_rate_factor`` multiplies its learning rate, its
    ``weight_decay_factor`` its weight decay.

    Examples
    --------
    >>> slow, fast = keras.Variable([0.0]), keras.Variable([0.0])
    >>> fast.learning_rate_factor = 10.0
    >>> optimizer = FactorAdamW(0.01)
    >>> optimizer.apply([keras.ops.ones(1), keras.ops.ones(1)], [slow, fast])
    >>> round(float(fast.numpy()[0] / slow.numpy()[0]), 3)
    10.0
    """

    def update_step(self, gradient, variable, learning_rate):
        """Take a step with the variable's own learning rate."""
        factor = getattr(self._own(variable), "learning_rate_factor", 1.0)
        super().update_step(gradient, variable, learning_rate * factor)

    def _use_weight_decay(self, variable):
        decayed = getattr(self._own(variable), "weight_decay_factor", 1.0)
        return bool(decayed) and super()._use_weight_decay(variable)

    def _own(self, variable):
        """Give Keras's variable for TensorFlow's own."""
        return self._trainable_variables[self._get_variable_index(variable)]
