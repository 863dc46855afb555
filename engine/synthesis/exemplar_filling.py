"""Fill the masked parts of an exemplar from the rest, before its structure is laid out."""

from collections.abc import Callable
from dataclasses import replace

import torch

from engine.synthesis.exemplar import Exemplar, ExemplarSource, exemplar_of
from engine.synthesis.matching.choice import matcher_for
from engine.synthesis.pixels import as_array, as_mask
from engine.synthesis.structure import FillInput, build, plan_holes

# With a larger masked share, the rest is too little to fill from.
LARGEST_SHARE = 0.5


def fill_masked_parts(exemplar: Exemplar, seed: int, stopped: Callable[[], bool] = lambda: False) -> Exemplar:
    """Fill what may not be sampled from what may.

    At coarse scales an exemplar with holes has few whole patches, or none, and textures of it melt. What is filled in
    comes from the rest of it, so nothing that may not be sampled is.

    Args:
        exemplar: The sample texture.
        seed: Another seed fills it otherwise.
        stopped: Returns whether to stop; asked between two pieces of the work.

    Returns:
        The exemplar; each source is as it was if all of it may be sampled, or too little, or it stopped before.
    """
    sources = exemplar.sources
    found = [_completed(source, seed, stopped) for source in sources]
    unchanged = all(each is source for each, source in zip(found, sources, strict=True))
    return exemplar if unchanged else exemplar_of(found)


def _completed(source: ExemplarSource, seed: int, stopped: Callable[[], bool]) -> ExemplarSource:
    valid = as_mask(source)
    if valid.all() or (~valid).mean() > LARGEST_SHARE:
        return source
    colors = as_array(source.picture)
    found = colors
    fill_input = FillInput(colors, ~valid, colors, valid, (0, 0))
    for stage in build(plan_holes(fill_input), seed, matcher_for(source.picture.device)):
        if stopped():
            return source
        if stage is not None and stage.colors.shape == colors.shape:
            found = stage.colors
    picture = torch.from_numpy(found).permute(2, 0, 1)[None].clamp(0, 1).to(source.picture)
    return replace(source, picture=picture, valid=None)
