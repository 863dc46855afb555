"""Draw Gram matrices, which describe a texture by the features that occur together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor, nn

from engine.encoders import Encoder
from engine.images.picture import FloatArray
from engine.inspection.encoding import encode, visible
from engine.inspection.sheets import new_sheet, show_picture, size_text
from engine.synthesis import Exemplar
from engine.synthesis.canvas import color_noise
from engine.synthesis.critics.base import rows
from engine.synthesis.critics.gram import gram_loss, gram_matrix
from engine.synthesis.exemplar import valid_regions
from engine.tensors import to_array

STRONGEST = 5
COLORS = "inferno"
TOLD_WIDTH = 2.5
BAR_WIDTH = 0.55
# Side of a heat map, inches, by the most features that are shown that large.
SIDES = ((128, 2.8), (256, 3.8))
LARGE_SIDE = 5.6


@dataclass(frozen=True)
class Pair:
    """Two features of a layer that occur together.

    Attributes:
        one: Number of the feature with the smaller number.
        other: Number of the other.
        value: Their entry in the Gram matrix.
        cosine: The entry relative to the geometric mean of both features' energies, in [0, 1].
    """

    one: int
    other: int
    value: float
    cosine: float


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """The Gram matrices of one picture.

    Attributes:
        name: Name of the picture.
        picture: RGB, shape (1, 3, height, width), gray where it is transparent.
        grams: Matrix of every layer, shape (features, features).
    """

    name: str
    picture: Tensor
    grams: Mapping[str, Tensor]

    def losses(self, first: "Fingerprint") -> dict[str, float]:
        """Return the gram critic's loss to another picture, by layer; 0 for equal matrices."""
        return {name: float(gram_loss(gram, first.grams[name])) for name, gram in self.grams.items()}


def fingerprint(name: str, picture: Exemplar, encoder: Encoder, layers: Sequence[str]) -> Fingerprint:
    """Compute the Gram matrices of a picture as the gram critic does."""
    valid = valid_regions(picture.valid, layers)
    grams = {
        layer: gram_matrix(rows(maps, valid.get(layer))).cpu() for layer, maps in encode(picture, encoder, layers)
    }
    return Fingerprint(name, visible(picture), grams)


def noise_like(picture: Exemplar, seed: int) -> Exemplar:
    """Return white noise with the mean and covariance of a picture's colors, at its size; some is outside [0, 1]."""
    return Exemplar(color_noise(picture, picture.size, torch.Generator().manual_seed(seed)))


def strongest_pairs(gram: Tensor) -> list[Pair]:
    """Return the pairs of different features with the largest entries.

    Args:
        gram: Shape (features, features), symmetric.

    Returns:
        Five pairs at most, the strongest first.
    """
    one, other = torch.triu_indices(len(gram), len(gram), offset=1)
    values = gram[one, other]
    energies = gram.diagonal()
    found = values.argsort(descending=True, stable=True)[:STRONGEST].tolist()
    return [
        Pair(
            int(one[n]),
            int(other[n]),
            float(values[n]),
            min(1.0, float(values[n] / (energies[one[n]] * energies[other[n]]).sqrt().clamp_min(1e-12))),
        )
        for n in found
    ]


def filters(encoder: Encoder) -> FloatArray:
    """Return the kernels of the first convolution as colors.

    Args:
        encoder: The network.

    Returns:
        RGB in [0, 1], shape (features, 3, 3, 3): feature, row, column, color. Gray is a weight of 0; the largest
            weight of a filter, of either sign, is full light or none.
    """
    convolution = cast("nn.Conv2d", cast("nn.ModuleList", encoder.blocks[0])[0])
    weights = convolution.weight.detach().float().cpu()
    largest = weights.abs().amax(dim=(1, 2, 3), keepdim=True).clamp_min(1e-12)
    shown: FloatArray = (0.5 + 0.5 * weights / largest).permute(0, 2, 3, 1).contiguous().numpy()
    return shown


def shown_order(grams: Sequence[Tensor]) -> tuple[list[int], int]:
    """Return the order in which features are drawn.

    Args:
        grams: A layer's matrices, one for each picture.

    Returns:
        Numbers of the features that answer to any of the pictures, those with the most energy in the first one
            first, and how many there are; the first feature alone where none does.
    """
    energies = torch.stack([gram.diagonal() for gram in grams])
    answering = energies.amax(dim=0) > 0
    order = [n for n in energies[0].argsort(descending=True, stable=True).tolist() if answering[n]]
    return order or [0], len(order)


def gram_numbers(found: Sequence[Fingerprint]) -> dict[str, Any]:
    """Return the numbers behind the figure: matrices, losses against the first picture, strongest pairs."""
    numbers: dict[str, Any] = {"fingerprints": [one.name for one in found], "layers": list(found[0].grams)}
    for layer in found[0].grams:
        numbers[f"{layer}_grams"] = np.stack([one.grams[layer].numpy() for one in found])
        numbers[f"{layer}_losses"] = [one.losses(found[0])[layer] for one in found]
        pairs = [strongest_pairs(one.grams[layer]) for one in found]
        numbers[f"{layer}_pairs"] = [[(p.one, p.other) for p in listed] for listed in pairs]
        numbers[f"{layer}_pair_values"] = [[p.value for p in listed] for listed in pairs]
    return numbers


def draw_grams(
    found: Sequence[Fingerprint], encoder: Encoder, subtitle: str, noise: Fingerprint | None = None
) -> Figure:
    """Draw the Gram matrices: layers below each other, pictures side by side."""
    layers = list(found[0].grams)
    pictures, found = found, [*found, *([] if noise is None else [noise])]
    most = max(len(gram) for gram in found[0].grams.values())
    side = next((side for count, side in SIDES if most <= count), LARGE_SIDE)
    figure, axes = new_sheet(
        f"Gram matrices: which features occur together in {', '.join(one.name for one in found)}",
        subtitle,
        "An entry is the mean over all positions of the product of two features' activations; one color scale per "
        "row, by the square root. Features are in the order of their energy in the first picture, without those that "
        "are silent in all. Loss: squared difference to the first picture's matrix over that one's squared norm."
        + (
            ""
            if noise is None
            else " The noise has the mean and covariance of the first picture's colors; its own matrices may be "
            "brighter than the end of the scale."
        ),
        rows=len(layers) + 1,
        columns=len(found) + 2,
        size=(len(found) * side + BAR_WIDTH + TOLD_WIDTH + 0.6, len(layers) * (side + 0.3) + side + 1.2),
        widths=[*[side] * len(found), BAR_WIDTH, TOLD_WIDTH],
    )
    sizes = [tuple(one.picture.shape[2:]) for one in found]
    for place, one in zip(axes[0], found, strict=False):
        show_picture(place, to_array(one.picture), f"{one.name}, {size_text(one.picture.shape[2:])}", sizes)
    for place in axes[0, len(found) :]:
        place.set_axis_off()
    for line, layer in zip(axes[1:], layers, strict=True):
        order, answering = shown_order([one.grams[layer] for one in found])
        matrices = [one.grams[layer].numpy()[np.ix_(order, order)] for one in found]
        # The scale of the pictures, as noise would darken them.
        scale = PowerNorm(0.5, 0, max(float(one.grams[layer].max()) for one in pictures) or 1.0, clip=True)
        for place, one, matrix in zip(line, found, matrices, strict=False):
            image = place.imshow(matrix, cmap=COLORS, norm=scale, interpolation="auto")
            loss = "" if one is found[0] else f", loss {one.losses(found[0])[layer]:.3g}"
            place.set_title(f"{layer}: {answering} of {len(one.grams[layer])} features{loss}", fontsize=9)
            ticks = range(0, len(order), math.ceil(len(order) / 16))
            names = [str(order[n]) for n in ticks]
            place.set_xticks(ticks, names, rotation=90)
            place.set_yticks(ticks, names)
            place.set_xlabel("feature, by number", fontsize=8)
            place.set_ylabel("feature, by number", fontsize=8)
            place.tick_params(labelsize=7)
        beyond = "neither" if noise is None else "max"
        # By the square root, high numbers are close together.
        bar = figure.colorbar(image, cax=line[len(found)], extend=beyond, ticks=MaxNLocator(4))
        bar.ax.tick_params(labelsize=7)
        bar.ax.set_box_aspect(14)
        bar.ax.set_title("mean\nproduct", fontsize=8)
        shown = filters(encoder) if layer == next(iter(encoder.layers)) else None
        _tell_pairs(line[-1], found[0], layer, shown)
    return figure


def _tell_pairs(place: Axes, first: Fingerprint, layer: str, shown: FloatArray | None) -> None:
    """Draw the strongest pairs of features of the first picture, with their filters if there are any."""
    place.set_axis_off()
    place.set_xlim(0, 1)
    place.set_ylim(0, 1)
    place.text(0, 0.97, f"strongest pairs of {layer}\nin {first.name}", fontsize=9, weight="bold", va="top")
    for number, pair in enumerate(strongest_pairs(first.grams[layer])):
        height = 0.74 - 0.15 * number
        place.text(
            0.42 if shown is not None else 0.0,
            height,
            f"{pair.one} and {pair.other}: {pair.value:.3g}\n(cosine {pair.cosine:.2f})",
            fontsize=9,
            va="center",
        )
        if shown is not None:
            for left, feature in ((0.0, pair.one), (0.2, pair.other)):
                swatch = place.inset_axes((left, height - 0.065, 0.18, 0.13))
                swatch.imshow(shown[feature], interpolation="nearest")
                swatch.set_xticks([])
                swatch.set_yticks([])
    if shown is not None:
        place.text(0, 0.0, "squares: the filters, 3×3 pixels in\ncolor; gray is a weight of 0", fontsize=8, va="top")
