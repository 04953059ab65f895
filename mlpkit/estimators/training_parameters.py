"""From an estimator's parameters to how it trains."""

from dataclasses import replace

from mlpkit.estimators.running import TrainingSettings
from mlpkit.estimators.scoring import selected


class TrainingParameters:
    """How an estimator trains, by its parameters; subclasses may have others."""

    # Where an estimator has no parameter of that name.
    learning_rate_schedule = global_clipnorm = max_time = None
    scoring = "auto"
    _by_accuracy = False  # whether early stopping looks at the accuracy first

    def _training_settings(self, n_rows, validates, once, team):
        epochs = 1 if once else int(self.epochs)
        return TrainingSettings(
            epochs=epochs,
            longest=epochs,
            n_rows=n_rows,
            batch_size=self.batch_size,
            patience=int(self.patience) if validates and self.early_stopping else None,
            validates=validates,
            selects_by="accuracy" if self._by_accuracy else None,
            average=bool(self.average) and epochs > 1,
            jit_compile=self.jit_compile,
            verbose=int(self.verbose) if team.is_chief else 0,
            callbacks=self._callbacks(),
            goes_on=once or bool(self.warm_start),
            placement=team.placement,
            schedules={} if once else self._schedules(),
        )

    def _limited(self, settings, learnt, held, began):
        """Give settings with what selects the weights, and when the time is over."""
        settings = selected(self, settings, learnt, held)
        if self.max_time is None:
            return settings
        return replace(settings, deadline=began + float(self.max_time))

    def _with_weights(self, learnt, weights):
        """Give what was learnt with other weights, to predict with while training goes on."""
        return replace(learnt, weights=weights)

    def _schedules(self):
        """Give what follows a schedule in ``fit``; ``partial_fit`` knows of no end."""
        given = self.learning_rate_schedule
        return {} if given is None else {"learning_rate": given}

    def _callbacks(self):
        if self.callbacks is None:
            return ()
        several = isinstance(self.callbacks, list | tuple)
        return tuple(self.callbacks) if several else (self.callbacks,)
