"""New textures from translucent exemplars."""

import numpy as np
import pytest
from engines import pixels, raster, short_job
from pictures import bricks, clouds
from runs import run
from translucent_pictures import lace, veil


def texture(colors, alpha, **wishes):
    """Synthesize a texture from an exemplar with alpha: colors and alpha of what is made."""
    asked = {"recipe": "photo", "quality": "draft", "steps": None, **wishes}
    found = pixels(run(short_job(exemplar=raster(np.dstack([colors, alpha])), **asked)).end.raster)
    return found[..., :-1], found[..., -1]


# New textures.


def test_an_exemplar_with_holes_gives_a_texture_with_holes():
    colors, alpha = lace()
    found, opacity = texture(colors, alpha, width=128, height=112)
    assert found.shape == (112, 128, 3)
    assert (opacity < 3).mean() == pytest.approx((alpha == 0).mean(), rel=0.1)
    assert (opacity > 252).mean() == pytest.approx((alpha == 1).mean(), rel=0.1)
    # Its holes go on in their order: shifted by a period it is the same.
    apart = np.abs(opacity[:, 12:].astype(int) - opacity[:, :-12])
    assert np.median(apart) <= 2


def test_no_color_that_nobody_sees_is_sampled():
    colors, alpha = lace()
    found, opacity = texture(colors, alpha, width=96, height=96)
    seen = found[opacity > 20].astype(int)
    assert (seen[:, 0] - seen[:, 1]).max() < 40


def test_colors_of_one_level_of_alpha_are_synthesized_as_if_they_were_opaque():
    colors, level = bricks(48, 48), np.full((48, 48), 230 / 255, np.float32)
    found, opacity = texture(colors, level, width=64, height=64)
    opaque = pixels(
        run(
            short_job(exemplar=raster(colors), recipe="photo", quality="draft", steps=None, width=64, height=64)
        ).end.raster
    )
    assert np.unique(opacity).tolist() == [230]
    np.testing.assert_array_equal(found, opaque)


def test_alpha_that_follows_brightness_still_does_in_the_texture():
    colors, alpha = veil()
    found, opacity = texture(colors, alpha, width=128, height=128)
    visible = np.corrcoef(found[..., 0].ravel(), opacity.ravel())[0, 1]
    assert visible > 0.95
    assert opacity.mean() / 255 == pytest.approx(alpha.mean(), abs=0.05)
    assert opacity.std() / 255 == pytest.approx(alpha.std(), rel=0.25)


def test_alpha_of_strokes_of_one_color_is_found_again():
    alpha = clouds(80, 80)[..., 0]
    alpha = np.clip((alpha - 0.4) * 4, 0, 1)
    black = np.zeros((80, 80, 3), np.float32)
    found, opacity = texture(black, alpha, width=80, height=80)
    assert found[opacity > 20].max() <= 12
    assert opacity.mean() / 255 == pytest.approx(alpha.mean(), abs=0.1)
    assert opacity.min() <= 2
    assert opacity.max() >= 250


@pytest.mark.parametrize("recipe", ["gram", "sliced", "patch"])
def test_every_recipe_takes_alpha_as_a_part_of_the_texture(recipe):
    colors, alpha = lace(48, 48)
    _, opacity = texture(colors, alpha, recipe=recipe, steps=2, width=40, height=40)
    assert opacity.min() < 20
    assert opacity.max() > 235


def test_a_flat_texture_is_made_of_what_is_opaque_alone_and_is_opaque():
    colors, alpha = lace()
    end = run(
        short_job(
            exemplar=raster(np.dstack([colors, alpha])),
            recipe="photo",
            quality="draft",
            steps=None,
            width=64,
            height=64,
            flatten=True,
        )
    ).end
    assert end.raster.channels == 3
    found = pixels(end.raster).astype(int)
    assert (found[..., 0] - found[..., 1]).max() < 40


def test_a_texture_that_tiles_has_alpha_that_tiles():
    colors, alpha = veil(64, 64)
    _, opacity = texture(colors, alpha, width=64, height=64, seamless="both")
    steps = np.abs(np.diff(opacity.astype(int), axis=0)).mean()
    assert np.abs(opacity[0].astype(int) - opacity[-1]).mean() < 2 * steps


def test_frames_show_alpha_too():
    colors, alpha = lace(64, 64)
    seen = run(
        short_job(
            exemplar=raster(np.dstack([colors, alpha])),
            recipe="photo",
            quality="draft",
            steps=None,
            width=64,
            height=64,
            frame_interval=0.0,
        )
    )
    assert {frame.raster.channels for frame in seen.frames} == {4}
    last = pixels(seen.frames[-1].raster)[..., 3]
    assert (last < 60).mean() == pytest.approx((alpha < 60 / 255).mean(), abs=0.15)
