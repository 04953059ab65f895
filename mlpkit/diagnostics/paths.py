"""Names by which a user finds a model's weights: "hidden_1/kernel", "inner/dense/bias"."""


def weight_paths(model):
    """Give a name for each weight: its layers' names from the model down, and its own.

    Keras's own paths do not tell the weights of two functional models inside a model apart.

    Parameters
    ----------
    model : keras.Model
        A built model.

    Returns
    -------
    dict of int to str
        By the ``id`` of each `keras.Variable`; all names differ.

    Examples
    --------
    >>> from mlpkit.backend import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="output")])
    >>> list(weight_paths(model).values())
    ['output/kernel', 'output/bias']
    """
    paths, taken = {}, set()
    for prefix, layer in _below(model, ""):
        for variable in [*layer._trainable_variables, *layer._non_trainable_variables]:
            if id(variable) not in paths:  # a layer may be used twice
                path = first = f"{prefix}{variable.name}"
                count = 1
                while path in taken:
                    count += 1
                    path = f"{first}_{count}"
                taken.add(path)
                paths[id(variable)] = path
    return paths


def _below(layer, prefix):
    yield prefix, layer
    for part in layer._flatten_layers(include_self=False, recursive=False):
        yield from _below(part, f"{prefix}{part.name}/")
