"""A training step of several networks with several members each."""

from mlpkit.backend import keras, tf
from mlpkit.compilation import loss_per_row
from mlpkit.training.step import Step


class EnsembleStep(Step):
    """A step that trains each member on its own loss, and judges the mean of their predictions.

    A batch holds as many rows for each network, one network's after the other's. Each learns its
    own as if it were alone, so that all of them take one program.

    Parameters
    ----------
    model : keras.Model
        Takes (n_networks, n_samples, n_columns), gives each member's outputs before the output
        activation, (n_networks, n_members, n_samples, units).
    outputs : Outputs
        The output activations, and their scales.
    by_logits : {"sigmoid", "softmax", None}
        Whether the loss is the cross-entropy of such outputs, which is computed from what comes
        before the activation, and so never loses its gradient to rounding.
    *trained_with, **options
        As in `Step`.
    label_smoothing : float, default=0.0
        For a softmax: the share of each row's target that is spread over all classes in training.

    References
    ----------
    Y. Gorishniy, A. Kotelnikov, A. Babenko (2025), TabM, section 3: the mean of the members'
    losses, never the loss of their mean.
    """

    def __init__(self, model, outputs, by_logits, *trained_with, label_smoothing=0.0, **options):
        self.outputs, self.by_logits = outputs, by_logits
        self.label_smoothing = label_smoothing
        self.n_networks = model.input_shape[0]
        super().__init__(model, *trained_with, **options)

    def _loss(self, batch, training):
        """Give the batch's loss, and the mean prediction of each row's members."""
        x, y, weight = (self._by_network(part) for part in (batch.x, batch.y, batch.weight))
        logits = self.model(x, training=training)
        members = self._activated(logits)
        predicted = tf.reduce_mean(members, axis=1)
        predicted = tf.reshape(predicted, (-1, predicted.shape[-1]))
        if not training:
            values = loss_per_row(self.loss, batch.y, predicted)
            total = tf.reduce_sum(values * batch.weight)
            return tf.math.divide_no_nan(total, tf.reduce_sum(batch.weight)), predicted
        values = tf.reduce_mean(self._member_losses(y, logits, members), axis=1)
        totals = tf.reduce_sum(values * weight, axis=1)
        means = tf.math.divide_no_nan(totals, tf.reduce_sum(weight, axis=1))
        return tf.reduce_mean(means), predicted

    def _by_network(self, rows):
        return tf.reshape(rows, (self.n_networks, -1, *rows.shape[1:]))

    def _activated(self, logits):
        names = self.outputs.activations
        if len(set(names)) == 1:
            values = keras.activations.get(names[0])(logits)
        else:
            columns = zip(names, tf.unstack(logits, axis=-1), strict=True)
            values = tf.stack([keras.activations.get(n)(z) for n, z in columns], axis=-1)
        if self.outputs.is_plain:
            return values
        scale, offset = self.outputs.scale, self.outputs.offset
        return values * tf.constant(scale, self.dtype) + tf.constant(offset, self.dtype)

    def _member_losses(self, y, logits, members):
        """Give a loss for each member and row, of shape (n_networks, n_members, n_samples)."""
        y = tf.repeat(y[:, tf.newaxis], logits.shape[1], axis=1)
        if self.by_logits == "softmax":
            values = tf.nn.sparse_softmax_cross_entropy_with_logits(y[..., 0], logits)
            if not self.label_smoothing:
                return values
            even = -tf.reduce_mean(tf.nn.log_softmax(logits), axis=-1)
            return values + self.label_smoothing * (even - values)
        if self.by_logits == "sigmoid":
            values = tf.nn.sigmoid_cross_entropy_with_logits(y, logits)
            return tf.reduce_mean(values, axis=-1)
        rows = (tf.reshape(part, (-1, part.shape[-1])) for part in (y, members))
        return tf.reshape(loss_per_row(self.loss, *rows), tf.shape(y)[:3])
