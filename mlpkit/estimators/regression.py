"""What both regressors offer: numbers in their own units, one column or several."""

import numpy as np
from sklearn.base import RegressorMixin


class RegressorMethods(RegressorMixin):
    """What both regressors offer."""

    _kind = "regression"

    def partial_fit(self, X, y=None, sample_weight=None):
        """Train for one pass over these rows, going on from earlier calls.

        The first call's rows decide the standardisation, all of them where they are a dataset.

        Parameters
        ----------
        X : array-like or CSR/CSC matrix of shape (n_samples, n_features), or tf.data.Dataset
            Features; a dataset brings all else, as in `fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            As in `fit`.

        Returns
        -------
        self
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X):
        """Predict targets, in their own units.

        Parameters
        ----------
        X : array-like or CSR/CSC matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The shape that `y` had; a column per quantile where several were asked for.
        """
        return self._predicted(X, self._decoded)

    def _decoded(self, outputs):
        return self.task_.decode(outputs.astype(np.float64, copy=False))
