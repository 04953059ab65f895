"""How long importing takes, and what it loads: each line is a fresh Python, median of several.

python -m benchmarks.imports [--runs 5]
"""

import argparse
import statistics
import subprocess
import sys

from benchmarks import _report

STATEMENTS = {
    "import mlpkit": "import mlpkit",
    "from mlpkit import MLPClassifier; MLPClassifier()": (
        "from mlpkit import MLPClassifier; MLPClassifier()"
    ),
    "import sklearn.neural_network": "import sklearn.neural_network",
    "import mlpkit.backend  (TensorFlow and Keras)": "import mlpkit.backend",
}
PROGRAM = """
import sys, time
began = time.perf_counter()
{statement}
seconds = time.perf_counter() - began
print(seconds, "tensorflow" in sys.modules)
"""


def main(argv=None):
    """Print the table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", help="folder for the JSON (default: out/benchmarks)")
    options = parser.parse_args(argv)
    rows = []
    print(f"{'statement':<52}{'seconds':>9}   TensorFlow loaded")
    for name, statement in STATEMENTS.items():
        runs = [_run(statement) for _ in range(options.runs)]
        seconds = statistics.median(float(run[0]) for run in runs)
        rows.append({"statement": name, "seconds": seconds, "tensorflow": runs[0][1] == "True"})
        print(f"{name:<52}{seconds:>9.3f}   {'yes' if rows[-1]['tensorflow'] else 'no'}")
    _report.write("imports", rows, options.out)


def _run(statement):
    program = PROGRAM.format(statement=statement)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


if __name__ == "__main__":
    main()
