"""The course's pages keep their word: every concept has code, a recipe, a test and a picture."""

import re
from pathlib import Path

import pytest

import mlpkit

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("concepts.md", "conceptos.md")
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def page(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def rows(name):
    """Cells of the table's rows, header and rule left out."""
    lines = [line for line in page(name).splitlines() if line.startswith("| [")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def anchors(name):
    """Anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page(name), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("name", PAGES)
def test_each_of_the_21_concepts_has_code_a_recipe_and_a_test(name):
    table = rows(name)
    assert [int(re.search(r"\[(\d+)\]", row[0])[1]) for row in table] == list(range(1, 22))
    for number, _, code, recipes, test in table:
        assert re.search(r"#(.+)\)", number)[1] in anchors(name)
        names = re.findall(r"`(\w+)`", code)
        assert names and all(n in mlpkit.__all__ or n == "activations" for n in names), code
        assert re.findall(r"\(\.\./recipes/\w+\.py\)", recipes)
        function, file = re.fullmatch(r"\[`(\w+)`\]\(\.\./(tests/\w+\.py)\)", test).groups()
        assert f"def {function}(" in (ROOT / file).read_text(encoding="utf-8"), test


@pytest.mark.parametrize("name", [*(f"docs/{page}" for page in PAGES), "recipes/README.md"])
def test_every_link_leads_somewhere(name):
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    links = [*LINK.findall(text), *re.findall(r'src="([^"]+)"', text)]
    assert len(links) > 20
    for link in links:
        if not link.startswith("http"):
            assert (path.parent / link).is_file(), link


def test_both_languages_have_the_same_code_formulas_and_pictures():
    english, spanish = (page(name) for name in PAGES)
    for pattern in (r"```python\n.*?```", r"!\[[^\]]*\]\(([^)]+)\)", r"^## (\d+)\."):
        found = [re.findall(pattern, text, re.DOTALL | re.MULTILINE) for text in (english, spanish)]
        assert found[0] == found[1] and len(found[0]) > 15
    count = [len(re.findall(r"^\$\$", text, re.MULTILINE)) for text in (english, spanish)]
    assert count[0] == count[1] >= 10


def test_the_index_lists_every_recipe_and_every_concept():
    text = (ROOT / "recipes" / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"\]\((\w+)\.py\)", text))
    there = {path.stem for path in (ROOT / "recipes").glob("[!_]*.py")}
    assert listed == there
    numbers = {
        int(n) for group in re.findall(r"\.py\) \[([\d, ]+)\]", text) for n in group.split(",")
    }
    assert numbers == set(range(1, 22))


def test_the_pictures_are_those_that_recipes_make(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from recipes import _pictures

    there = {path.stem for path in (ROOT / "docs" / "pictures").glob("*.png")}
    assert there == set(_pictures.PICTURES)
    for name, picture in _pictures.PICTURES.items():
        assert picture in (ROOT / "recipes" / f"{name}.py").read_text(encoding="utf-8")


def test_a_picture_is_made_small(tmp_path, monkeypatch):
    from PIL import Image

    monkeypatch.syspath_prepend(str(ROOT))
    from recipes._pictures import WIDTH, shrunk

    Image.new("RGBA", (2 * WIDTH, 600), "white").save(tmp_path / "large.png")
    shrunk(tmp_path / "large.png", tmp_path / "new" / "small.png")
    with Image.open(tmp_path / "new" / "small.png") as small:
        assert small.size == (WIDTH, 300)
