"""The frozen description of a RealMLP network."""

from dataclasses import dataclass, fields

from mlpkit.architecture.spec import MLPSpec


@dataclass(frozen=True)
class RealMLPSpec(MLPSpec):
    """RealMLP: embedded numbers, a factor a column, and units of size 1.

    A row has numbers first, then flags, then codes of categories.

    Parameters
    ----------
    n_numbers, n_flags : int, default=0
        Columns that are embedded, and columns that are taken as they are.
    n_codes : tuple of int, default=()
        Codes of each category that is embedded.
    embedding_dim : int, default=4
        Outputs a number of the periodic embedding.
    n_frequencies : int, default=16
        Its cosines.
    category_dim : int, default=8
        Length of a level's vector.

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart (2024), Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data. NeurIPS.

    Examples
    --------
    >>> from mlpkit.outputs import plain_outputs
    >>> outputs = plain_outputs("softmax", 2)
    >>> spec = RealMLPSpec("multiclass", (3,), outputs, (8,), n_numbers=1, n_flags=1, n_codes=(9,))
    >>> spec.widths
    (13, 8)
    """

    n_numbers: int = 0
    n_flags: int = 0
    n_codes: tuple = ()
    embedding_dim: int = 4
    n_frequencies: int = 16
    category_dim: int = 8

    @property
    def widths(self):
        """Width of what each affine map takes in, the embedded input's first."""
        embedded = self.n_numbers * self.embedding_dim + len(self.n_codes) * self.category_dim
        return (embedded + self.n_flags, *self.hidden_layer_sizes)

    @property
    def n_parameters(self):
        """Number of trained weights."""
        mixed = self.embedding_dim - 1
        total = self.n_numbers * (self.n_frequencies * (2 + mixed) + mixed)
        total += sum(self.n_codes) * self.category_dim + self.widths[0]
        affine = zip(self.widths, (*self.hidden_layer_sizes, self.units), strict=True)
        return total + sum((a + 1) * b for a, b in affine) + sum(self.hidden_layer_sizes)

    def __str__(self):
        hidden = ", ".join(map(str, self.hidden_layer_sizes))
        names = ", ".join(dict.fromkeys(self.outputs.activations))
        lines = [
            f"{self.task} RealMLP",
            f"numbers             {self.n_numbers}, each a periodic embedding of "
            f"{self.embedding_dim}",
            f"flags               {self.n_flags}",
            f"categories          {len(self.n_codes)} embedded in {self.category_dim} numbers each",
            f"neurons per layer   {hidden}",
            f"hidden activation   {self.activation}, parametric",
            f"dropout             {self.dropout:g}",
            f"output              {self.units} x {names}",
            f"loss                {self.loss}",
            f"trainable weights   {self.n_parameters:,}",
        ]
        return "\n".join(lines)


def realmlp_spec(spec, **parts):
    """Give the description of a RealMLP whose head is that of an MLP.

    Parameters
    ----------
    spec : MLPSpec
        Task, outputs, loss, hidden layers, activation and dropout.
    **parts
        The fields that only `RealMLPSpec` has.

    Returns
    -------
    RealMLPSpec

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> realmlp_spec(make_spec("binary", 3), n_numbers=3).n_numbers
    3
    """
    common = {field.name: getattr(spec, field.name) for field in fields(MLPSpec)}
    return RealMLPSpec(**common, **parts)
