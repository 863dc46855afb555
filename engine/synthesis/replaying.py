"""Steps on a GPU as one graph: what a step starts one by one is captured once, and then started together.

On a canvas that is not large, a step is some hundred short operations, and starting them takes longer than they do.
"""

import logging

import torch

from engine.synthesis.memory import is_out_of_memory
from engine.synthesis.objective import Objective
from engine.synthesis.solvers import LBFGS, Adam, Solver

# On larger canvases operations take longer than it takes to start them, and a graph holds memory of its own.
MOST_PIXELS = 1024 * 1024
# Capturing takes about as long as some steps.
FEWEST_STEPS = 4


class Steps:
    """Takes the steps of one octave.

    Args:
        solver: Takes them.
        count: How many there will be.
    """

    def __init__(self, solver: Solver, count: int) -> None:
        self._solver = solver
        height, width = solver.picture.shape[2:]
        self._worthwhile = solver.picture.is_cuda and height * width <= MOST_PIXELS and count >= FEWEST_STEPS
        self._graph: torch.cuda.CUDAGraph | None = None

    def forget(self) -> None:
        """Drop what was captured, with its memory, and learnt of the loss, because another objective follows."""
        self._graph = None
        if isinstance(self._solver, LBFGS):
            self._solver.forget()

    def take(self, objective: Objective, step_size: float, step: int) -> None:
        """Take one step.

        Args:
            objective: The loss; always the same between two calls of `forget`.
            step_size: Length of the step.
            step: Its number in this octave, from 0.

        Raises:
            RuntimeError: Something went wrong in torch, such as too little memory.
        """
        solver = self._solver
        solver.step_size = step_size
        changed = objective.begin(step)
        # Adam averages over losses that change with each step; L-BFGS would take the change for curvature.
        if changed and isinstance(solver, LBFGS):
            solver.forget()
        if not (self._worthwhile and isinstance(solver, Adam) and objective.repeatable) or objective.searches:
            solver.step(objective)
            return
        objective.redraw()
        if self._graph is None:
            self._graph = self._captured(solver, objective)
        if self._graph is None:
            solver.step(objective.measure_again)
        else:
            self._graph.replay()

    def _captured(self, solver: Adam, objective: Objective) -> torch.cuda.CUDAGraph | None:
        """Capture a step without taking it; None if it cannot be."""
        graph = torch.cuda.CUDAGraph()
        try:
            # torch captures on the current card, which is the first of several.
            with torch.cuda.device(solver.picture.device), torch.cuda.graph(graph):
                solver.step(objective.measure_again)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise
            logging.getLogger(__name__).warning("steps are not captured on this GPU: %s", error)
            self._worthwhile = False
            return None
        return graph
