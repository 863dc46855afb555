"""Settings that are given and have no effect."""

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


def unused_settings(asked: Settings, *, filling: bool, weights: bool) -> list[str]:
    """Tell which settings have no effect.

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
        return _said(
            [name for name in given if name not in ENLARGING],
            "an enlargement depends on --seed, --seamless and --flatten",
        )
    if filling and asked.recipe == WITHOUT_CRITICS and asked.steps is None:
        unused = [name for name in given if name in CRITICS]
        return _said(unused, "a canvas is filled without critics unless --steps is given")
    if asked.recipe in STATISTICS_ALONE:
        unused = [name for name in given if name in MATCHING]
        return _said(unused, f"the recipe {asked.recipe} matches no patches")
    return []


def _said(unused: Sequence[str], why: str) -> list[str]:
    names = ", ".join(f"--{name}".replace("_", "-") for name in unused)
    return [f"no effect of {names}: {why}"] if unused else []
