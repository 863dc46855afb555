"""What preparation has made, as what synthesis takes, on a device."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from engine.preparation import Box, JobInput, Mask, Sample
from engine.preparation.islands import Island
from engine.synthesis import Exemplar, Surroundings
from engine.synthesis.exemplar import ExemplarSource, exemplar_of
from engine.synthesis.structure import Content, Guide
from engine.synthesis.structure.islands import Hole
from engine.synthesis.structure.maps import compared_channels
from engine.tensors import to_tensor, writable
from protocol.vocabulary import Settings

USUAL_STRENGTH = 0.5


def exemplar_on(job_input: JobInput, device: torch.device) -> Exemplar:
    """Put the sample texture on a device."""
    samples = ((job_input.exemplar, 1.0), *job_input.more)
    labels = None if job_input.guidance is None else job_input.guidance.sources
    numbered = [None] * len(samples) if labels is None else [_map(each.astype(np.float32), device) for each in labels]
    exemplar = exemplar_of(
        [_source_on(sample, share, each, device) for (sample, share), each in zip(samples, numbered, strict=True)]
    )
    if job_input.maps is None:
        return exemplar
    valid = np.ones(exemplar.size, bool) if job_input.exemplar.valid is None else job_input.exemplar.valid > 0
    maps = compared_channels(job_input.maps.channels, job_input.maps.counts, job_input.exemplar.pixels, valid)
    return replace(exemplar, maps=to_tensor(maps, device))


def _source_on(sample: Sample, share: float, labels: Tensor | None, device: torch.device) -> ExemplarSource:
    valid = None if sample.valid is None else _map(sample.valid, device)
    return ExemplarSource(to_tensor(sample.pixels, device), valid, share, labels)


def guide_of(job_input: JobInput) -> Guide | None:
    """Give what belongs where on a new texture; None for anything anywhere."""
    found = job_input.guidance
    return None if found is None else Guide(found.weights, found.strict, found.copies)


def content_of(job_input: JobInput, settings: Settings) -> Content | None:
    """Give the picture that a new texture redraws; None for none."""
    strength = USUAL_STRENGTH if settings.strength is None else settings.strength
    if job_input.content is None or not strength:
        return None
    return Content(job_input.content, strength, by_color=settings.content_by == "color")


def surroundings_on(job_input: JobInput, device: torch.device) -> Surroundings | None:
    """Put what the canvas keeps on a device; None for a new texture."""
    if job_input.known is None or job_input.free is None:
        return None
    known, free = to_tensor(job_input.known, device), _map(job_input.free, device)
    return Surroundings(known, free, job_input.offset, [hole_of(each) for each in job_input.islands], job_input.fits)


def hole_of(island: Island) -> Hole:
    """Turn an island into a hole for synthesis."""
    sampled = None if island.sampled is None else _slices(island.sampled)
    return Hole(_slices(island.window), island.hole, sampled, island.follows)


def _slices(box: Box) -> tuple[slice, slice]:
    return slice(box.top, box.bottom), slice(box.left, box.right)


def _map(values: Mask, device: torch.device) -> Tensor:
    return torch.from_numpy(writable(values))[None, None].to(device)
