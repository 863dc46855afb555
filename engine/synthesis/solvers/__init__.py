"""Solvers: optimizers of a picture in the box [0, 1]."""

from engine.synthesis.solvers.adam import Adam
from engine.synthesis.solvers.base import Solver
from engine.synthesis.solvers.lbfgs import LBFGS

__all__ = ["LBFGS", "Adam", "Solver"]
