"""Lets ``python -m mlpkit.launch`` start workers."""

import sys

from mlpkit.launch.command import main

if __name__ == "__main__":
    sys.exit(main())
