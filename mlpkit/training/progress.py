"""One line an epoch: a bar, the time left and the figures, as Keras users know it."""

import time

BAR = 20  # characters


def _duration(seconds):
    if seconds < 10:
        return f"{seconds:.1f}s"
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}m{seconds:02d}s" if minutes else f"{seconds}s"


class Progress:
    """Print a line at the end of each epoch.

    Parameters
    ----------
    epochs : int
        Epochs planned.
    verbose : int
        0 prints nothing.
    """

    def __init__(self, epochs, verbose):
        self.epochs, self.verbose = epochs, verbose
        self.began, self.done = time.perf_counter(), 0

    def line(self, epoch, logs, elapsed):
        """Give the line for an epoch.

        Parameters
        ----------
        epoch : int
            Epochs done.
        logs : dict of str to float
            Loss and metrics of this epoch.
        elapsed : float
            Seconds since the start.

        Returns
        -------
        str

        Examples
        --------
        >>> print(Progress(4, 0).line(1, {"loss": 0.5}, 2.0))
        Epoch 1/4 ━━━━━─────────────── 6.0s left - loss: 0.5000
        """
        full = round(BAR * epoch / self.epochs)
        left = _duration(elapsed / (epoch - self.done) * (self.epochs - epoch))
        figures = "".join(
            f" - {name}: {value:.4g}" if value < 1e-3 or value >= 1e4 else f" - {name}: {value:.4f}"
            for name, value in logs.items()
        )
        width = len(str(self.epochs))
        bar = "━" * full + "─" * (BAR - full)
        return f"Epoch {epoch:>{width}}/{self.epochs} {bar} {left} left{figures}"

    def go_on_from(self, epoch):
        """Say that the epochs up to this one have been run before."""
        self.done = epoch
        if self.verbose:
            print(f"Going on after epoch {epoch}/{self.epochs}, from a backup", flush=True)

    def show(self, epoch, logs):
        """Print the line for an epoch, unless told to be quiet."""
        if self.verbose:
            print(self.line(epoch, logs, time.perf_counter() - self.began), flush=True)
