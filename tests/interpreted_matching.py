"""Match small pictures by Triton's interpreter on the CPU, in a process of its own, and print what is found, JSON."""

import json

import numpy as np
import torch
from matching import field_for, noise, search, sought_in, source_of
from pictures import clouds

from engine.synthesis.matching import COMPILED, MatchField, MatchSource, Query
from engine.synthesis.matching.on_gpu import TritonMatcher

SIZE = 20


def cases():
    """Everything that a query may have, and nothing of it; patches of 7² pixels."""
    generator = np.random.default_rng(3)
    picture = clouds(40, 70)
    source = source_of(picture[:, :40])
    yield source, sought_in(picture[:SIZE, 44 : 44 + SIZE]), None, {}
    labels = generator.integers(0, 3, source.usable.shape).astype(np.int32)
    query = sought_in(
        noise(SIZE, SIZE, channels=5),
        generator.random((SIZE, SIZE)) < 0.8,
        trust=generator.random((SIZE + 6, SIZE + 6), np.float32),
        wrap=(True, True),
        label_costs=generator.random((SIZE, SIZE, 3), np.float32),
    )
    source = MatchSource(noise(40, 40, channels=5, seed=1), source.usable, labels)
    options = {"proposals": generator.integers(-20, 20, (9, 2)), "tries": 3}
    yield source, query, noise(40, 40, channels=1)[..., 0], options


def compared(source: MatchSource, query: Query, penalty, options):
    """Search by compiled functions, and by kernels in blocks of two sizes."""
    fields, free = {}, query.wanted | query.wanted.T
    for name, matcher in {
        "compiled": COMPILED,
        "kernels": TritonMatcher(torch.device("cpu"), 512),
        "other blocks": TritonMatcher(torch.device("cpu"), 256),
    }.items():
        first = field_for(matcher, query, source, penalty=penalty)
        found = MatchField(first.places.copy(), first.costs.copy())
        search(matcher, found, query, source, penalty, passes=2, **options)
        votes = np.full((2, SIZE + 2, SIZE + 2, source.channels.shape[2]), 7, np.float32)
        for weights, picture in zip((np.exp(-first.costs), None), votes, strict=True):
            matcher.vote(first, source, query.wanted, free, weights, picture, radius=3, padding=1, wrap=query.wrap)
        fields[name] = (first, found, votes)
    wanted = query.wanted
    (first, found, votes), (other_first, other, other_votes), (_, again, again_votes) = fields.values()
    fresh = MatchField(other.places.copy(), other.costs.copy())
    COMPILED.measure(fresh, query, source, penalty)
    return {
        "measured": float(np.abs(first.costs - other_first.costs).max()),
        "costs": float(np.abs(fresh.costs - other.costs).max()),
        "usable": bool(source.usable[other.places[..., 0], other.places[..., 1]].all()),
        "kept": bool((other.places[~wanted] == other_first.places[~wanted]).all()),
        "ratio": float(other.costs[wanted].mean() / found.costs[wanted].mean()),
        "improved": float(other.costs[wanted].mean() / other_first.costs[wanted].mean()),
        "votes": float(np.abs(votes - other_votes).max()),
        "same": other.places.tobytes() == again.places.tobytes()
        and other.costs.tobytes() == again.costs.tobytes()
        and other_votes.tobytes() == again_votes.tobytes(),
    }


if __name__ == "__main__":
    print(json.dumps([compared(*each) for each in cases()]))
