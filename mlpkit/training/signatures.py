"""What a traced graph takes: tensors of these shapes, or of any number of rows and units."""

from mlpkit.backend import tf
from mlpkit.training.rows import Columns, is_copies
from mlpkit.training.state import State
from mlpkit.training.values import Values


def signature(argument, *, rows, widths):
    """Give the signature of an argument of a program's graph.

    Parameters
    ----------
    argument : State, Values, Columns, tensor or nest of tensors
        What the graph is traced with.
    rows : bool
        Whether it shall take any number of rows.
    widths : bool
        Whether it shall take layers of any width.

    Returns
    -------
    nest of tf.TensorSpec
        With the structure of `argument`; None stays None.

    Examples
    --------
    >>> columns = Columns((tf.ones((5, 3)),), tf.ones((5, 1)), tf.ones(5))
    >>> signature(columns, rows=True, widths=False).features[0].shape.as_list()
    [None, 3]
    """
    if is_copies(argument):
        return tuple(signature(each, rows=rows, widths=widths) for each in argument)
    if isinstance(argument, Columns) and rows:
        entries, units = argument.features[:3], argument.features[3:]
        features = (*map(_open_rows, entries), *map(_fixed, units))
        return Columns(features, _open_rows(argument.y), _open_rows(argument.weight))
    if isinstance(argument, tf.Tensor) and rows:
        return _open(argument)  # row numbers
    if isinstance(argument, Values) and widths:
        return tf.nest.map_structure(_open, argument)
    if isinstance(argument, State) and widths:
        weights = {name: getattr(argument, name) for name in ("values", "average", "best")}
        fixed = tf.nest.map_structure(_fixed, argument._replace(values=(), average=(), best=()))
        return fixed._replace(**tf.nest.map_structure(_open, weights))
    return tf.nest.map_structure(_fixed, argument)


def _open(tensor):
    return tf.TensorSpec([None] * tensor.shape.rank, tensor.dtype)


def _open_rows(tensor):
    return tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype)


def _fixed(tensor):
    return None if tensor is None else tf.TensorSpec(tensor.shape, tensor.dtype)
