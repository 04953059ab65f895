"""The fitted model of the user's as one that takes raw features."""

from mlpkit.backend import keras


def raw_model(learnt):
    """Give the fitted model for raw features and targets in their own units.

    Parameters
    ----------
    learnt : Learnt
        Weights and units.

    Returns
    -------
    keras.Model
        The estimator's own where nothing was standardised, else a model around it.
    """
    network = learnt.network
    layers = [keras.Input(network.input_shape, dtype=network.dtype, name="features")]
    if not learnt.features.is_identity:
        offset, scale = (
            v.reshape(network.input_shape) for v in (learnt.features.offset, learnt.features.scale)
        )
        axes = tuple(range(1, offset.ndim + 1))
        layers.append(
            keras.layers.Normalization(
                axis=axes, mean=offset, variance=scale**2, dtype=network.dtype, name="standardize"
            )
        )
    layers.append(network.model)
    if not learnt.targets.is_identity:
        layers.append(
            keras.layers.Rescaling(
                learnt.targets.scale, offset=learnt.targets.offset, dtype=network.dtype,
                name="target_units",
            )
        )  # fmt: skip
    return network.model if len(layers) == 2 else keras.Sequential(layers)
