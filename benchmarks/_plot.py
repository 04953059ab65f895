"""The picture of a benchmark: one bar a model, on a logarithmic axis."""

from benchmarks import _report
from mlpkit.plots.style import FAINT, GREY, ORANGE, open_frame

PEER = "#A9B4BD"  # lighter than mlpkit's orange, on paper and for every eye
ROW, HEAD = 0.27, 0.62  # inches a bar, and for a panel's title


def draw(path, panels, label, *, write=_report.duration):
    """Write horizontal bars as PNG, a panel a piece of work, on one logarithmic axis.

    Parameters
    ----------
    path : Path
        File to write.
    panels : dict of str to list of (str, float)
        Title to names and values. Names with mlpkit in them stand out; values that are not
        positive have no place on the axis and are left out; nothing is drawn if there are no more.
    label : str
        What was measured.
    write : callable, default=duration
        From a value to its text, with its unit.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    panels = {title: [bar for bar in bars if bar[1] > 0] for title, bars in panels.items()}
    panels = {title: bars for title, bars in panels.items() if bars}
    if not panels:
        return
    counts = [len(bars) for bars in panels.values()]
    height = sum(counts) * ROW + len(counts) * HEAD + 0.5
    figure = Figure(figsize=(7.2, height), layout="constrained")
    axes = figure.subplots(
        len(counts), 1, squeeze=False, sharex=True,
        gridspec_kw={"height_ratios": counts},
    )[:, 0]  # fmt: skip
    for ax, (title, bars) in zip(axes, panels.items(), strict=True):
        _panel(ax, title, bars, write)
    values = [value for bars in panels.values() for _, value in bars]
    # Room on the left for the shortest bar to be one, on the right for the longest one's number.
    axes[-1].set_xlim(min(values) / 2.5, max(values) * (max(values) / min(values)) ** 0.2 * 1.5)
    if max(values) < 20 * min(values):  # powers of ten alone would be one tick or none
        axes[-1].xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes[-1].xaxis.set_major_formatter(lambda value, _: _round(write(value)))
    axes[-1].xaxis.set_minor_formatter(NullFormatter())
    axes[-1].set_xlabel(f"{label}, logarithmic; less is better")
    figure.savefig(path, dpi=150)
    print(f"Written: {path}")


def _round(text):
    """Write a number of the axis as short as it is: "10 ms" for "10.0 ms"."""
    number, _, unit = text.partition(" ")
    return f"{float(number.replace(',', '')):,g} {unit}"


def _panel(ax, title, bars, write):
    ax.set_xscale("log")
    names = [name for name, _ in bars]
    for row, (name, value) in enumerate(bars):
        ours, floor = "mlpkit" in name, name == "floor"
        ax.barh(
            row, value, height=0.72, color="white" if floor else ORANGE if ours else PEER,
            edgecolor=GREY if floor else "none", hatch="////" if floor else None,
        )  # fmt: skip
        ax.annotate(
            write(value), (value, row), xytext=(4, 0), va="center",
            textcoords="offset points", fontsize=8.5, fontweight="bold" if ours else "normal",
        )  # fmt: skip
    ax.set_yticks(range(len(names)), names)
    for text in ax.get_yticklabels():
        text.set_fontweight("bold" if "mlpkit" in text.get_text() else "normal")
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_title(title, loc="left", fontsize=10)
    ax.set_axisbelow(True)
    ax.grid(axis="x", color=FAINT, linewidth=0.8)
    ax.tick_params(axis="both", which="both", length=0, labelsize=9)
    open_frame(ax, keep=("left",))
