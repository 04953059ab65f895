"""Starts several workers on this machine, watches over them, and starts them again.

    python -m mlpkit.launch --workers 2 train.py --epochs 20

Each worker is a process of its own that runs the script, with ``TF_CONFIG`` set to all their
addresses and its own place among them.
"""

from mlpkit.launch.command import main

__all__ = ["main"]
