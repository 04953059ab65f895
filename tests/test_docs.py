"""The documents run: docstring examples, and the Python blocks of the Markdown files."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

import mlpkit

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "mlpkit").rglob("*.py")
)
DOCUMENTS = sorted(
    str(path.relative_to(ROOT)) for folder in (ROOT, ROOT / "docs") for path in folder.glob("*.md")
)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_examples(test):
    """Run the examples of one docstring or block; what failed, in words."""
    report = []
    doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=report.append, clear_globs=False)
    return "".join(report)


def blocks_of(document):
    """Line of its first statement and text, for each Python block of a Markdown file."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return [
        (text.count("\n", 0, found.start(1)) + 1, found[1]) for found in PYTHON_BLOCK.finditer(text)
    ]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    failures = [run_examples(test) for test in doctest.DocTestFinder().find(module, name)]
    assert not any(failures), "".join(failures)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_python_blocks(document, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}
    for line, block in blocks_of(document):
        if block.lstrip().startswith(">>>"):
            name = f"{document}, line {line}"
            test = doctest.DocTestParser().get_doctest(block, namespace, name, document, line - 1)
            test.globs = namespace  # the parser took a copy; the blocks of a file share one
            failure = run_examples(test)
            assert not failure, failure
        else:
            # The empty lines in front make a traceback name the line of the document.
            exec(compile("\n" * (line - 1) + block, str(ROOT / document), "exec"), namespace)


def test_the_readme_has_python_blocks():
    assert blocks_of("README.md")


def public_things():
    """Public functions and classes; exceptions explain themselves."""
    for name in mlpkit.__all__:
        thing = getattr(mlpkit, name)
        if inspect.isfunction(thing) or inspect.isclass(thing):
            if not (inspect.isclass(thing) and issubclass(thing, BaseException)):
                yield name, thing


def test_everything_public_has_an_example():
    missing = [name for name, thing in public_things() if ">>> " not in (thing.__doc__ or "")]
    assert not missing, f"no Examples block: {', '.join(missing)}"


def test_no_example_is_skipped():
    for path in (ROOT / "mlpkit").rglob("*.py"):
        assert "doctest: +" + "SKIP" not in path.read_text(encoding="utf-8"), path
