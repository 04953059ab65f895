# make demo | test | lint | bench | bench-accuracy | pictures | clean
#
# make demo DATA=table.csv TARGET=column   the main job on a table of yours
# make test ARGS="-k factories"            more arguments, for pytest or for the recipe
# make bench ARGS=--quick                  every measurement in small, to see that it runs
# make bench-accuracy ARGS="--data FOLDER"   every peer on many tables: hours, and goes on where it stopped
# make pictures ARGS=--only=xor           the pictures of the documents, from the recipes
# make test PYTHON=/usr/bin/python3.12     another Python, when .venv is made

# Set here so that variables of the same name in the environment mean nothing.
DATA :=
TARGET :=
ARGS :=

PYTHON ?= python3.11 python3 python3.12 python3.13 python3.10

BENCHMARKS := imports prediction training search parallel memory devices survival streams book defaults

VENV := .venv
PY := $(VENV)/bin/python

.PHONY: demo test lint bench bench-accuracy pictures clean anew

# Make hands its variables to the shell's environment: a space or a quote in them does no harm.
demo: $(VENV)/.installed-parquet
	$(PY) recipes/compare_models.py $${DATA:+--data "$$DATA"} $${TARGET:+--target "$$TARGET"} $(ARGS)

# Two processes: each loads TensorFlow once, and a file's tests share its compiled programs.
test: $(VENV)/.installed-dev
	$(PY) -m pytest -n 2 --dist loadfile $(ARGS)

lint: $(VENV)/.installed-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

bench: $(VENV)/.installed-bench
	for benchmark in $(BENCHMARKS); do $(PY) -m benchmarks.$$benchmark $(ARGS) || exit; done

bench-accuracy: $(VENV)/.installed-bench
	$(PY) -m benchmarks.accuracy $(ARGS)

pictures: $(VENV)/.installed-dev
	$(PY) recipes/_pictures.py $(ARGS)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each extra, written once its installation has succeeded.
$(VENV)/.installed-%: setup.cfg pyproject.toml $(if $(shell test -x $(PY) && echo sound),,anew)
	@$(MAKE_VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

# A .venv whose pip does not run is half made, or its Python is gone or too old: it is made anew.
# Candidates are tried by running them, since a launcher may be there for a Python that is not.
define MAKE_VENV
set -e; \
case "$$($(PY) -m pip --version 2>/dev/null)" in *"(python 3.1"[0-3]")") exit;; esac; \
for python in $(PYTHON); do \
    found=$$("$$python" -c 'import platform; print(platform.python_version())' 2>/dev/null) || continue; \
    case $$found in 3.1[0-3].*) break;; esac; \
    other="$$python is $$found"; found=; \
done; \
if [ -z "$$found" ]; then \
    echo "mlpkit needs Python 3.10 to 3.13. Found: $${other:-none}. Install Python 3.11, or name one: make PYTHON=/path/to/python" >&2; \
    exit 1; \
fi; \
echo "Making $(VENV) with Python $$found; the first installation takes a few minutes."; \
"$$python" -m venv --clear $(VENV)
endef
