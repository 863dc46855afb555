"""Search for the nearest of an exemplar's patches: among all of them, or faster with a k-d tree."""

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

CACHED = 16 * 2**20
"""Bytes of similarities that a processor's caches hold, more or less."""

# Of a tree: how many components it compares, and how much farther than the nearest key another may be, as a share.
COMPONENTS = 12
SLACK = 4.0


class PatchSearch(Protocol):
    """Nearest keys, found one way or another."""

    def match(self, queries: Tensor, *, order: Tensor | None = None) -> Tensor:
        """Find the key that is nearest to each query.

        Args:
            queries: Shape (queries, length).
            order: Order in which queries are served, which matters with a penalty; as they come by default.

        Returns:
            For each query the number of its key, int64.
        """


class AllKeys:
    """Exact search by a matrix product of queries and keys, in chunks.

    With a repetition penalty, keys that earlier chunks used beyond their even share of all queries lose that much
    similarity per even share.

    Args:
        keys: Shape (keys, length).
        by_distance: Whether the key at the smallest distance is found, or that with the largest product.
        repetition_penalty: Penalty, 0 for plain nearest neighbors.
        memory: Bytes that the similarities of one chunk may take.
    """

    def __init__(
        self, keys: Tensor, *, by_distance: bool = False, repetition_penalty: float = 0.0, memory: int = 256 * 2**20
    ) -> None:
        self._keys = keys
        # For a query q the nearest of all keys k is that with the largest q·k − |k|²/2.
        self._gain = -0.5 * (keys**2).sum(dim=1) if by_distance else keys.new_zeros(len(keys))
        self._repetition_penalty = repetition_penalty
        self._memory = memory

    def match(self, queries: Tensor, *, order: Tensor | None = None) -> Tensor:
        """Find the key that is nearest to each query; see `PatchSearch`."""
        keys = self._keys
        found = torch.empty(len(queries), dtype=torch.int64, device=queries.device)
        used = torch.zeros(len(keys), dtype=queries.dtype, device=queries.device)
        share = max(1.0, len(queries) / len(keys))
        chunk = max(1, self._memory // (len(keys) * queries.element_size()))
        if self._repetition_penalty:
            # Usage is only known between chunks, so there have to be some.
            chunk = min(chunk, max(64, -(-len(queries) // 16)))
        if order is None:
            order = torch.arange(len(queries), device=queries.device)
        rows = chunk if queries.is_cuda else max(1, min(chunk, CACHED // (len(keys) * queries.element_size())))
        # Written again and again: memory that is fresh for every block costs the processor more than the product.
        similarity = queries.new_empty(min(rows, len(queries)), len(keys))
        for part in torch.split(order, chunk):
            gain = self._gain
            if self._repetition_penalty:
                gain = gain - self._repetition_penalty * (used / share - 1).clamp_min_(0)
            for block in torch.split(part, rows):
                # Both in one operation: similarities are many, and going through them takes as long as the product.
                here = torch.addmm(gain, queries[block], keys.t(), out=similarity[: len(block)])
                found[block] = here.argmax(dim=1)
            if self._repetition_penalty:
                used += torch.bincount(found[part], minlength=len(keys)).to(used)
        return found


class KeyTree:
    """Approximate search by distance: a k-d tree over the keys' main components (Bentley 1975).

    Args:
        keys: Shape (keys, length), on the CPU.
    """

    def __init__(self, keys: Tensor) -> None:
        # Here, as it takes a sixth of a second to load, and few jobs need it.
        from scipy.spatial import KDTree

        self._center = keys.mean(dim=0)
        self._axes = main_axes(keys - self._center, COMPONENTS)
        self._tree = KDTree(self._project(keys), balanced_tree=False)

    def match(self, queries: Tensor, *, order: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """Find a key that is near to each query; see `PatchSearch`."""
        threads = torch.get_num_threads()
        return torch.from_numpy(self._tree.query(self._project(queries), eps=SLACK, workers=threads)[1])

    def _project(self, vectors: Tensor) -> NDArray[np.float32]:
        found: NDArray[np.float32] = ((vectors - self._center) @ self._axes).numpy()
        return found


def main_axes(vectors: Tensor, count: int) -> Tensor:
    """Find the directions along which vectors vary most, roughly, by subspace iteration.

    Args:
        vectors: Shape (vectors, length), of mean 0.
        count: Number of directions.

    Returns:
        Orthonormal columns, shape (length, at most count).
    """
    drawn = torch.randn(vectors.shape[1], count, generator=torch.Generator().manual_seed(0)).to(vectors)
    axes: Tensor = torch.linalg.qr(drawn)[0]
    for _ in range(3):
        axes = torch.linalg.qr(vectors.t() @ (vectors @ axes))[0]
    return axes
