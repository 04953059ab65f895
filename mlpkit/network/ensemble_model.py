"""A Keras model of an ensemble, which ``fit`` trains member by member."""

import math

from mlpkit.backend import keras


@keras.saving.register_keras_serializable("mlpkit")
class EnsembleModel(keras.Model):
    """A Keras model whose outputs are members' predictions; it predicts their mean.

    In training it gives each member's predictions, of shape (n_samples, n_members, units), so that
    ``fit`` takes the mean of the members' losses, and never the loss of their mean, by which one
    member would make up for another's errors.

    Parameters
    ----------
    inputs, outputs : keras.KerasTensor
        As in every functional model; outputs of shape (..., n_samples, units), members in front.
    **options
        As in ``keras.Model``.

    References
    ----------
    Y. Gorishniy, A. Kotelnikov, A. Babenko (2025), TabM, section 3. ICLR.

    Examples
    --------
    >>> from mlpkit.layers import EnsembleDense
    >>> rows = keras.Input((3,))
    >>> model = EnsembleModel(rows, EnsembleDense(1, n_members=4, random_input=True)(rows))
    >>> x = keras.ops.ones((5, 3))
    >>> model(x).shape, model(x, training=True).shape
    (TensorShape([5, 1]), TensorShape([5, 4, 1]))
    """

    def call(self, inputs, training=None, mask=None):
        """Give the mean prediction; in training each member's."""
        ops = keras.ops
        members = super().call(inputs, training=training, mask=mask)
        members = ops.reshape(members, (self._n_members, -1, members.shape[-1]))
        if training:
            return ops.swapaxes(members, 0, 1)
        return ops.mean(members, axis=0)

    @property
    def _n_members(self):
        return math.prod(self.outputs[0].shape[:-2])

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Give the mean of the members' losses; outside training the loss of the mean."""
        options = {"x": x, "sample_weight": sample_weight, "training": training}
        if len(y_pred.shape) == 2:
            return super().compute_loss(y=y, y_pred=y_pred, **options)
        n = y_pred.shape[1]
        losses = [
            super(EnsembleModel, self).compute_loss(y=y, y_pred=y_pred[:, i], **options)
            for i in range(n)
        ]
        return sum(losses) / n

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Give the metrics of the mean prediction."""
        if len(y_pred.shape) == 3:
            y_pred = keras.ops.mean(y_pred, axis=1)
        return super().compute_metrics(x, y, y_pred, sample_weight)
