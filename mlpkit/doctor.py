"""What there is to train with, and what to do about what is wrong.

    python -m mlpkit.doctor [--json]

Prints versions, processor, memory, the devices TensorFlow sees, CUDA with the reason for whatever
of it is missing, and advice. Ends with status 0 where training can run, and 1 where something makes
it impossible.
"""

import argparse
import json
import sys

from mlpkit.devices import describe


def main(argv=None):
    """Print the description of this machine.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments; None takes those of the command line.

    Returns
    -------
    int
        The exit status: 0 where training can run, else 1.

    Examples
    --------
    >>> main([])
    Versions
      mlpkit ...
    Training can run.
    ...
    """
    parser = argparse.ArgumentParser(
        prog="python -m mlpkit.doctor",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print the same as JSON")
    options = parser.parse_args(argv)
    description = describe()
    print(json.dumps(description.as_dict(), indent=2) if options.json else description)
    return 0 if description.can_train else 1


if __name__ == "__main__":
    sys.exit(main())
