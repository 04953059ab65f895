"""Dropout whose masks come from an integer hash, which compiled programs draw quickly."""

from mlpkit.backend import keras

_ODD = (0x7FEB352D, 0x846CA68B)  # C. Wellons' lowbias32: all bits of the input reach all others


@keras.saving.register_keras_serializable("mlpkit")
class HashDropout(keras.layers.Dropout):
    """Dropout as Keras's, with masks that are a hash of the number's place and of a seed.

    XLA on a CPU takes a hundred times as long for Keras's own random numbers, more than for all
    else in a step of a small network.

    Parameters
    ----------
    rate : float or keras.Variable
        Share of the inputs that are dropped, in [0, 1); the others are divided by 1 - rate. A
        variable of shape () may change later, and several layers may share it.
    seed : int, default=None
        Decides the masks.
    **options
        As in ``keras.layers.Layer``.

    References
    ----------
    N. Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting.
    JMLR 15.

    Examples
    --------
    >>> layer = HashDropout(0.5, seed=0)
    >>> sorted(set(layer(keras.ops.ones(50), training=True).numpy().tolist()))
    [0.0, 2.0]
    >>> layer(keras.ops.ones(2)).numpy()
    array([1., 1.], dtype=float32)
    """

    def __init__(self, rate, seed=None, **options):
        changing = isinstance(rate, keras.Variable)
        super().__init__(0.5 if changing else float(rate), seed=seed, **options)
        # Past Keras's tracking, which would count a bare variable among the layer's weights.
        object.__setattr__(self, "_changing", (rate,) if changing else ())

    def call(self, inputs, training=False):
        """Drop a share of the inputs in training, and scale up the rest."""
        if not training or (self.rate == 0 and not self._changing):
            return inputs
        return self._dropped(inputs, self._changing[0] if self._changing else self.rate)

    def _dropped(self, inputs, rate):
        ops = keras.ops
        rate = ops.cast(rate, inputs.dtype)
        drawn = hashed(ops.shape(inputs), self.seed_generator.next())
        least = ops.cast(ops.cast(rate, "float32") * 2**24, "int32")
        return ops.where(drawn >= least, inputs / (1 - rate), ops.zeros_like(inputs))


def hashed(shape, seed):
    """Draw whole numbers below 2**24, each alike.

    Parameters
    ----------
    shape : tuple of int or tensors
        Their shape.
    seed : tensor of shape (2,), uint32
        Decides them.

    Returns
    -------
    tensor of the shape, int32

    Examples
    --------
    >>> drawn = hashed((1000,), keras.ops.convert_to_tensor([1, 2], "uint32")).numpy()
    >>> bool(abs(drawn.mean() / 2**24 - 0.5) < 0.03), len(set(drawn.tolist()))
    (True, 1000)
    """
    ops = keras.ops
    seed = ops.cast(seed, "uint32")
    start = _mixed(_mixed(seed[0]) + seed[1])
    size = 1
    for n in shape:
        size = size * n
    places = ops.cast(ops.arange(size, dtype="int32"), "uint32")
    drawn = ops.right_shift(_mixed(places + start), _unsigned(8))
    return ops.reshape(ops.cast(drawn, "int32"), shape)


def _mixed(x):
    for shift, factor in zip((16, 15), _ODD, strict=True):
        x = _folded(x, shift) * _unsigned(factor)
    return _folded(x, 16)


def _folded(x, shift):
    return keras.ops.bitwise_xor(x, keras.ops.right_shift(x, _unsigned(shift)))


def _unsigned(value):
    return keras.ops.convert_to_tensor(value, "uint32")
