"""The Keras model that callbacks see, beside a state of pure values."""


class Showcase:
    """The Keras model that callbacks see, with the state of training put in and taken out.

    Parameters
    ----------
    program : Program
        The program in training; its model is the one shown.
    """

    def __init__(self, program):
        step = program.step
        self.program, self.model = program, step.model
        # A plain one, that can be saved: the program's own has its methods replaced.
        self.optimizer = step.plain_optimizer()
        self.optimizer.build(self.model.trainable_variables)
        self.model.compile(
            optimizer=self.optimizer, loss=step.loss, weighted_metrics=list(step.metrics)
        )
        self.model.stop_training = False

    def put(self, variables, slots):
        """Put values into the model and its optimizer.

        Parameters
        ----------
        variables : tuple of tensors
            The model's variables, trained ones first.
        slots : tuple of tensors
            The optimizer's variables.
        """
        step = self.program.step.variables
        pairs = zip((*step.trained, *step.others), variables, strict=True)
        for variable, value in (*pairs, *zip(self.optimizer.variables, slots, strict=True)):
            variable.assign(value)

    def values(self):
        """Give the values as they stand, after whatever callbacks did to them."""
        step = self.program.step.variables
        kinds = step.trained, step.others, self.optimizer.variables
        return type(step)(*(tuple(v.value.read_value() for v in kind) for kind in kinds))


def resumed(showcase, state):
    """Give the state with what callbacks have changed: learning rate, weights.

    Where an average is shown, training goes on from the weights behind it.

    Parameters
    ----------
    showcase : Showcase
        What callbacks saw.
    state : State
        As the last epoch left it.

    Returns
    -------
    State
    """
    values = showcase.values()
    if state.average and int(state.epoch):
        values = state.values._replace(slots=values.slots)
    return state._replace(values=values)
