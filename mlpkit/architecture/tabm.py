"""The frozen description of a TabM network."""

from dataclasses import dataclass, fields

from mlpkit.architecture.spec import MLPSpec

VARIANTS = ("mini", "full")


@dataclass(frozen=True)
class TabMSpec(MLPSpec):
    """Several small networks whose members share weights, over embedded numbers.

    Numbers come first in a row, then all other columns.

    Parameters
    ----------
    n_numbers : int, default=0
        Columns that are embedded.
    chunks : tuple of int, default=()
        Widths of the groups of other columns: 1 for a flag, more for a one-hot category.
    n_networks : int, default=1
        Networks beside each other that share nothing, one a fold.
    n_members : int, default=8
        Members of each network.
    output_dim : int, default=12
        Outputs a number of the piecewise linear embedding.
    n_bins : int, default=48
        Its bins.
    variant : {"mini", "full"}, default="mini"
        "mini": a member's own are the scales of the first layer's inputs, and its head; "full":
        scales of inputs and outputs, and biases, of each layer.

    References
    ----------
    Y. Gorishniy, A. Kotelnikov, A. Babenko (2025), TabM: advancing tabular deep learning with
    parameter-efficient ensembling. ICLR.

    Examples
    --------
    >>> from mlpkit.outputs import plain_outputs
    >>> outputs = plain_outputs("sigmoid", 1)
    >>> spec = TabMSpec("binary", (5,), outputs, (16,), n_numbers=2, chunks=(1, 2), output_dim=4)
    >>> spec.widths, spec.n_parameters
    ((11, 16), 816)
    """

    n_numbers: int = 0
    chunks: tuple = ()
    n_networks: int = 1
    n_members: int = 8
    output_dim: int = 12
    n_bins: int = 48
    variant: str = "mini"

    @property
    def widths(self):
        """Width of what each affine map takes in, the embedded input's first."""
        return (self.n_numbers * self.output_dim + sum(self.chunks), *self.hidden_layer_sizes)

    @property
    def n_parameters(self):
        """Number of trained weights."""
        total = self.n_numbers * self.output_dim * (2 + self.n_bins)
        total += self.n_members * (self.widths[-1] + 1) * self.units
        for i, (n_in, n_out) in enumerate(zip(self.widths, self.hidden_layer_sizes, strict=False)):
            total += n_in * n_out
            total += self.n_members * n_in if self.adapters(i) else 0
            total += n_out * (2 * self.n_members if self.adapters(i) == "all" else 1)
        return self.n_networks * total

    def adapters(self, layer):
        """Give what a member has of its own in a hidden layer, as `EnsembleDense` names it."""
        if self.variant == "full":
            return "all"
        return "input" if layer == 0 else None

    def __str__(self):
        folds = f"{self.n_networks} networks, one a fold" if self.n_networks > 1 else "1 network"
        hidden = ", ".join(map(str, self.hidden_layer_sizes))
        outputs = ", ".join(dict.fromkeys(self.outputs.activations))
        lines = [
            f"{self.task} TabM ({self.variant})",
            f"networks            {folds}",
            f"members             {self.n_members} a network, {self._ensemble} in all",
            f"numbers             {self.n_numbers}, each a piecewise linear embedding of "
            f"{self.output_dim} over {self.n_bins} bins",
            f"other columns       {sum(self.chunks)}",
            f"neurons per layer   {hidden}",
            f"hidden activation   {self.activation}",
            f"dropout             {self.dropout:g}",
            f"output              {self.units} x {outputs}",
            f"loss                {self.loss}",
            f"trainable weights   {self.n_parameters:,}",
        ]
        return "\n".join(lines)

    @property
    def _ensemble(self):
        return self.n_members * self.n_networks


def tabm_spec(spec, **parts):
    """Give the description of a TabM network whose head is that of an MLP.

    Parameters
    ----------
    spec : MLPSpec
        Task, outputs, loss, hidden layers, activation and dropout.
    **parts
        The fields that only `TabMSpec` has.

    Returns
    -------
    TabMSpec

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> tabm_spec(make_spec("binary", 3), n_numbers=3).n_numbers
    3
    """
    common = {field.name: getattr(spec, field.name) for field in fields(MLPSpec)}
    return TabMSpec(**common, **parts)
