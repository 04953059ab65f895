"""Which columns of the files are features, targets and weight."""

from dataclasses import dataclass

from mlpkit.checks import suggestion


@dataclass(frozen=True)
class Columns:
    """The columns that are read.

    Parameters
    ----------
    features, targets : tuple of str
        Names; several targets make `y` a matrix.
    weight : str or None
        Name of the column of sample weights.
    """

    features: tuple
    targets: tuple
    weight: str | None = None

    @property
    def names(self):
        """All of them."""
        return [*self.features, *self.targets, *([] if self.weight is None else [self.weight])]


def choose_columns(found, target, features, sample_weight):
    """Choose the columns of a file by the names that the user gave.

    Parameters
    ----------
    found : list of str
        Names of the file's columns.
    target : str or list of str
        Name of the target, or names of several.
    features : list of str or None
        Names of the features; None takes all other columns.
    sample_weight : str or None
        Name of the column of weights.

    Returns
    -------
    columns : Columns or None
        None when there are problems.
    problems : list of str

    Examples
    --------
    >>> choose_columns(["age", "income", "class"], "class", None, None)[0].features
    ('age', 'income')
    >>> choose_columns(["age", "class"], "klass", None, None)[1]
    ["target must name a column. Got 'klass'. Did you mean 'class'?"]
    """
    targets = tuple(target) if isinstance(target, list | tuple) else (target,)
    others = (*targets, sample_weight)
    chosen = [n for n in found if n not in others] if features is None else list(features)
    named = {"target": targets, "features": chosen}
    named |= {} if sample_weight is None else {"sample_weight": (sample_weight,)}
    problems = []
    for argument, names in named.items():
        problems += [_unknown(argument, name, found) for name in names if name not in found]
    every = [name for names in named.values() for name in names]
    twice = sorted({str(name) for name in every if every.count(name) > 1})
    if twice:
        problems.append(
            "target, features and sample_weight must name each column once. "
            f"Got {', '.join(map(repr, twice))} more than once."
        )
    if not targets or not chosen:
        problems.append("target and features must name a column each, at least. Got none.")
    if problems:
        return None, problems
    return Columns(tuple(chosen), targets, sample_weight), []


def _unknown(argument, name, found):
    known = [str(column) for column in found]
    near = suggestion(name, known)
    listed = ", ".join(map(repr, known[:8])) + (", ..." if len(known) > 8 else "")
    return f"{argument} must name a column. Got {name!r}.{near or f' The columns are {listed}.'}"


def same_columns(columns, first, found, path, features):
    """Tell in words how the columns of a further file differ, None where they do not.

    Parameters
    ----------
    columns : Columns
        Those that are read.
    first, path : str
        The first file, and this one.
    found : list of str
        Names of this one's columns.
    features : list of str or None
        What the user named; with None, columns that the first file has not are a difference too.

    Returns
    -------
    str or None
    """
    missing = [name for name in columns.names if name not in found]
    extra = [n for n in found if n not in columns.names] if features is None else []
    if not missing and not extra:
        return None
    said = [f"{word} {', '.join(map(repr, names[:5]))}" for word, names in
            (("lacks", missing), ("also has", extra)) if names]  # fmt: skip
    return (
        f"paths must be files of the same columns. Got {path!r}, which {' and '.join(said)}, "
        f"unlike {first!r}: name the columns in features=, or leave the file out."
    )
