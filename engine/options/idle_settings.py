"""Settings that are given and change nothing, since what they are for does not take part."""

from collections.abc import Sequence

from protocol.vocabulary import Settings

# What only the patch critic looks at; the recipes without one.
MATCHING = ("flips", "rotations", "scales", "noise", "repetition_penalty")
STATISTICS_ALONE = ("sliced", "gram")
# What all critics look at; the recipe by which holes are filled without them unless steps are asked for.
CRITICS = ("encoder", "weights", "pooling", "layers", "octaves", *MATCHING)
WITHOUT_CRITICS = "photo"
# What an enlargement depends on.
ENLARGING = ("enlarge", "seed", "seamless", "flatten", "memory", "device")


def idle_settings(asked: Settings, *, filling: bool, weights: bool) -> list[str]:
    """Say which settings change nothing.

    Args:
        asked: The settings, of which those that are not the defaults count as given.
        filling: Whether there is a canvas to fill.
        weights: Whether a file with weights is given.

    Returns:
        A sentence, or nothing if there is no such setting.
    """
    default = Settings()
    given = [name for name in vars(asked) if getattr(asked, name) != getattr(default, name)]
    given += ["weights"] if weights else []
    if asked.enlarge is not None:
        return _said([name for name in given if name not in ENLARGING], "an enlargement is made without")
    if filling and asked.recipe == WITHOUT_CRITICS and asked.steps is None:
        idle = [name for name in given if name in CRITICS]
        return _said(idle, "a canvas is filled without critics unless --steps is given: nothing comes of")
    if asked.recipe in STATISTICS_ALONE:
        idle = [name for name in given if name in MATCHING]
        return _said(idle, f"the recipe {asked.recipe} matches no patches: nothing comes of")
    return []


def _said(idle: Sequence[str], why: str) -> list[str]:
    return [f"{why} {', '.join(f'--{name}'.replace('_', '-') for name in idle)}"] if idle else []
