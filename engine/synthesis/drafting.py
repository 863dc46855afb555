"""Drafting: how the first filling of a hole gets into the octaves."""

from collections.abc import Iterator

import torch
from torch import Tensor

from engine.synthesis.canvas import Surroundings
from engine.synthesis.completion import complete
from engine.synthesis.exemplar import Exemplar
from engine.synthesis.memory import is_out_of_memory
from engine.synthesis.octaves import Octave
from engine.synthesis.resample import resize

FIRST_OCTAVE = 1


class Draft:
    """A filling that is worked out while the coarse octaves run, and is the start of the finer ones.

    Args:
        exemplar: The sample texture.
        surroundings: What the canvas keeps, at full size; None for no draft.
        memory: Bytes that synthesis may take.

    Attributes:
        shown: Whether an octave has started from it.
    """

    def __init__(self, exemplar: Exemplar, surroundings: Surroundings | None, memory: int) -> None:
        self._rounds: Iterator[tuple[Tensor, Tensor]] = iter(())
        if surroundings is not None:
            self._rounds = complete(exemplar, surroundings, memory)
        self._found: tuple[Tensor, Tensor] | None = None
        self.shown = False

    def advance(self) -> bool:
        """Work on the draft for a moment; tell whether there is more to do."""
        try:
            found = next(self._rounds, None)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            # Without a draft, or with one of an earlier round, the hole is filled all the same.
            self._rounds, found = iter(()), None
        self._found = found or self._found
        return found is not None

    @torch.no_grad()
    def enter(self, octave: Octave, coarse: Tensor, free: Tensor) -> Tensor:
        """Bring the draft into an octave.

        Args:
            octave: Which one.
            coarse: What the octave before ended with.
            free: The same at this octave's size.

        Returns:
            What to start from: the draft in the first octave that it serves; later what the octave before made of
            it, with the details that were too fine for that one.
        """
        if octave.index > FIRST_OCTAVE:
            return free
        while self.advance():
            pass
        if self._found is None:
            return free
        picture, missing = self._found
        # Where a mask is soft, what is kept is what to start from: the free picture of a coarse octave is not.
        here, share = resize(picture, octave.canvas), 1 - resize(missing, octave.canvas).clamp(0, 1)
        if self.shown:
            height, width = coarse.shape[2:]
            here = free + here - resize(resize(picture, (height, width)), octave.canvas)
        self.shown = True
        return (share * here + (1 - share) * free).clamp(0, 1)
