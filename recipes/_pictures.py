"""Make the pictures of the documents anew, from the recipes: ``python recipes/_pictures.py``.

Each recipe runs whole, and one of its pictures goes to docs/pictures, small enough for a page. With
``--only NAME,NAME`` some of them; fashion_mnist is left out where its data are not there.
"""

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WIDTH, COLOURS = 900, 64  # pixels; a palette, which drawings lose nothing by

PICTURES = {
    "activations_gallery": "activations.png",
    "bounding_box": "boxes.png",
    "depth_or_width": "depth_or_width.png",
    "fashion_mnist": "mistakes.png",
    "forward_and_backward": "graph.png",
    "initialization": "initialization.png",
    "iris_perceptron": "decision_line.png",
    "linear_collapse": "collapse.png",
    "logic_gates": "wiring.png",
    "multilabel": "probabilities.png",
    "perceptron_convergence": "convergence.png",
    "positive_and_bounded": "outputs.png",
    "robust_losses": "losses.png",
    "symmetry": "symmetry.png",
    "text_spam": "words.png",
    "tune": "halving.png",
    "universal_approximation": "approximation.png",
    "vanishing_gradients": "gradient_flow.png",
    "xor": "xor.png",
}


def main(argv=None):
    """Run the recipes and put their pictures into docs/pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", default=",".join(PICTURES), help="names of recipes")
    parser.add_argument("--data", help="folder of Fashion-MNIST's four IDX files")
    options = parser.parse_args(argv)
    sys.path.insert(0, str(ROOT))
    for name in options.only.split(","):
        with tempfile.TemporaryDirectory() as folder:
            arguments = ["--out", folder]
            if name == "fashion_mnist":
                if not options.data:
                    print("fashion_mnist: left as it is; --data names the folder of its files")
                    continue
                arguments += ["--data", options.data]
            status = importlib.import_module(f"recipes.{name}").main(arguments)
            if status:
                return status
            shrunk(Path(folder) / PICTURES[name], ROOT / "docs" / "pictures" / f"{name}.png")
    return 0


def shrunk(source, goal):
    """Write a picture in the width of a page, with a palette."""
    from PIL import Image

    goal.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(source) as picture:
        height = round(picture.height * WIDTH / picture.width)
        small = picture.convert("RGB")
        if picture.width > WIDTH:
            small = small.resize((WIDTH, height), Image.Resampling.LANCZOS)
        small.quantize(COLOURS).save(goal, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
