"""Factors of learning rate and weight decay that single variables carry."""


def rate_factor(variable):
    """Give the factor of a variable's learning rate, its attribute ``learning_rate_factor``.

    Parameters
    ----------
    variable : keras.Variable
        A trained variable. A layer sets the attribute where it makes the variable, in ``build``:
        ``self.scale.learning_rate_factor = 6.0``.

    Returns
    -------
    float
        1 where nothing is said.

    Examples
    --------
    >>> from mlpkit.backend import keras
    >>> rate_factor(keras.Variable([1.0]))
    1.0
    """
    return float(getattr(variable, "learning_rate_factor", 1.0))


def decay_factor(variable):
    """Give the factor of a variable's weight decay, its attribute ``weight_decay_factor``.

    Parameters
    ----------
    variable : keras.Variable
        A trained variable.

    Returns
    -------
    float
        1 where nothing is said; 0 takes the variable out of the decay.
    """
    return float(getattr(variable, "weight_decay_factor", 1.0))


def factors_of(variables):
    """Give the factors of variables that have others than 1, as a program's key takes them.

    Parameters
    ----------
    variables : iterable of keras.Variable
        Trained variables.

    Returns
    -------
    tuple of (int, float, float)
        Number of the variable, factors of its learning rate and of its weight decay.

    Examples
    --------
    >>> from mlpkit.backend import keras
    >>> kernel, bias = keras.Variable([1.0]), keras.Variable([0.0])
    >>> bias.weight_decay_factor = 0.0
    >>> factors_of([kernel, bias])
    ((1, 1.0, 0.0),)
    """
    numbered = enumerate(variables)
    found = ((i, rate_factor(v), decay_factor(v)) for i, v in numbered)
    return tuple(each for each in found if each[1:] != (1.0, 1.0))


def copy_factors(source, target):
    """Give a copy's variables the factors of the model it is a copy of.

    Parameters
    ----------
    source, target : keras.Model
        The model, and a copy with as many variables.
    """
    pairs = zip(source.trainable_variables, target.trainable_variables, strict=True)
    for theirs, mine in pairs:
        mine.learning_rate_factor = rate_factor(theirs)
        mine.weight_decay_factor = decay_factor(theirs)


def times(value, factor):
    """Multiply, without an operation where the factor is 1."""
    return value if factor == 1 else value * factor
