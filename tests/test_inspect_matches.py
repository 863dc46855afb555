"""Where each patch of a texture comes from."""

import json

import numpy as np
import pytest
import torch
from pictures import bricks, clouds, load, save, tensor
from PIL import Image

from engine.inspection.limits import UnsuitableError
from engine.inspection.match_sheet import CORNERS, color_code, draw_matches
from engine.inspection.matches import Matches, affordable_stride, find_matches
from engine.measures import copying
from engine.synthesis import Exemplar

PATCH = 11


def own_places(height, width, stride):
    rows, columns = np.arange(0, height - PATCH + 1, stride), np.arange(0, width - PATCH + 1, stride)
    return np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1)


@pytest.mark.parametrize("stride", [1, 3])
def test_every_patch_of_a_picture_is_its_own_nearest(stride):
    picture = tensor(bricks(40, 56))
    found = find_matches(picture, picture, stride=stride)
    assert np.array_equal(found.places, own_places(40, 56, stride))
    assert found.distances.max() == 0
    assert found.uses.max() == 1


def test_a_shifted_picture_comes_from_places_as_far_away():
    picture = tensor(clouds(60, 60))
    found = find_matches(picture, picture[..., 7:, 12:])
    assert np.array_equal(found.places, own_places(53, 48, 1) + np.array([7, 12]))


def test_the_nearest_is_the_one_that_comparing_all_finds():
    generator = torch.Generator().manual_seed(0)
    exemplar, output = (torch.rand((1, 3, 18, 21), generator=generator) for _ in range(2))
    found = find_matches(exemplar, output, patch=5, stride=2)
    windows = [
        np.lib.stride_tricks.sliding_window_view(p[0].numpy(), (5, 5), axis=(1, 2)) for p in (exemplar, output)
    ]
    keys, queries = windows[0].transpose(1, 2, 0, 3, 4), windows[1].transpose(1, 2, 0, 3, 4)[::2, ::2]
    assert found.places.shape == (*queries.shape[:2], 2)
    for place in np.ndindex(*queries.shape[:2]):
        squares = ((keys - queries[place]).astype(np.float64) ** 2).mean(axis=(2, 3, 4))
        assert tuple(found.places[place]) == np.unravel_index(squares.argmin(), squares.shape)
        assert found.distances[place] == pytest.approx(np.sqrt(squares.min()), rel=1e-6)


def test_the_search_gives_the_same_in_small_blocks(monkeypatch):
    exemplar, output = tensor(clouds(50, 40)), tensor(clouds(45, 50, seed=1))
    whole = find_matches(exemplar, output)
    told = []
    monkeypatch.setattr("engine.inspection.matches.MEMORY", 1)
    parts = find_matches(exemplar, output, on_progress=lambda done, total: told.append((done, total)))
    assert np.array_equal(parts.places, whole.places)
    assert len(told) == 35
    assert told[-1] == (35 * 40, 35 * 40)


def test_a_patch_that_is_pasted_often_is_found_and_called_overused():
    exemplar = clouds(64, 64)
    output = np.tile(exemplar[20:31, 30:41], (8, 8, 1))
    found = find_matches(tensor(exemplar), tensor(output), stride=PATCH)
    row, column, uses = found.most_used()
    # A place is as large as the stride: the first of those that hold the patch.
    assert (row, column, uses) == (10, 20, 64)
    assert found.from_place(row, column).all()
    assert found.uses.sum() == found.uses[20, 30] == 64
    assert found.is_overused()


def test_transparent_parts_of_the_exemplar_are_not_used():
    picture = tensor(clouds(50, 50))
    valid = torch.ones(1, 1, 50, 50)
    valid[..., :25] = 0
    found = find_matches(picture, picture, valid=valid)
    assert found.places[..., 1].min() == 25
    assert found.allowed.sum() == 40 * 15


def test_nothing_opaque_and_nothing_large_enough_is_told():
    picture = tensor(clouds(30, 30))
    with pytest.raises(UnsuitableError, match="no opaque patch"):
        find_matches(picture, picture, valid=torch.zeros(1, 1, 30, 30))
    with pytest.raises(UnsuitableError, match="the texture is 30 × 9 pixels"):
        find_matches(picture, picture[..., :9, :])


def test_uses_are_counted_in_squares_of_the_stride():
    uses = np.zeros((6, 6), np.int64)
    uses[2, 2], uses[3, 3] = 5, 2
    found = Matches(PATCH, 2, np.zeros((1, 1, 2), np.int64), np.zeros((1, 1)), uses, uses >= 0)
    counts = found.place_uses()
    assert counts.shape == (6, 6)
    assert (counts[2, 2], counts[1, 1], counts[3, 3], counts[0, 0]) == (7, 5, 2, 0)
    assert found.most_used() == (2, 2, 7)
    assert found.even == pytest.approx(4 * 7 / 36)


def test_a_piece_that_was_copied_is_told_from_what_was_put_together_anew():
    rows, columns = np.meshgrid(np.arange(12), np.arange(12), indexing="ij")
    places = np.random.default_rng(0).integers(0, 40, (12, 12, 2))
    # One patch in the piece comes from elsewhere, as noise makes it, and its neighbors count all the same.
    places[2:10, 3:11] = np.stack([rows, columns], axis=-1)[2:10, 3:11] + [5, 7]
    places[5, 6] = [30, 1]
    uses = np.ones((40, 40), np.int64)
    copied = Matches(PATCH, 1, places, np.zeros((12, 12)), uses, uses > 0).copied_pieces()
    inside = np.zeros((12, 12), bool)
    inside[3:9, 4:10] = True
    inside[5, 6] = False
    assert copied[inside].all()
    assert not copied[5, 6]
    outside = np.ones((12, 12), bool)
    outside[2:10, 3:11] = False
    assert not copied[outside].any()


@pytest.mark.parametrize(
    ("uses_of_one", "uses_of_others", "stride", "limit"),
    [(3, 1, 1, 32), (40, 1, 1, 32), (3, 0, 1, 16), (20, 0, 1, 16), (300, 10, 1, 320), (60, 1, 2, 128)],
)
def test_overused_is_what_is_used_far_more_than_the_rest(uses_of_one, uses_of_others, stride, limit):
    uses = np.full((100, 100), uses_of_others, np.int64)
    uses[50, 50] = uses_of_one
    found = Matches(PATCH, stride, np.zeros((1, 1, 2), np.int64), np.zeros((1, 1)), uses, uses >= 0)
    assert found.overused_from == pytest.approx(limit, rel=0.02)
    assert found.is_overused() == (uses_of_one >= limit)


def test_a_picture_of_itself_uses_nothing_too_often():
    exemplar = tensor(clouds(64, 64))
    assert not find_matches(exemplar, exemplar).is_overused()


def test_large_pictures_are_looked_at_more_coarsely():
    assert affordable_stride((64, 64), (64, 64), 11) == 1
    assert affordable_stride((256, 256), (512, 512), 11) == 4
    assert affordable_stride((1024, 1024), (4096, 4096), 11) == 64


def test_the_color_code_has_the_corners_colors_and_no_color_twice():
    grid = np.stack(np.meshgrid(np.arange(64), np.arange(64), indexing="ij"), axis=-1)
    colors = color_code(grid, (64, 64))
    assert np.allclose(colors[0, 0], CORNERS[0, 0])
    assert np.allclose(colors[-1, -1], CORNERS[1, 1])
    assert len(np.unique(colors.reshape(-1, 3), axis=0)) > 0.99 * 64 * 64


def test_the_figure_maps_a_picture_onto_itself_in_the_colors_of_the_key():
    picture = bricks(48, 64)
    found = find_matches(tensor(picture), tensor(picture))
    copied, coverage = copying(tensor(picture), tensor(picture))
    known = Exemplar(tensor(picture))
    figure = draw_matches(known, known, found, copied=copied, coverage=coverage, subtitle="a, b")
    key, mapped = (axes.images[0].get_array() for axes in (figure.axes[3], figure.axes[4]))
    assert key.shape == (38, 54, 3)
    assert np.allclose(key, mapped)
    title = figure.get_suptitle().replace("\n", " ")
    assert "100 % copied in blocks, coverage 100 %; most used place: 1 use (not overused)" in title
    assert "maps of patches of 11×11 pixels" in title
    explained = figure.get_supxlabel().replace("\n", " ")
    assert "if all were used alike, each would have 1 use. Overused is what has 32 times as many" in explained
    assert "Copied: share of neighboring patches (of 11×11 pixels, one at every 4th of the texture)" in explained
    assert figure.axes[4].get_xlim() == (-0.5, 63.5)
    assert figure.axes[4].images[0].get_extent() == [4.5, 58.5, 42.5, 4.5]


# The command.


@pytest.fixture
def matches(call):
    """Run `inspect matches`: exit status, stdout, stderr."""
    return lambda *arguments: call("inspect", "matches", *arguments)


def test_the_command_writes_the_figure_and_its_numbers(matches, here):
    save(here / "made.png", bricks(64, 80)[10:60, 5:])
    status, out, err = matches("bricks.png", "made.png", "-o", "m.png", "--numbers", "m.npz", "--json", "--stride", 2)
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert (told["output"], told["numbers"], told["pictures"]) == ("m.png", "m.npz", ["bricks.png", "made.png"])
    assert (told["patch"], told["stride"]) == (11, 2)
    assert load(here / "m.png").shape[:2] == (1080, 1500)
    with np.load(here / "m.npz") as numbers:
        assert numbers["places"].shape == (20, 33, 2)
        assert numbers["uses"].shape == (54, 54)
        assert numbers["uses"].sum() == 20 * 33
        assert numbers["most_used_uses"] == told["most_used"]["uses"] >= 1
        assert float(numbers["copied"]) == told["copied"]
        assert numbers["distances_8_bit_levels"].max() > 1


def test_the_command_writes_svg_and_json(matches, here):
    status, _, err = matches("bricks.png", "bricks.png", "-o", "m.svg", "--numbers", "m.json")
    assert (status, err) == (0, "m.svg: 100 % copied, coverage 100 %\n")
    assert (here / "m.svg").read_text().lstrip().startswith("<?xml")
    assert json.loads((here / "m.json").read_text())["places"][3][4] == [3, 4]


def cut_out(folder):
    cut = np.dstack([bricks(64, 64), np.ones((64, 64))])
    cut[:, :30, 3] = 0
    Image.fromarray(np.rint(cut * 255).astype(np.uint8)).save(folder / "cut.png")


def test_transparent_pixels_are_left_out_by_the_command(matches, here):
    cut_out(here)
    status, out, _ = matches("cut.png", "bricks.png", "-o", "m.png", "--numbers", "m.npz", "--json")
    assert status == 0
    with np.load(here / "m.npz") as numbers:
        assert numbers["places"][..., 1].min() >= 30
    # The left half was copied from what is hidden, and counts as made anew.
    assert json.loads(out)["copied"] < 0.8


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("bricks.png", "bricks.png"), "--output is missing"),
        (("bricks.png", "nowhere.png", "-o", "m.png"), "nowhere.png does not exist"),
        (("bricks.png", "bricks.png", "-o", "m.jpg"), "choose .png or .svg"),
        (("bricks.png", "bricks.png", "-o", "m.png", "--numbers", "m.txt"), "choose .json or .npz"),
        (("bricks.png", "bricks.png", "-o", "bricks.png"), "would be overwritten"),
        (("bricks.png", "bricks.png", "-o", "m.png", "--patch", "1"), "--patch is 1: give a whole number of 2 to 63"),
        (("bricks.png", "bricks.png", "-o", "m.png", "--stride", "0"), "--stride is 0"),
        (("bricks.png", "small.png", "-o", "m.png"), "small.png is 16x16 pixels: give a picture of at least 22x22"),
        (("bricks.png", "bricks.png", "-o", "m.png", "--device", "abacus"), "abacus"),
        (("bricks.png", "cut.png", "-o", "m.png"), "cut.png has transparent parts, which come from no patch"),
    ],
)
def test_a_mistake_is_told_in_one_line(matches, here, arguments, told):
    save(here / "small.png", bricks(16, 16))
    cut_out(here)
    status, out, err = matches(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("texture-engine: ")
    assert told in err
    assert len(err.splitlines()) == 1
    assert not (here / "m.png").exists()
