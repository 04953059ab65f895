"""What both classifiers offer: class labels, probabilities, class weights."""

import numpy as np

from mlpkit.errors import InvalidParameterError, TargetError
from mlpkit.estimators import inputs
from mlpkit.tasks import infer_task


class ClassifierMethods:
    """The methods of a classifier over a network's outputs."""

    _kind = "classification"

    def partial_fit(self, X, y=None, classes=None, sample_weight=None):
        """Train for one pass over these rows, going on from earlier calls.

        The first call's rows decide the standardisation, all of them where they are a dataset.

        Parameters
        ----------
        X : array-like or CSR/CSC matrix of shape (n_samples, n_features), or tf.data.Dataset
            Features; a dataset brings all else, as in `fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Targets.
        classes : array-like of shape (n_classes,), default=None
            All classes there will be; needed in the first call, but for multilabel targets.
        sample_weight : array-like of shape (n_samples,), default=None
            As in `fit`.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameterError
            When the first call names no classes, or a later one names others.
        """
        return self._partial_fit(X, y, sample_weight, classes)

    def predict(self, X):
        """Predict classes.

        Parameters
        ----------
        X : array-like or CSR/CSC matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or a 0/1 indicator matrix for multilabel targets.
        """
        return self._predicted(X, self._labels)

    def predict_proba(self, X):
        """Predict probabilities.

        Parameters
        ----------
        X : array-like or CSR/CSC matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            A column per class in the order of `classes_`, rows sum to 1; for multilabel targets
            a probability per label.
        """
        return self._predicted(X, self._probabilities)

    def predict_log_proba(self, X):
        """Predict logarithms of probabilities.

        Parameters
        ----------
        X : array-like or CSR/CSC matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            A probability that is 0 in the network's precision gives -inf.
        """
        with np.errstate(divide="ignore"):
            return self._predicted(X, self._log_probabilities)

    def _labels(self, outputs):
        return self.task_.decode(outputs)

    def _probabilities(self, outputs):
        return self.task_.probabilities(outputs)

    def _log_probabilities(self, outputs):
        probabilities = self._probabilities(outputs)
        return np.log(probabilities, out=probabilities)

    def _target(self, y):
        y = super()._target(y)
        if y.ndim == 2 and y.shape[1] == 1:
            from sklearn.utils import column_or_1d

            return column_or_1d(y, warn=True)
        return y

    def _task(self, y, classes, once):
        if not once or y.ndim == 2:
            return infer_task(y, self._kind)
        if classes is None:
            raise InvalidParameterError(
                "classes must be passed on the first call to partial_fit: all classes there will "
                "ever be, for instance classes=np.unique(y). Got None."
            )
        task = infer_task(classes, self._kind)
        task.encode(y)  # refuses what is not among them
        return task

    def _fitted_task(self, y, classes):
        task = self.task_
        if (task.name == "multilabel") != (y.ndim == 2):
            raise TargetError(
                f"y must be as when first fitted, a {task.name} target. Got shape {y.shape}."
            )
        if classes is not None and not np.array_equal(np.unique(classes), task.classes):
            raise InvalidParameterError(
                f"classes must be as in the first call to partial_fit, {task.classes.tolist()}. "
                f"Got {np.unique(classes).tolist()}."
            )
        task.encode(y)  # refuses classes that were not there at first
        return task

    def _weighing(self, task, y, weight):
        return inputs.class_weighing(self.class_weight, task, y, weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
