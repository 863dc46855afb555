"""Reflection at the border."""

import pytest
import torch
import torch.nn.functional as F

from engine.synthesis.reflection import reflected

SIZES = pytest.mark.parametrize("size", [(2, 2), (2, 5), (3, 4), (7, 6)])


@SIZES
def test_a_border_of_one_pixel_is_reflected(size):
    maps = torch.randn(1, 3, *size)
    assert torch.equal(reflected(maps), F.pad(maps, (1, 1, 1, 1), mode="reflect"))


@SIZES
def test_the_gradient_is_that_of_finite_differences(size):
    maps = torch.randn(1, 2, *size, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(reflected, maps)
