"""Draw the pictures of the help: each dialog of the plug-in, as a real GIMP shows it.

python tools/draw_help.py                 all
python tools/draw_help.py fill engine     some
"""

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in (".", "tests", "tests/gimp")]

from engines import running  # type: ignore[import-not-found]  # noqa: E402
from gimps import profile, warmed  # type: ignore[import-not-found]  # noqa: E402
from painting import MENU, said, select_hole, wait  # type: ignore[import-not-found]  # noqa: E402
from plugged import plug  # type: ignore[import-not-found]  # noqa: E402
from provide import provide  # type: ignore[import-not-found]  # noqa: E402
from windows import Window, window  # type: ignore[import-not-found]  # noqa: E402

PICTURES = ROOT / "gimp_plugin" / "help" / "en" / "pictures"
COLORS = 128
FILL, PICK, ENGINE = "Fill Selection with Texture", "Pick a Seed", "Texture Synthesis Engine"
DIALOGS = {
    "new": ("New Texture from Layer…", "New Texture from Layer"),
    "seamless": ("Make Seamless…", "Make Seamless"),
    "extend": ("Extend Image…", "Extend Image"),
    "enlarge": ("Enlarge…", "Enlarge"),
    "save-as-pattern": ("Save as Pattern…", "Save as Pattern"),
    "engine": ("Engine…", ENGINE),
    "fill": (f"{FILL}…", FILL),
}
"""Of each picture the item of the menu, and the title of the window; the last one has another image."""


def images(folder: Path) -> tuple[Path, Path]:
    """Write an image with a hole, and one without."""
    with Image.open(ROOT / "examples" / "cobbles.png") as opened:
        plain = opened.convert("RGB")
    holed, alpha = plain.copy(), Image.new("L", plain.size, 255)
    ImageDraw.Draw(alpha).ellipse((90, 80, 180, 150), fill=0)
    holed.putalpha(alpha)
    paths = folder / "wall.png", folder / "cobbles.png"
    for picture, path in zip((holed, plain), paths, strict=True):
        picture.save(path)
    return paths


def draw(gimp: Window, title: str, name: str) -> None:
    """Keep a picture of a window, with few colors."""
    found = gimp.tell("xdotool", "search", "--onlyvisible", "--name", f"^{title}$").decode().split()
    with Image.open(BytesIO(gimp.tell("import", "-window", found[-1], "png:-"))) as shown:
        few = shown.convert("RGB").quantize(COLORS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(PICTURES / f"{name}.png", optimize=True)
        print(f"{name}: {shown.width}×{shown.height}")


def draw_dialog(gimp: Window, name: str, beside: Callable[[], None]) -> None:
    """Open a dialog, draw it, and close it."""
    item, title = DIALOGS[name]
    gimp.menu(*MENU, item)
    gimp.wait_for_window(title)
    # Away from what is pressed, which would be highlighted.
    gimp.move(2, 2)
    if title == ENGINE:
        wait(lambda: any("Textures are made on" in label for label in said(gimp, title)))
    # GIMP's buttons and the preview are drawn after the window is there.
    gimp.widget("Close", window=title) if name != "save-as-pattern" else gimp.widget("Name", window=title)
    draw(gimp, title, name)
    beside()
    gimp.press("Close" if name != "save-as-pattern" else "Cancel", window=title)
    gimp.wait_for_no_window(title)


def draw_picker(gimp: Window) -> None:
    """Draw the dialog in which a seed is picked."""
    gimp.press("Pick…", window=FILL)
    gimp.wait_for_window(PICK)
    gimp.move(2, 2)
    # The last picture.
    wait(lambda: any("sensitive" in each.states for each in gimp.widgets(window=PICK, name="Seed 3")))
    draw(gimp, PICK, "pick")
    gimp.press("Close", window=PICK)
    gimp.wait_for_no_window(PICK)


def main() -> None:
    """Draw them in a GIMP of the tests, with an engine of its own."""
    wanted = sys.argv[1:] or [*DIALOGS, "pick"]
    PICTURES.mkdir(exist_ok=True)
    place = provide()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = profile(folder / "profile", warmed(place, folder / "warmed"))
        wall, cobbles = images(folder)
        with running(folder / "engine") as engine:
            with engine.client() as client:
                engine.ready(client)
            plug(place, own, engine.folder)
            with window(place, own, wall, cobbles) as gimp:
                for each in DIALOGS:
                    if each in wanted and each != "fill":
                        draw_dialog(gimp, each, lambda: None)
                if {"fill", "pick"} & {*wanted}:
                    gimp.activate("cobbles")
                    gimp.key("ctrl+w")
                    gimp.wait_for_no_window("cobbles")
                    select_hole(gimp)
                    draw_dialog(gimp, "fill", partial(draw_picker, gimp) if "pick" in wanted else lambda: None)


if __name__ == "__main__":
    main()
