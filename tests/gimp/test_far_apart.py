"""Fill small holes in opposite corners of a large image, in a real GIMP."""

import numpy as np
import pytest
from pictures import save
from plugged import array_of

WIDTH, HEIGHT, SIDE, AROUND = 3600, 2800, 40, 60
NEAR, FAR = (70, 80), (3500, 2700)
# A second hole takes as long as the first; everything between them took eight times as long.
MOST_TIMES = 4.0
CODE = """
import time


def filled(*corners):
    image = opened(broad)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *corners[0], side, side)
    for corner in corners[1:]:
        image.select_rectangle(Gimp.ChannelOps.ADD, *corner, side, side)
    began = time.monotonic()
    _made_in, made = called("fill", image, image.get_layers(), quality="draft", seed=3)
    return time.monotonic() - began, image, made


def quickest(*corners):
    seconds = []
    for _number in range(2):
        found, image, _made = filled(*corners)
        seconds.append(found)
        image.delete()
    return min(seconds)


def times():
    return quickest(near, far) / quickest(near)


def result():
    _seconds, image, made = filled(near, far)
    mask = seen(made.get_mask(), "Y u8")
    found = {"box": box_of(made), "clear": mask.count(0), "full": mask.count(255), "layers": len(image.get_layers())}
    together = Gimp.Layer.new_from_visible(image, image, "together")
    image.insert_layer(together, None, 0)
    for name, corner in (("near", near), ("far", far)):
        box = Gegl.Rectangle.new(corner[0] - around, corner[1] - around, side + 2 * around, side + 2 * around)
        pixels = together.get_buffer().get(box, 1.0, "R'G'B' u8", Gegl.AbyssPolicy.NONE)
        found[name] = {
            "width": box.width, "height": box.height, "form": "R'G'B' u8", "pixels": base64.b64encode(pixels).decode()
        }
    return found


cases = [times, result]
"""


@pytest.fixture(scope="module")
def picture():
    """Soft checks that repeat all over, with a little grain, (height, width, 3)."""
    rows, columns = np.mgrid[:400, :400]
    light = 0.5 + np.sin(2 * np.pi * rows / 20) / 6 + np.cos(2 * np.pi * columns / 25) / 6
    grain = np.random.default_rng(0).normal(0, 0.02, (400, 400, 3))
    return np.tile((light[..., None] + grain).clip(0, 1), (HEIGHT // 400, WIDTH // 400, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def cases(plugged, picture, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("apart")
    save(folder / "broad.png", picture)
    given = {"broad": str(folder / "broad.png"), "side": SIDE, "around": AROUND, "near": NEAR, "far": FAR}
    return plugged.cases(CODE, folder / "run", starts=False, **given)


def test_time_follows_the_holes_and_not_what_lies_between_them(cases):
    assert cases["times"] < MOST_TIMES


def test_both_are_in_one_layer_whose_mask_shows_nothing_else(cases):
    found = cases["result"]
    width, height = FAR[0] + SIDE - NEAR[0], FAR[1] + SIDE - NEAR[1]
    assert found["box"] == [*NEAR, width, height]
    assert (found["full"], found["clear"]) == (2 * SIDE**2, width * height - 2 * SIDE**2)
    assert found["layers"] == 2


@pytest.mark.parametrize(("name", "corner"), [("near", NEAR), ("far", FAR)])
def test_each_is_filled_in_its_place(cases, picture, name, corner):
    left, top = (each - AROUND for each in corner)
    before = picture[top : top + SIDE + 2 * AROUND, left : left + SIDE + 2 * AROUND]
    after = array_of(cases["result"][name]) / 255
    hole = np.zeros(before.shape[:2], bool)
    hole[AROUND : AROUND + SIDE, AROUND : AROUND + SIDE] = True
    assert np.abs(after - before)[~hole].max() < 1 / 255
    change = np.abs(after - before)[hole].mean()
    assert 0 < change < 0.06
