"""What a program depends on, as a text: the same for equal Keras objects, or none at all."""

import json
import warnings

from mlpkit.backend import keras
from mlpkit.training.optimizers import RUN_TIME


def stable_key(*objects):
    """Give a text that is equal for equal Keras objects, None where no text can tell.

    Only classes of Keras and mlpkit are told apart by their configuration; a class or function of
    the user's may change behind its name, and so gets no key.

    Parameters
    ----------
    *objects : Keras models, layers, losses, optimizers or metrics
        What a program depends on.

    Returns
    -------
    str or None
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nothing is saved: what cannot be has no key
            configs = [keras.saving.serialize_keras_object(thing) for thing in objects]
        for thing, config in zip(objects, configs, strict=True):
            if isinstance(thing, keras.losses.Loss | keras.optimizers.Optimizer):
                config["config"].pop("name", None)  # Keras counts its objects in their names
            if isinstance(thing, keras.optimizers.Optimizer):
                _leave_out_run_time_values(config["config"])
        return json.dumps(_plain(configs, _places(configs)), sort_keys=True)
    except (TypeError, ValueError, NotImplementedError):
        return None


def run_time_values(optimizer):
    """Give the numbers of an optimizer that are no part of a program, but come with a fit.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        Keras's name, or an optimizer.

    Returns
    -------
    learning_rate : float or None
        None for a name, whose default every program of it has, and for a schedule.
    settings : dict of str to float
        "weight_decay" and "global_clipnorm", where the optimizer has its own.

    Examples
    --------
    >>> run_time_values("adam"), run_time_values(keras.optimizers.SGD(0.5, weight_decay=0.25))
    ((None, {}), (0.5, {'weight_decay': 0.25}))
    """
    if isinstance(optimizer, str):
        return None, {}
    config = optimizer.get_config()
    rate, given = config["learning_rate"], {name: config.get(name) for name in RUN_TIME}
    settings = {name: float(value) for name, value in given.items() if value is not None}
    return (float(rate) if isinstance(rate, int | float) else None), settings


def _leave_out_run_time_values(config):
    """Take out the numbers of an optimizer that a fit brings with it."""
    if isinstance(config.get("learning_rate"), int | float):
        config.pop("learning_rate")
    for name in RUN_TIME:
        config[name] = config.get(name) is not None


def _places(value, names=None):
    """Give the place of each layer and model by its name, nested and input layers included."""
    names = {} if names is None else names
    if isinstance(value, dict):
        module, config = str(value.get("module")), value.get("config")
        is_layer = module in ("keras", "keras.layers") or module.startswith("keras.src.models")
        if is_layer and isinstance(config, dict) and "name" in config:
            names.setdefault(config["name"], f"#{len(names)}")
    if isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            _places(item, names)
    return names


# What Keras writes into a configuration beside objects of its classes.
_PARTS = ("__tuple__", "__tensor__", "__numpy__", "__keras_tensor__")
_NAMED = ("name", "keras_history", "input_layers", "output_layers")


def _plain(value, names, key=None):
    """Replace automatic layer names by their place; raise TypeError at a class of the user's."""
    if isinstance(value, dict):
        if "class_name" in value and not _is_known(value):
            raise TypeError(f"{value['class_name']} is not a class of Keras")
        if value.keys() == {"value"} and not isinstance(value["value"], int | float):
            raise TypeError("a lambda's code does not say what it refers to")
        return {
            k: _plain(v, names, k)
            for k, v in value.items()
            if k not in ("compile_config", "build_config")
        }
    if isinstance(value, list | tuple):
        return [_plain(item, names, key) for item in value]
    if isinstance(value, str) and key in _NAMED:
        return names.get(value, value)
    return value


def _is_known(config):
    if str(config.get("registered_name") or "").startswith("mlpkit>"):
        return True
    package = str(config.get("module")).split(".")[0]
    return package == "keras" or config["class_name"] in _PARTS
