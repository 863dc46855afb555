"""New textures that redraw a content, or whose exemplar is rotated and scaled, in a real GIMP."""

import numpy as np
import pytest
from pictures import save
from plugged import array_of
from test_transforming import apart, direction, stripes

WIDTH, HEIGHT = 96, 80
CODE = """
def layer_of(path):
    return opened(path).get_layers()[0]


def made(**wishes):
    image = opened(exemplar)
    before = everything(image)
    _made_in, layer = called("new", image, image.get_layers(), quality="draft", **wishes)
    return {"box": box_of(layer), "picture": kept(layer), "rest": everything(image) == before}


def not_made(**wishes):
    image = opened(exemplar)
    return refused("new", image, image.get_layers(), quality="draft", **wishes)


def content():
    return made(content=layer_of(ramp), strength=0.8, width=40, height=30)


def rotation():
    return made(exemplar_rotation=90.0, width=96, height=80)


def rotation_map():
    return made(rotation_map=layer_of(quarter))


def scale():
    return made(exemplar_scale=0.5, width=96, height=80)


def repeated():
    image, other = opened(exemplar), opened(ramp)
    called("new", image, image.get_layers(), quality="draft", content=other.get_layers()[0])
    other.remove_layer(other.get_layers()[0])
    return refused("repeat", image, image.get_layers())


def several_sizes():
    return not_made(rotation_map=layer_of(quarter), scale_map=layer_of(exemplar))


def colored_map():
    return not_made(rotation_map=layer_of(orange))


def strength_out_of_range():
    return not_made(content=layer_of(ramp), strength=1.5)


def scale_out_of_range():
    return not_made(exemplar_scale=9.0)


cases = [
    content,
    rotation,
    rotation_map,
    scale,
    repeated,
    several_sizes,
    colored_map,
    strength_out_of_range,
    scale_out_of_range,
]
"""


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("shaped")
    ramp = np.linspace(0, 1, WIDTH)[None, :, None].repeat(HEIGHT, axis=0).repeat(3, axis=2)
    flat = np.ones((HEIGHT, WIDTH, 3))
    pictures = {"exemplar": stripes(), "ramp": ramp, "quarter": 0.25 * flat, "orange": (0.9, 0.4, 0.1) * flat}
    for name, picture in pictures.items():
        save(folder / f"{name}.png", picture)
    return plugged.cases(
        CODE, folder / "run", starts=False, **{name: str(folder / f"{name}.png") for name in pictures}
    )


def picture_of(case):
    assert case["box"][2:] == [WIDTH, HEIGHT]
    assert case["rest"]
    return array_of(case["picture"])[..., :3].astype(np.float32) / 255


def test_a_content_is_redrawn_and_gives_the_size(cases):
    columns = picture_of(cases["content"]).mean(axis=(0, 2))
    assert np.corrcoef(columns, np.arange(WIDTH))[0, 1] > 0.6


@pytest.mark.parametrize("case", ["rotation", "rotation_map"])
def test_the_exemplar_is_rotated(cases, case):
    assert apart(direction(picture_of(cases[case])), 90) < 12


def test_the_exemplar_is_scaled(cases):
    assert apart(direction(picture_of(cases["scale"])), 0) < 12


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("repeated", "no longer exists"),
        ("several_sizes", "96 × 80 px"),
        ("colored_map", "has colors"),
        ("strength_out_of_range", "strength"),
        ("scale_out_of_range", "exemplar-scale"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(cases, case, words):
    assert words in cases[case]
