"""The model of Portilla and Simoncelli: statistics of wavelets, by the library plenoptic.

J. Portilla and E. P. Simoncelli, "A parametric texture model based on joint statistics of complex wavelet
coefficients", International Journal of Computer Vision 40(1), 2000.
"""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import torch
from torch import Tensor, nn

from engine.inspection.limits import UnsuitableError
from engine.synthesis.octaves import Size

NOT_INSTALLED = (
    "portilla-simoncelli (2000) needs the library plenoptic, which is not installed: "
    'pip install ".[compare]" in a clone of this project'
)
MOST_SCALES = 4
FEWEST_SCALES = 2
ORIENTATIONS = 4
NEIGHBORHOOD = 7
COARSEST = 8
"""Least side at the coarsest scale, where correlations over the neighborhood must still fit."""
SMALLEST_SIDE = COARSEST * 2**FEWEST_SCALES
STEPS = {"draft": 5, "normal": 20, "best": 40}
"""Steps of L-BFGS, ten evaluations each; with 20 the loss falls to half a percent of its start."""
EVALUATIONS = 10
HISTORY = 100
# A component that varies less is below one step of 8 bits, and its statistics are those of rounding.
LEAST_SPREAD = 1 / 512

OnProgress = Callable[[int, int, float], None]


@dataclass(frozen=True, eq=False)
class Components:
    """The exemplar's own axes of color.

    Attributes:
        mean: Mean color, shape (3,).
        axes: Unit vectors in RGB, one row for each component that varies, the widest first; shape (components, 3).
        low: Least value along each axis, shape (components,).
        width: Range of values along each axis, likewise.
    """

    mean: Tensor
    axes: Tensor
    low: Tensor
    width: Tensor

    def split(self, picture: Tensor) -> Tensor:
        """Convert RGB (1, 3, height, width) to components (1, components, …); the exemplar's are in [0, 1]."""
        along = torch.einsum("kc,bchw->bkhw", self.axes, picture - self.mean[:, None, None])
        return (along - self.low[:, None, None]) / self.width[:, None, None]

    def join(self, components: Tensor) -> Tensor:
        """Convert components to RGB in [0, 1]."""
        along = components * self.width[:, None, None] + self.low[:, None, None]
        return (torch.einsum("kc,bkhw->bchw", self.axes, along) + self.mean[:, None, None]).clamp(0, 1)


def missing_library() -> str | None:
    """Import the library; return a sentence if that fails, else None."""
    if find_spec("plenoptic") is None:
        return NOT_INSTALLED
    try:
        with _quietly():
            import_module("plenoptic")
    # It imports a dozen others, and a broken one may raise any error.
    except Exception as error:  # noqa: BLE001
        return f"portilla-simoncelli (2000) needs the library plenoptic, which does not load: {error}"
    return None


def color_components(exemplar: Tensor) -> Components:
    """Find the principal components of a picture's colors.

    Args:
        exemplar: RGB in [0, 1], shape (1, 3, height, width).

    Returns:
        Those that vary; none of them for a picture of one color.
    """
    colors = exemplar[0].flatten(1).double()
    mean = colors.mean(dim=1)
    centered = colors - mean[:, None]
    variances, vectors = torch.linalg.eigh(centered @ centered.t() / centered.shape[1])
    order = torch.arange(2, -1, -1)
    axes = vectors.t()[order][variances[order].clamp_min(0).sqrt() >= LEAST_SPREAD]
    along = axes @ centered
    low, high = (along.amin(dim=1), along.amax(dim=1)) if len(axes) else (along.new_zeros(0), along.new_zeros(0))
    return Components(mean.float(), axes.float(), low.float(), (high - low).float())


def portilla_simoncelli(
    exemplar: Tensor, size: Size, *, seed: int, steps: int, on_progress: OnProgress | None = None
) -> Tensor:
    """Synthesize a texture with the statistics of Portilla and Simoncelli.

    The paper is about gray pictures. Here each principal component of the exemplar's colors is one: together they
    have no linear correlation left, but what else ties colors together is lost. The canvas is made at the next
    size that can be halved often enough, and cut; of the exemplar the middle is used, for the same reason. There are
    four scales, as in the paper, and fewer for an exemplar below 128 pixels.

    Args:
        exemplar: RGB in [0, 1], shape (1, 3, height, width).
        size: Height and width of the texture, pixels.
        seed: Seed of the random start.
        steps: Steps of L-BFGS, ten evaluations each.
        on_progress: Called with steps done, steps in total and the loss.

    Returns:
        RGB in [0, 1], shape (1, 3, height, width).

    Raises:
        UnsuitableError: The exemplar is too small.
    """
    scales = _scales(exemplar)
    multiple = 2**scales
    middle = _middle(exemplar, multiple)
    canvas = tuple(max(COARSEST, -(-side // multiple)) * multiple for side in size)
    parts = color_components(middle)
    if not len(parts.axes):
        return parts.mean[None, :, None, None].expand(1, 3, *size).clone()
    target = parts.split(middle)
    spread = target.std(dim=(2, 3), keepdim=True)
    noise = torch.randn((1, len(parts.axes), *canvas), generator=torch.Generator().manual_seed(seed)).to(target)
    start = (target.mean(dim=(2, 3), keepdim=True) + spread * noise).clamp(0, 1)
    made = parts.join(_optimize(target, start, scales, steps, on_progress))
    return made[..., : size[0], : size[1]].contiguous()


def _scales(exemplar: Tensor) -> int:
    height, width = exemplar.shape[2:]
    if min(height, width) < SMALLEST_SIDE:
        raise UnsuitableError(
            f"the exemplar is {width} × {height} pixels, and this method needs {SMALLEST_SIDE} on each side"
        )
    # As many scales as leave the coarsest one its minimum side.
    return min(MOST_SCALES, (min(height, width) // COARSEST).bit_length() - 1)


def _middle(exemplar: Tensor, multiple: int) -> Tensor:
    height, width = exemplar.shape[2:]
    rows, columns = (side // multiple * multiple for side in (height, width))
    top, left = (height - rows) // 2, (width - columns) // 2
    return exemplar[..., top : top + rows, left : left + columns].contiguous()


def _optimize(target: Tensor, start: Tensor, scales: int, steps: int, on_progress: OnProgress | None) -> Tensor:
    with _quietly():
        import plenoptic

        shapes = {tuple(one.shape[2:]) for one in (target, start)}
        sizes = {
            shape: plenoptic.models.PortillaSimoncelli(shape, scales, ORIENTATIONS, NEIGHBORHOOD).to(target)
            for shape in shapes
        }
        loss = plenoptic.loss.portilla_simoncelli_loss_factory(sizes[tuple(target.shape[2:])], target)
        metamer = plenoptic.Metamer(target, _AnySize(sizes), loss_function=loss)
        metamer.setup(
            start,
            optimizer=torch.optim.LBFGS,
            optimizer_kwargs={
                "lr": 1,
                "max_iter": EVALUATIONS,
                "max_eval": EVALUATIONS,
                "history_size": HISTORY,
                "line_search_fn": "strong_wolfe",
            },
        )
        for step in range(steps):
            metamer.synthesize(max_iter=1, stop_criterion=0.0)
            if on_progress is not None:
                on_progress(step + 1, steps, float(metamer.losses[-1]))
        found: Tensor = metamer.metamer.detach()
    return found


class _AnySize(nn.Module):
    """The model for the exemplar's size and for the canvas's: their statistics compare, whatever the sizes."""

    def __init__(self, sizes: dict[tuple[int, ...], nn.Module]) -> None:
        super().__init__()
        self._shapes = list(sizes)
        self._models = nn.ModuleList(sizes.values())
        self.eval()

    def forward(self, picture: Tensor) -> Tensor:
        model = self._models[self._shapes.index(tuple(picture.shape[2:]))]
        found: Tensor = model(picture)
        return found


@contextmanager
def _quietly() -> Iterator[None]:
    # The library draws a progress bar of its own for every call, and warns of sizes that differ.
    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
