"""`KerasClassifier` and `KerasRegressor`: the user's own Keras model as an estimator."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from mlpkit.estimators.base import BaseNetworkEstimator
from mlpkit.estimators.classes import ClassifierMethods
from mlpkit.estimators.regression import RegressorMethods
from mlpkit.estimators.rules import KERAS_RULES
from mlpkit.estimators.scoring import with_score

_PREFIX = "model__"


class BaseKerasEstimator(BaseNetworkEstimator):
    """What the two share: a model or builder, and the builder's own parameters."""

    _rules = KERAS_RULES

    def _set(self, given):
        """Store constructor arguments; those of the builder are spelt ``model__name``."""
        given = dict(given)
        given.pop("self")
        given.pop("__class__", None)
        builder_parameters = given.pop("model__parameters")
        unknown = [name for name in builder_parameters if not name.startswith(_PREFIX)]
        if unknown:
            raise TypeError(
                f"{type(self).__name__} got unexpected arguments {', '.join(unknown)}. The "
                "builder's own parameters are spelt model__name."
            )
        for name, value in {**given, **builder_parameters}.items():
            setattr(self, name, value)

    def get_params(self, deep=True):
        """Give all parameters, the builder's own among them.

        Parameters
        ----------
        deep : bool, default=True
            As in scikit-learn.

        Returns
        -------
        dict
        """
        own = {name: value for name, value in vars(self).items() if name.startswith(_PREFIX)}
        return {**super().get_params(deep=deep), **own}

    def set_params(self, **params):
        """Set parameters; ``model__name`` sets one of the builder's own.

        Parameters
        ----------
        **params
            Parameters by name.

        Returns
        -------
        self
        """
        for name in [name for name in params if name.startswith(_PREFIX)]:
            setattr(self, name, params.pop(name))
        return super().set_params(**params)

    def _make_network(self, task, n_features, seed):
        from mlpkit.keras_network import KerasNetwork, fresh_model, seeded

        parameters = {
            name.removeprefix(_PREFIX): value
            for name, value in self.get_params(deep=False).items()
            if name.startswith(_PREFIX)
        }
        model = fresh_model(self.model, n_features, task, parameters, seed)
        if not model.built:
            with seeded(seed):  # a subclassed model makes its weights when first called
                model(np.zeros((1, n_features), "float32"))
        compiled = next((m for m in (model, self.model) if getattr(m, "compiled", False)), None)
        loss, optimizer = self.loss, self.optimizer
        if loss == "auto" and compiled is not None:
            loss = compiled.loss
        if optimizer == "auto":
            optimizer = "adam" if compiled is None else compiled.optimizer
        network = KerasNetwork(
            model, task, loss, optimizer, with_score(self, self.metrics, task),
            self.learning_rate, (n_features,), global_clipnorm=self.global_clipnorm,
        )  # fmt: skip
        if self.warm_start and self.model is not model and hasattr(self.model, "get_weights"):
            model.set_weights(self.model.get_weights())
        return network

    def _goes_on(self, network):
        earlier = self._learnt.network
        shapes = [[w.shape for w in each.model.get_weights()] for each in (network, earlier)]
        return shapes[0] == shapes[1] and network.learns_scaled == earlier.learns_scaled

    def _with_weights(self, learnt, weights):
        learnt.network.model.set_weights(weights)  # which its compiled predictions read
        return learnt

    def _remember(self, task, learnt, outcome, rng, once):
        super()._remember(learnt.network.task, learnt, outcome, rng, once)
        learnt.network.model.set_weights(outcome.weights)

    @property
    def model_(self):
        """The fitted Keras model; where inputs were standardised, inside a model that does so."""
        check_is_fitted(self)
        if "_model" not in self.__dict__:
            from mlpkit.keras_network import raw_model

            self._model = _compiled(raw_model(self._learnt), self._learnt.network)
        return self._model


def _compiled(model, network):
    """Compile a fitted model, that it may be evaluated and trained by itself."""
    from mlpkit import compilation

    if not model.compiled:
        one_hot = network.loss_row is None or network.loss_row.one_hot
        dtype = network.dtype
        model.compile(
            optimizer=compilation.make_optimizer(
                network.optimizer, network.learning_rate, network.global_clipnorm
            ),
            loss=compilation.make_loss(network.loss, network.task.loss, dtype=dtype),
            metrics=compilation.make_metrics(
                network.metrics, network.task.name, one_hot=one_hot, dtype=dtype
            ),
        )
        # Saved with all its variables, it is read back without Keras's warning of missing ones.
        model.optimizer.build(model.trainable_variables)
    return model


class KerasClassifier(ClassifierMethods, ClassifierMixin, BaseKerasEstimator):
    """The user's own Keras model as a classifier.

    Parameters
    ----------
    model : keras.Model or callable
        A model with one input and one output, or a function ``builder(n_features, task,
        **params)`` that returns one; ``task.units`` and ``task.output_activation`` say what its
        last layer must be. A model is copied, with new initial weights (or, with `warm_start`,
        its own); the copy's compiled loss and optimizer are taken over.
    loss : str, keras.losses.Loss or callable, default="auto"
        "auto": the compiled model's, else the cross-entropy that fits.
    optimizer : str or keras.optimizers.Optimizer, default="auto"
        "auto": the compiled model's, else Adam.
    learning_rate : float, default=None
        None leaves the optimizer's own.
    learning_rate_schedule, global_clipnorm
        As in `MLPClassifier`.
    metrics : "auto", None or list, default="auto"
        What `history_` records beside the loss; "auto" is the accuracy.
    encode : bool or "auto", default="auto"
        As in `MLPClassifier`: "auto" encodes tables that hold anything but finite numbers.
        `model` is then one for encoded columns; a builder is told their number.
    standardize : bool, default=False
        Standardise the inputs.
    early_stopping : bool or "auto", default="auto"
        As in `MLPClassifier`, by the validation loss, as Keras's EarlyStopping goes.
    scoring : str, callable or None, default="auto"
        What tells the best epoch: "auto" is the loss, others are as in `MLPClassifier`.
    average : bool, default=False
        Keep a running average of the weights over the epochs, as `MLPClassifier` does.
    jit_compile : bool or "auto", default="auto"
        As in `MLPClassifier`; "auto" leaves models with layers of your own uncompiled.
    batch_size, epochs, max_time, validation_fraction, patience, device, class_weight, warm_start, \
callbacks, backup_dir, backup_freq, verbose, random_state
        As in `MLPClassifier`.
    **model__parameters
        The builder's own parameters, spelt ``model__name``; they can be searched over.

    Attributes
    ----------
    model_ : keras.Model
        The fitted model. A model that needs no standardisation is the estimator's own. Where a
        table was encoded it takes encoded rows, ``encoder_.transform(X)``.
    classes_, n_features_in_, feature_names_in_, encoder_, n_outputs_, history_, n_iter_, \
best_epoch_, task_
        As in `MLPClassifier`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from mlpkit import KerasClassifier
    >>> def builder(n_features, task, width=10):
    ...     import keras
    ...     return keras.Sequential([
    ...         keras.Input((n_features,)),
    ...         keras.layers.Dense(width, activation="relu"),
    ...         keras.layers.Dense(task.units, activation=task.output_activation),
    ...     ])
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = KerasClassifier(builder, model__width=16, epochs=20, random_state=0)
    >>> classifier.fit(X, y).predict_proba(X).shape
    (150, 3)
    """

    def __init__(
        self,
        model=None,
        *,
        loss="auto",
        optimizer="auto",
        learning_rate=None,
        learning_rate_schedule=None,
        global_clipnorm=None,
        metrics="auto",
        encode="auto",
        standardize=False,
        batch_size="auto",
        epochs=100,
        max_time=None,
        early_stopping="auto",
        validation_fraction=0.1,
        patience=10,
        scoring="auto",
        average=False,
        jit_compile="auto",
        device="auto",
        class_weight=None,
        warm_start=False,
        callbacks=None,
        backup_dir=None,
        backup_freq="epoch",
        verbose=0,
        random_state=None,
        **model__parameters,
    ):
        self._set(locals())


class KerasRegressor(RegressorMethods, BaseKerasEstimator):
    """The user's own Keras model as a regressor.

    Parameters
    ----------
    model : keras.Model or callable
        As in `KerasClassifier`.
    loss : str, keras.losses.Loss or callable, default="auto"
        "auto": the compiled model's, else the mean squared error.
    optimizer, learning_rate, learning_rate_schedule, global_clipnorm, metrics
        As in `KerasClassifier`; the metric is the RMSE.
    encode : bool or "auto", default="auto"
        As in `KerasClassifier`.
    standardize : bool, default=False
        Standardise the inputs, and the targets where the model's output is linear and the loss
        allows it.
    batch_size, epochs, max_time, early_stopping, scoring, validation_fraction, patience, average, \
jit_compile, device, warm_start, callbacks, backup_dir, backup_freq, verbose, random_state
        As in `KerasClassifier`.
    **model__parameters
        The builder's own parameters, spelt ``model__name``.

    Attributes
    ----------
    model_, n_features_in_, feature_names_in_, encoder_, n_outputs_, history_, n_iter_, \
best_epoch_, task_
        As in `KerasClassifier`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from mlpkit import KerasRegressor, make_regressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = KerasRegressor(make_regressor(10), standardize=True, epochs=30, random_state=0)
    >>> bool(regressor.fit(X, y).score(X, y) > 0.4)
    True
    """

    def __init__(
        self,
        model=None,
        *,
        loss="auto",
        optimizer="auto",
        learning_rate=None,
        learning_rate_schedule=None,
        global_clipnorm=None,
        metrics="auto",
        encode="auto",
        standardize=False,
        batch_size="auto",
        epochs=100,
        max_time=None,
        early_stopping="auto",
        validation_fraction=0.1,
        patience=10,
        scoring="auto",
        average=False,
        jit_compile="auto",
        device="auto",
        warm_start=False,
        callbacks=None,
        backup_dir=None,
        backup_freq="epoch",
        verbose=0,
        random_state=None,
        **model__parameters,
    ):
        self._set(locals())
