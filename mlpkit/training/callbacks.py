"""Keras callbacks, called beside the compiled loop at the hooks of training and of each epoch."""

import io

from mlpkit.backend import keras

_BATCH_HOOKS = (
    "on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end",
)  # fmt: skip


def has_batch_hooks(callbacks):
    """Tell whether any callback wants to be called at each batch.

    Parameters
    ----------
    callbacks : iterable of keras.callbacks.Callback
        The callbacks.

    Returns
    -------
    bool
    """
    return any(_wants_batches(callback) for callback in callbacks)


def _wants_batches(callback):
    if isinstance(callback, keras.callbacks.ModelCheckpoint):
        return callback.save_freq != "epoch"
    if isinstance(callback, keras.callbacks.LambdaCallback):
        hooks = (getattr(callback, name, None) for name in _BATCH_HOOKS)
        plain = (getattr(keras.callbacks.Callback, name) for name in _BATCH_HOOKS)
        return any(
            getattr(hook, "__func__", hook) is not base
            for hook, base in zip(hooks, plain, strict=True)
        )
    return any(
        getattr(type(callback), name) is not getattr(keras.callbacks.Callback, name)
        for name in _BATCH_HOOKS
    )


class CallbackHooks:
    """Calls Keras callbacks at the hooks of training and of each epoch.

    Parameters
    ----------
    callbacks : tuple of keras.callbacks.Callback
        The callbacks, used as they are.
    model : keras.Model
        The model in training.
    epochs, steps : int
        What Keras tells callbacks as their `params`.
    """

    def __init__(self, callbacks, model, epochs, steps):
        self.callbacks = callbacks
        params = {"epochs": epochs, "steps": steps, "verbose": 0}
        for callback in callbacks:
            callback.set_params(params)
            callback.set_model(model)

    def train_begin(self):
        """Call ``on_train_begin``."""
        for callback in self.callbacks:
            callback.on_train_begin({})

    def epoch_begin(self, epoch):
        """Call ``on_epoch_begin``; `epoch` counts from 0, as in Keras."""
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, {})

    def epoch_end(self, epoch, logs):
        """Call ``on_epoch_end`` with the epoch's figures; one callback may add to the next's."""
        logs = dict(logs)
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def train_end(self):
        """Call ``on_train_end``."""
        for callback in self.callbacks:
            callback.on_train_end({})


def release(callbacks):
    """Take model and closed files away from callbacks: who holds them can then be pickled.

    Parameters
    ----------
    callbacks : iterable of keras.callbacks.Callback
        The callbacks.
    """
    for callback in callbacks:
        callback.set_model(None)
        for name, value in list(vars(callback).items()):
            if isinstance(value, io.IOBase) and value.closed:
                setattr(callback, name, None)
