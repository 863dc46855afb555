"""Print a table of what GIMP and the plug-in add to a job.

    python benchmarks/gimp.py examples/cobbles.png

A real GIMP 3 is used by mouse, on a screen of its own, with a profile and an engine of its own; where there is none,
`python tests/gimp/provide.py` says what to do.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from service import OwnEngine

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / folder) for folder in (".", "tests", "tests/gimp")]

from gimps import profile, warmed  # type: ignore[import-not-found]  # noqa: E402
from plugged import plug  # type: ignore[import-not-found]  # noqa: E402
from provide import provide  # type: ignore[import-not-found]  # noqa: E402
from windows import Window, window  # type: ignore[import-not-found]  # noqa: E402

from protocol.private_files import FOLDER_VARIABLE  # noqa: E402

SELECTION = 512
IMAGE = 768
FILL = "Fill Selection with Texture"
LOOK_SECONDS = 0.02
DONE_LOOK_SECONDS = 1.0
DONE_SECONDS = 600.0
ROWS = (
    "click on Fill → first frame in the image, s",
    "click on Fill → finished layer, s",
    "the same job from the terminal, whole command, s",
    "the same job, by the engine's clock, s",
)


def wall(exemplar: Path, folder: Path) -> tuple[Path, Path]:
    """Tile the exemplar to the image that is to be filled, with a transparent square in its middle.

    Args:
        exemplar: A picture.
        folder: Where to write it.

    Returns:
        The image, and the mask of the square.
    """
    with Image.open(exemplar) as opened:
        tile = opened.convert("RGB")
    picture, mask = Image.new("RGB", (IMAGE, IMAGE)), Image.new("L", (IMAGE, IMAGE), 0)
    for left in range(0, IMAGE, tile.width):
        for top in range(0, IMAGE, tile.height):
            picture.paste(tile, (left, top))
    edge = (IMAGE - SELECTION) // 2
    mask.paste(255, (edge, edge, edge + SELECTION, edge + SELECTION))
    picture.putalpha(mask.point(lambda value: 255 - value))
    paths = folder / "wall.png", folder / "mask.png"
    picture.save(paths[0])
    mask.save(paths[1])
    return paths


def layers(gimp: Window) -> int:
    """Read from its title how many layers the image has."""
    result = gimp.tell("xdotool", "search", "--name", r"^\*?\[wall\]", "getwindowname").decode()
    return max(int(count) for count in re.findall(r"(\d+) layers?\)", result))


def filled_by_mouse(gimp: Window, quality: str) -> tuple[float, float]:
    """Fill the selection through the dialog.

    Args:
        gimp: With the image; something is selected.
        quality: `draft` or `normal`.

    Returns:
        Seconds from the click on the button to the first frame in the image, and to the finished layer.

    Raises:
        SystemExit: It does not end.
    """
    gimp.menu("Filters", "Texture Synthesis", f"{FILL}…")
    gimp.wait_for_window(FILL)
    if quality == "draft" and gimp.widgets(name="normal", window=FILL, role="combo box"):
        gimp.press("normal", window=FILL, role="combo box")
        gimp.press("Draft: for a preview", role="menu item")
    button = gimp.widget("Fill", window=FILL)
    gimp.move(*button.middle)
    # The dialog warms the engine while the user reads it.
    time.sleep(2)
    began = time.monotonic()
    gimp.tell("xdotool", "click", "1")
    while layers(gimp) < 2:
        time.sleep(LOOK_SECONDS)
    first = time.monotonic() - began
    # Before the end there are frames, in a group: more than the image, and one layer.
    while layers(gimp) < 3:
        time.sleep(LOOK_SECONDS)
    # Looking takes time from the work.
    while layers(gimp) > 2:
        if time.monotonic() - began > DONE_SECONDS:
            raise SystemExit("the fill does not end")
        time.sleep(DONE_LOOK_SECONDS)
    done = time.monotonic() - began
    gimp.press("Close", window=FILL)
    gimp.wait_for_no_window(FILL)
    gimp.key("ctrl+z")
    return first, done


def filled_in_terminal(image: Path, mask: Path, state: Path, quality: str) -> tuple[float, float]:
    """Do the same job from the terminal, through the same engine.

    Args:
        image: The image.
        mask: What is to be filled.
        state: The engine's folder.
        quality: `draft` or `normal`.

    Returns:
        Seconds of the whole command, and of the job by the engine's clock.
    """
    command = [sys.executable, "-m", "engine", "synthesize", "--canvas", str(image), "--mask", str(mask)]
    began = time.monotonic()
    result = subprocess.run(
        [*command, "-o", str(state / "filled.png"), "--quality", quality, "--json", "-q"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, FOLDER_VARIABLE: str(state)},
    )
    return time.monotonic() - began, float(json.loads(result.stdout)["seconds"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exemplar", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--quality", choices=("draft", "normal"), default="normal")
    options = parser.parse_args()
    place = provide()
    rows: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        state = folder / "state"
        state.mkdir(mode=0o700)
        image, mask = wall(options.exemplar, folder)
        own = profile(folder / "profile", warmed(place, folder / "warmed"))
        plug(place, own, state)
        engine = OwnEngine(state, options.device)
        try:
            with engine.connect("benchmark") as client:
                engine.ready(client)
            with window(place, own, image) as gimp:
                gimp.menu("Layer", "Transparency", "Alpha to Selection")
                gimp.menu("Select", "Invert")
                for _run in range(options.repeat):
                    found = (
                        *filled_by_mouse(gimp, options.quality),
                        *filled_in_terminal(image, mask, state, options.quality),
                    )
                    for row, seconds in zip(ROWS, found, strict=True):
                        rows.setdefault(row, []).append(seconds)
        finally:
            engine.stop()
    print(f"GIMP {place.version}, a selection of {SELECTION}² in an image of {IMAGE}², {options.quality}\n")
    print("| | median | least | most | runs |\n|---|---|---|---|---|")
    for row, seen in rows.items():
        print(f"| {row} | {statistics.median(seen):.2f} | {min(seen):.2f} | {max(seen):.2f} | {len(seen)} |")


if __name__ == "__main__":
    main()
