"""A model's trained variables as a step has them: each by itself, or all as one vector."""

import math

import numpy as np

from mlpkit.backend import keras, tf


class Packing:
    """The way from a model's trained variables to those of a step, and back.

    Parameters
    ----------
    variables : list of keras.Variable
        The model's trained ones.
    dtype : str
        Their type where they are joined.
    joins : bool
        Whether they are kept as one vector.

    Attributes
    ----------
    variables : list of keras.Variable
        What the optimizer trains.

    Examples
    --------
    >>> kernel, bias = keras.Variable([[1.0], [2.0]]), keras.Variable([3.0])
    >>> Packing([kernel, bias], "float32", True).variables[0].numpy()
    array([1., 2., 3.], dtype=float32)
    """

    def __init__(self, variables, dtype, joins):
        self.dtype, self.joins = dtype, joins
        self.shapes = [tuple(v.shape) for v in variables]
        if joins:
            joined = np.concatenate([np.ravel(v.numpy()) for v in variables])
            variables = [keras.Variable(joined, dtype=dtype)]
        self.variables = variables

    def apart(self, trained):
        """Give the values of the model's trained variables, each in its shape, inside a graph.

        Parameters
        ----------
        trained : tuple of tensors
            Values of `variables`.

        Returns
        -------
        tuple of tensors
        """
        if not self.joins:
            return trained
        parts = tf.split(trained[0], [math.prod(shape) for shape in self.shapes])
        return tuple(tf.reshape(*pair) for pair in zip(parts, self.shapes, strict=True))

    def together(self, gradients):
        """Give gradients of the model's trained variables as those of `variables`."""
        if not self.joins:
            return gradients
        # No gradient reaches a weight that the output does not depend on.
        pairs = zip(gradients, self.shapes, strict=True)
        parts = [tf.zeros(shape, self.dtype) if g is None else g for g, shape in pairs]
        return [tf.concat([tf.reshape(part, [-1]) for part in parts], axis=0)]

    def packed(self, arrays, others):
        """Give the model's variables as tensors, as `Values` has them.

        Parameters
        ----------
        arrays : list of ndarray
            Values of the model's trained variables, then of its others.
        others : tuple of keras.Variable
            The others.

        Returns
        -------
        trained, others : tuple of tensors
        """
        n = len(self.shapes)
        trained, rest = arrays[:n], zip(arrays[n:], others, strict=True)
        if self.joins:
            trained = [np.concatenate([np.ravel(array) for array in trained])]
        pairs = zip(trained, self.variables, strict=True)
        given = (tuple(tf.constant(a, v.dtype) for a, v in pairs) for pairs in (pairs, rest))
        return tuple(given)

    def unpacked(self, tensors):
        """Give the model's variables as arrays, the inverse of `packed` but for their types.

        Parameters
        ----------
        tensors : tuple of tensors
            Trained ones, then others.

        Returns
        -------
        list of ndarray
        """
        n = len(self.variables)
        trained = [tensor.numpy() for tensor in tensors[:n]]
        if self.joins:
            ends = np.cumsum([math.prod(shape) for shape in self.shapes])[:-1]
            parts = zip(np.split(trained[0], ends), self.shapes, strict=True)
            trained = [part.reshape(shape) for part, shape in parts]
        return [*trained, *(tensor.numpy() for tensor in tensors[n:])]
