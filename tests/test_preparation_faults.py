"""Pictures that do not fit together, each told in a sentence."""

import numpy as np
import pytest
from preparing import mask_picture, opaque_but_for, picture, plain, ready

from engine.images import Picture
from engine.preparation.job_input import FurtherSource
from engine.request_errors import RequestError
from protocol.vocabulary import Margins

TRANSPARENT = np.zeros((40, 50), np.float32)
FAULTS = {
    "nothing": ({}, "there is nothing to take the texture from: give an exemplar, or a canvas to fill"),
    "exemplar too low": (
        {"exemplar": picture(7, 20)},
        "the exemplar is 20x7 pixels: give one of at least 8x8",
    ),
    "exemplar too narrow": (
        {"exemplar": picture(20, 7)},
        "the exemplar is 7x20 pixels: give one of at least 8x8",
    ),
    "exemplar too large": (
        {"exemplar": Picture(np.broadcast_to(np.float32(0), (4097, 4096, 3)))},
        "the exemplar is 4096x4097 pixels, more than 16,777,216: crop or scale it down",
    ),
    "exemplar transparent": (
        {"exemplar": picture(40, 50, alpha=TRANSPARENT)},
        "the exemplar has hardly any visible pixels: give one with at least 64",
    ),
    "flat texture of a half transparent exemplar": (
        {"exemplar": picture(40, 50, alpha=TRANSPARENT + np.float32(0.5)), "flatten": True},
        "the exemplar has hardly any opaque pixels: give one with at least 64, or leave out `flatten`",
    ),
    "mixture with a half transparent exemplar": (
        {
            "exemplar": picture(40, 50),
            "more": [FurtherSource(picture(40, 50, alpha=TRANSPARENT + np.float32(0.5)))],
        },
        "exemplar 2: the exemplar has hardly any opaque pixels, which alone can be mixed: give one with at least 64",
    ),
    "exemplar with 63 visible pixels": (
        {"exemplar": picture(40, 50, alpha=1 - opaque_but_for(40, 50, slice(0, 7), slice(0, 9)))},
        "the exemplar has hardly any visible pixels: give one with at least 64",
    ),
    "canvas without alpha": (
        {"canvas": picture(40, 50)},
        "the canvas has no transparent part to fill: give a mask of what is to be filled",
    ),
    "canvas opaque": (
        {"canvas": picture(40, 50, alpha=1 - TRANSPARENT)},
        "the canvas has no transparent part to fill: give a mask of what is to be filled",
    ),
    "canvas all but opaque": (
        {"canvas": picture(40, 50, alpha=TRANSPARENT + np.float32(254 / 255))},
        "the canvas has no transparent part to fill: give a mask of what is to be filled",
    ),
    "mask black": (
        {"canvas": picture(40, 50), "mask": plain(40, 50, 0.0)},
        "the mask is black all over, 0 of 255 at most: paint white what is to be synthesized",
    ),
    "mask transparent": (
        {"canvas": picture(40, 50), "mask": plain(40, 50, 1.0, alpha=TRANSPARENT)},
        "the mask is transparent all over: paint white what is to be synthesized",
    ),
    "half transparent exemplar for all of a canvas": (
        {
            "canvas": picture(40, 50),
            "mask": plain(40, 50, 1.0),
            "exemplar": picture(40, 50, alpha=TRANSPARENT + np.float32(0.5)),
        },
        "the exemplar has hardly any opaque pixels, which alone can fill all of a canvas: give one with at least 64",
    ),
    "clear canvas that is extended opaque": (
        {"canvas": picture(40, 50, alpha=TRANSPARENT), "extend": Margins(top=9), "flatten": True},
        "the canvas has 0 pixels that can be seen, and at least 64 are needed: give another one, or an exemplar",
    ),
    "mask of a black shape": (
        {"canvas": picture(40, 50), "mask": plain(40, 50, 0.0, alpha=opaque_but_for(40, 50, slice(9), slice(9)))},
        "the mask is black where it is not transparent: paint white what is to be synthesized, or give its alpha as "
        "the mask",
    ),
    "mask black and half transparent all over": (
        {"canvas": picture(40, 50), "mask": plain(40, 50, 0.0, alpha=TRANSPARENT + np.float32(0.5))},
        "the mask is black all over, 0 of 255 at most: paint white what is to be synthesized",
    ),
    "mask white": (
        {"canvas": picture(40, 50), "mask": plain(40, 50, 1.0)},
        "the mask leaves 0 pixels of the canvas black, and the texture is taken from at least 64: paint more of it "
        "black, or give an exemplar",
    ),
    "mask gray": (
        {"canvas": picture(40, 50), "mask": plain(40, 50, 0.5)},
        "the mask leaves 0 pixels of the canvas black, and the texture is taken from at least 64: paint more of it "
        "black, or give an exemplar",
    ),
    "flat canvas that is half transparent all over": (
        {
            "canvas": picture(40, 50, alpha=TRANSPARENT + np.float32(0.5)),
            "mask": mask_picture(40, 50, slice(9, 15), slice(9, 15)),
            "flatten": True,
        },
        "the canvas has hardly any opaque pixels: give an exemplar, or leave out `flatten`",
    ),
    "exemplar mask black": (
        {"exemplar": picture(40, 50), "exemplar_mask": plain(40, 50, 0.0)},
        "the exemplar mask is black all over, 0 of 255 at most: paint white what may be sampled",
    ),
    "exemplar mask gray": (
        {"exemplar": picture(40, 50), "exemplar_mask": plain(40, 50, 0.9)},
        "0 pixels may be sampled, and at least 64 are needed: paint more of the exemplar mask white",
    ),
    "exemplar mask in the hole": (
        {
            "canvas": picture(40, 50),
            "mask": mask_picture(40, 50, slice(10, 34), slice(20, 40)),
            "exemplar_mask": mask_picture(40, 50, slice(10, 34), slice(20, 41)),
        },
        "24 pixels may be sampled, and at least 64 are needed: allow more context, other sides or more of the "
        "exemplar mask, or name an exemplar",
    ),
    "a hole as wide as the canvas, from its sides": (
        {
            "canvas": picture(40, 50),
            "mask": mask_picture(40, 50, slice(10, 34), slice(0, 50)),
            "sample_from": "sides",
        },
        "0 pixels may be sampled, and at least 64 are needed: allow more context, other sides or more of the "
        "exemplar mask, or name an exemplar",
    ),
    "canvas transparent all over": (
        {"canvas": picture(40, 50, alpha=TRANSPARENT)},
        "the canvas has 0 pixels that can be seen, and at least 64 are needed: give another one, or an exemplar",
    ),
    "mask but for 63 pixels": (
        {
            "canvas": picture(40, 50),
            "mask": Picture(np.repeat(opaque_but_for(40, 50, slice(0, 7), slice(0, 9))[..., None], 3, axis=2)),
        },
        "the mask leaves 63 pixels of the canvas black, and the texture is taken from at least 64: paint more of it "
        "black, or give an exemplar",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_pictures_that_do_not_fit_together_are_told_in_one_sentence(fault):
    given, message = FAULTS[fault]
    with pytest.raises(RequestError) as caught:
        ready(**given)
    assert str(caught.value) == message
