"""Drafting: how the first filling of a hole gets into the octaves."""

from collections.abc import Iterator

import torch
from torch import Tensor

from engine.synthesis.canvas import Surroundings
from engine.synthesis.completion import Filling, complete
from engine.synthesis.exemplar import Exemplar
from engine.synthesis.memory import is_out_of_memory
from engine.synthesis.octaves import Octave
from engine.synthesis.resample import resize

FIRST_OCTAVE = 1


class Draft:
    """A filling that is worked out before the finer octaves, and is what they start from.

    Args:
        exemplar: The sample texture.
        surroundings: What the canvas keeps, at full size; None for no draft.
        memory: Bytes that synthesis may take.

    Attributes:
        shown: Whether an octave has started from it.
    """

    def __init__(self, exemplar: Exemplar, surroundings: Surroundings | None, memory: int) -> None:
        self._pieces: Iterator[Filling | None] = iter(())
        if surroundings is not None:
            self._pieces = complete(exemplar, surroundings, memory)
        self._found: Filling | None = None
        self.shown = False

    def work(self, octave: Octave) -> Iterator[bool]:
        """Work the draft out, if the octave is the first that starts from it.

        Args:
            octave: The one that comes next.

        Yields:
            After each piece of the work, which takes moments: whether there is something new to see.

        Raises:
            RuntimeError: Something else than a want of memory went wrong in torch.
        """
        while octave.index <= FIRST_OCTAVE:
            try:
                found = next(self._pieces)
            except StopIteration:
                return
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                # Without a draft, or with one of an earlier round, the hole is filled all the same.
                self._pieces = iter(())
                return
            self._found = found or self._found
            yield found is not None

    @torch.no_grad()
    def laid_into(self, octave: Octave, coarse: Tensor, free: Tensor) -> Tensor:
        """Lay what there is of the draft into the picture that an octave would start from.

        Args:
            octave: Which one.
            coarse: What the octave before ended with.
            free: The same at this octave's size.

        Returns:
            What to start from: the draft in the first octave that it serves; later what the octave before made of
            it, with the details that were too fine for that one.
        """
        if octave.index > FIRST_OCTAVE or self._found is None:
            return free
        picture, missing = self._found
        # Where a mask is soft, what is kept is what to start from: the free picture of a coarse octave is not.
        here, share = resize(picture, octave.canvas), 1 - resize(missing, octave.canvas).clamp(0, 1)
        if self.shown:
            height, width = coarse.shape[2:]
            here = free + here - resize(resize(picture, (height, width)), octave.canvas)
        return (share * here + (1 - share) * free).clamp(0, 1)

    def enter(self, octave: Octave, coarse: Tensor, free: Tensor) -> Tensor:
        """Lay the draft into the picture that an octave starts from, as `laid_into` does, for good."""
        found = self.laid_into(octave, coarse, free)
        self.shown = self.shown or found is not free
        return found
