"""Dense layers of an ensemble whose members share weights."""

from mlpkit.backend import keras


@keras.saving.register_keras_serializable("mlpkit")
class EnsembleDense(keras.layers.Layer):
    """A dense layer of several members: ``s_i * ((r_i * x) W) + b_i``, with W shared by all.

    Members come before rows in what it gives, so that one product serves them all.

    Parameters
    ----------
    units : int
        Outputs of a member.
    n_members : int
        Members.
    adapters : {"input", "all", None}, default="input"
        What a member has of its own: "input" r alone (TabM-mini's first layer), "all" r, s and b,
        None nothing (TabM-mini's later layers).
    shared : bool, default=True
        Whether W is shared; otherwise each member has a kernel and a bias of its own, as the heads
        of TabM have, and `adapters` mean nothing.
    random_input : bool, default=False
        Whether r starts as N(0, 1), as in the first layer, which makes members differ; else as 1.
    n_networks : int or None, default=None
        How many such ensembles there are beside each other, each with weights of its own; the
        inputs then have a first axis of as many. None is one without such an axis.
    **options
        As in ``keras.layers.Layer``.

    References
    ----------
    Y. Gorishniy, A. Kotelnikov, A. Babenko (2025), TabM: advancing tabular deep learning with
    parameter-efficient ensembling, section 3. ICLR. Y. Wen, D. Tran, J. Ba (2020), BatchEnsemble.

    Examples
    --------
    >>> rows = keras.ops.ones((5, 3))
    >>> hidden = EnsembleDense(4, n_members=2, random_input=True)(rows)
    >>> hidden.shape
    TensorShape([2, 5, 4])
    >>> EnsembleDense(1, n_members=2, shared=False)(hidden).shape
    TensorShape([2, 5, 1])
    """

    def __init__(
        self, units, n_members, adapters="input", shared=True, random_input=False,
        n_networks=None, **options,
    ):  # fmt: skip
        super().__init__(**options)
        self.units, self.n_members = units, n_members
        self.adapters, self.shared, self.random_input = adapters, shared, random_input
        self.n_networks = n_networks

    def build(self, input_shape):
        """Make the weights."""
        width = input_shape[-1]
        lead = () if self.n_networks is None else (self.n_networks,)
        own, common = (*lead, self.n_members), (*lead, 1)
        limit = width**-0.5
        uniform = keras.initializers.RandomUniform(-limit, limit)
        self.input_scale = self.output_scale = None
        if self.shared and self.adapters:
            first = keras.initializers.RandomNormal(0.0, 1.0) if self.random_input else "ones"
            self.input_scale = self._weight("input_scale", (*own, 1, width), first)
        kernel = (*(lead if self.shared else own), width, self.units)
        self.kernel = self.add_weight(shape=kernel, initializer=uniform, name="kernel")
        if self.shared and self.adapters == "all":
            self.output_scale = self._weight("output_scale", (*own, 1, self.units), "ones")
        alone = not self.shared or self.adapters == "all"
        self.bias = self._weight("bias", (*(own if alone else common), 1, self.units), uniform)

    def _weight(self, name, shape, initializer):
        weight = self.add_weight(shape=shape, initializer=initializer, name=name)
        if name == "bias":
            weight.weight_decay_factor = 0.0
        return weight

    def call(self, inputs):
        """Give the outputs of members, of shape (..., n_members, n_samples, units)."""
        ops = keras.ops
        x = inputs
        if len(x.shape) == (2 if self.n_networks is None else 3):  # one input for all members
            x = ops.expand_dims(x, -3)
        if self.input_scale is not None:
            x = x * self.input_scale
        z = self._product(x) if self.shared else ops.matmul(x, self.kernel)
        if self.output_scale is not None:
            z = z * self.output_scale
        return z + self.bias

    def _product(self, x):
        """Multiply all members' rows by the shared kernel in one product."""
        ops = keras.ops
        lead = () if self.n_networks is None else (self.n_networks,)
        members = x.shape[-3]
        rows = ops.reshape(x, (*lead, -1, x.shape[-1]))
        return ops.reshape(ops.matmul(rows, self.kernel), (*lead, members, -1, self.units))

    def compute_output_shape(self, input_shape):
        """Give the shape of the outputs."""
        lead = () if self.n_networks is None else (self.n_networks,)
        one = len(input_shape) == len(lead) + 2 and self.shared and not self.adapters
        return (*lead, 1 if one else self.n_members, input_shape[-2], self.units)

    def get_config(self):
        """Give the arguments."""
        names = ("units", "n_members", "adapters", "shared", "random_input", "n_networks")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("mlpkit")
class Networks(keras.layers.Layer):
    """The same rows for several networks: (n_samples, ...) becomes (n_networks, n_samples, ...).

    Parameters
    ----------
    n_networks : int
        How many.
    **options
        As in ``keras.layers.Layer``.

    Examples
    --------
    >>> Networks(3)(keras.ops.ones((5, 2))).shape
    TensorShape([3, 5, 2])
    """

    def __init__(self, n_networks, **options):
        super().__init__(**options)
        self.n_networks = n_networks

    def call(self, inputs):
        """Repeat the rows."""
        return keras.ops.repeat(keras.ops.expand_dims(inputs, 0), self.n_networks, axis=0)

    def compute_output_shape(self, input_shape):
        """Give the shape of the outputs."""
        return (self.n_networks, *input_shape)

    def get_config(self):
        """Give the arguments."""
        return {**super().get_config(), "n_networks": self.n_networks}
