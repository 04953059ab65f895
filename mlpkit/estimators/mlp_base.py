"""What the two MLP estimators share."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mlpkit.architecture import make_spec
from mlpkit.estimators.base import BaseNetworkEstimator
from mlpkit.estimators.mlp_network import MLPNetwork
from mlpkit.estimators.rules import MLP_RULES
from mlpkit.estimators.scoring import with_score

ADAM_LEARNING_RATE = 2e-3  # with the running average of weights, twice Keras's own is better

_NETWORK = (
    "hidden_layer_sizes", "activation", "kernel_initializer", "normalization", "dropout", "l2",
    "standardize", "optimizer", "learning_rate", "loss", "metrics", "dtype", "output_range",
    "output_activation", "delta", "quantile",
)  # fmt: skip


class BaseMLP(BaseNetworkEstimator):
    """What classifier and regressor share: the network comes from a spec."""

    _rules = MLP_RULES

    def _network_parameters(self):
        given = self.get_params(deep=False)
        parameters = {name: given[name] for name in _NETWORK if name in given}
        if parameters["learning_rate"] == "auto":
            measured = parameters["optimizer"] == "adam"
            parameters["learning_rate"] = ADAM_LEARNING_RATE if measured else None
        several = parameters["loss"] == "quantile" and np.ndim(parameters["quantile"])
        if several and parameters["metrics"] == "auto":
            parameters["metrics"] = None  # several quantiles of one column share no error
        return parameters

    def _make_network(self, task, n_features, seed):
        from mlpkit.network import warn_about_selu

        parameters = self._network_parameters()
        n_outputs = len(task.classes) if task.name == "multiclass" else task.n_outputs
        spec = make_spec(task.name, n_features, n_outputs, **parameters)
        warn_about_selu(spec)
        parameters["metrics"] = with_score(self, parameters["metrics"], task)
        parameters["global_clipnorm"] = self.global_clipnorm
        return MLPNetwork(spec, task, parameters)

    @property
    def spec_(self):
        """The fitted network as a frozen description; print it to see where each choice is from."""
        check_is_fitted(self)
        return self._learnt.network.spec

    @property
    def model_(self):
        """The fitted network as a compiled Keras model: raw features in, the target's units out.

        Made when first asked for; a copy, so that training it leaves the estimator as it is.
        """
        check_is_fitted(self)
        if "_model" not in self.__dict__:
            from mlpkit.keras_network import seeded

            with seeded(0):  # the weights are put in; the draws Keras makes before are not missed
                self._model = self._learnt.network.keras_model(self._learnt)
        return self._model
