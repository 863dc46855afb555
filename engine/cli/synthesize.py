"""`texture-engine synthesize`."""

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.choosing import runner
from engine.cli.failures import INTERRUPTED, fail, one_line_errors
from engine.cli.parsing import parse_context, parse_layers, parse_memory, parse_scales, parse_size
from protocol.fields import LARGEST_SEED

if TYPE_CHECKING:
    from engine.cli.outcome import Outcome
    from engine.images import Picture
    from protocol import Synthesize

DEFAULT_SIZE = "512x512"
MOST_VARIATIONS = 1000
FLATTEN_HELP = (
    "Sample only what is opaque, and make the result opaque. Without it the alpha of the exemplar, or of the canvas, "
    "is a part of the texture."
)
CHANNELS = ("red", "green", "blue", "alpha")

SIZE_HELP = f"Width and height in pixels. {DEFAULT_SIZE} if not given, or the canvas's."
INIT_HELP = "Picture to start from, in place of noise."
CANVAS_HELP = "Picture to keep where the mask is black; EXEMPLAR may then be left out."
MASK_HELP = "White where the canvas is synthesised. Its transparent part and 2 pixels around, if not given."
MASK_CHANNEL_HELP = "Take one channel of the masks: red, green, blue or alpha. Masks with colors need it."
EXEMPLAR_MASK_HELP = "White where the exemplar may be sampled, or the canvas if there is no EXEMPLAR."
CONTEXT_HELP = "How far around the hole the canvas is sampled: 1 to 16384 pixels, or whole. Not with an EXEMPLAR."
CONTEXT_DEFAULT = "by the size of the hole"
SAMPLE_FROM_HELP = (
    "Where around the hole the canvas is sampled: all, sides (its rows only) or above-below (its columns only). "
    "Not with an EXEMPLAR."
)
SEAMLESS_HELP = (
    "How the texture tiles: none, x (left fits right), y (top fits bottom), or both, as --seamless alone. A canvas "
    "without a mask gets new borders."
)
RECORD_HELP = "Record the run: a .gif, .webp or .mp4 file, or a folder for numbered PNGs."
FIGURES_HELP = "Record its Gram fingerprint and its losses beside the picture."
ENGINE_HELP = "Connection file of an engine to ask. The running one of this user, if there is one, if not given."
MEMORY_HELP = (
    "What synthesis may take, such as 8GiB. Half of the computer's if not given, four fifths of a GPU's free memory."
)


def synthesize(
    *,
    exemplar: Annotated[Path | None, typer.Argument(help="The sample texture.", show_default=False)] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file to write. (required)")] = None,
    size: Annotated[str | None, typer.Option(help=SIZE_HELP)] = None,
    recipe: Annotated[str, typer.Option(help="How: photo, sliced, gram or patch.")] = "photo",
    quality: Annotated[str, typer.Option(help="How long: draft, normal or best.")] = "normal",
    encoder: Annotated[str, typer.Option(help="The network: compact, vgg19, vgg16 or vgg11.")] = "compact",
    weights: Annotated[Path | None, typer.Option(help="Weights of a VGG of any width, in place of these.")] = None,
    pooling: Annotated[str, typer.Option(help="How the encoder halves its maps: average or max.")] = "average",
    layers: Annotated[
        str | None, typer.Option(help="Layers from relu1_1 to relu5_1, such as relu1_1:1,relu3_1:0.5.")
    ] = None,
    octaves: Annotated[int, typer.Option(help="The most scales that critics work at.")] = 5,
    steps: Annotated[int | None, typer.Option(help="Steps at full size, in place of the quality's.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed gives another texture.")] = 0,
    init: Annotated[Path | None, typer.Option(help=INIT_HELP)] = None,
    canvas: Annotated[Path | None, typer.Option(help=CANVAS_HELP)] = None,
    mask: Annotated[Path | None, typer.Option(help=MASK_HELP)] = None,
    mask_channel: Annotated[
        str | None, typer.Option(help=MASK_CHANNEL_HELP, show_default="how bright and opaque it is")
    ] = None,
    context: Annotated[
        str | None, typer.Option(help=CONTEXT_HELP, metavar="PIXELS", show_default=CONTEXT_DEFAULT)
    ] = None,
    sample_from: Annotated[str, typer.Option(help=SAMPLE_FROM_HELP)] = "all",
    exemplar_mask: Annotated[Path | None, typer.Option(help=EXEMPLAR_MASK_HELP)] = None,
    flatten: Annotated[bool, typer.Option("--flatten", help=FLATTEN_HELP)] = False,
    variations: Annotated[int, typer.Option(help="How many textures, from this seed on; files get -1, -2, …")] = 1,
    flips: Annotated[bool, typer.Option("--flips", help="Match the mirrored exemplar's patches too.")] = False,
    turns: Annotated[bool, typer.Option("--turns", help="Match its patches turned by quarters too.")] = False,
    scales: Annotated[str | None, typer.Option(help="Match at these relative sizes too, such as 0.8,1.25.")] = None,
    noise: Annotated[float, typer.Option(help="Noise on the features before matching, for variety.")] = 0.0,
    overuse: Annotated[float | None, typer.Option(help="Penalty on patches that are used too often, 0 to 1.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps or xpu.")] = "auto",
    memory: Annotated[str | None, typer.Option(help=MEMORY_HELP)] = None,
    seamless: Annotated[str, typer.Option(help=SEAMLESS_HELP)] = "none",
    record: Annotated[Path | None, typer.Option(help=RECORD_HELP)] = None,
    record_figures: Annotated[bool, typer.Option("--record-figures", help=FIGURES_HELP)] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON for each texture.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    engine: Annotated[Path | None, typer.Option(help=ENGINE_HELP)] = None,
    local: Annotated[bool, typer.Option("--local", help="Compute here even when an engine is running.")] = False,
) -> None:
    """Synthesise a texture from an exemplar, or fill a part of a picture with texture.

    Ctrl+C ends early and keeps the picture so far.
    """
    with one_line_errors():
        if output is None:
            fail("there is no file to write to: name one with --output FILE")
        if record_figures and record is None:
            fail("there is no recording to put figures in: name one with --record FILE")
        check_seeds(seed, variations)
        from engine.images import check_writable, read_picture, write_picture

        wanted = None if size is None else parse_size(size)
        reach = None if context is None else parse_context(context)
        outputs = [numbered(output, n, variations) for n in range(variations)]
        for name in outputs:
            check_writable(name)
        read = (exemplar, canvas, mask, exemplar_mask, init)
        check_apart([*outputs, *([] if record is None else [record])], [*read, weights])
        names = ("exemplar", "canvas", "mask", "exemplar_mask", "init")
        pictures = {n: None if path is None else read_picture(path) for n, path in zip(names, read, strict=True)}
        pictures.update({n: channel_of(pictures[n], mask_channel) for n in ("mask", "exemplar_mask")})

        from engine.preparation import canvas_size, finish, prepare
        from protocol import Synthesize

        # An engine does this again; here it refuses what does not fit together, and says what `finish` puts where.
        materials = prepare(
            pictures["exemplar"],
            canvas=pictures["canvas"],
            mask=pictures["mask"],
            exemplar_mask=pictures["exemplar_mask"],
            context=reach,
            sample_from=sample_from,
            seamless=seamless,
            flatten=flatten,
        )
        whole = canvas_size(pictures["canvas"], wanted) or parse_size(DEFAULT_SIZE)
        request = Synthesize(
            job="terminal",
            context=reach,
            sample_from=sample_from,
            width=whole[1],
            height=whole[0],
            recipe=recipe,
            quality=quality,
            encoder=encoder,
            # A path means the same to an engine of this user that was started in another folder.
            weights=None if weights is None else str(weights if engine else weights.resolve()),
            pooling=pooling,
            layers=None if layers is None else parse_layers(layers),
            octaves=octaves,
            steps=steps,
            seed=seed,
            seamless=seamless,
            flatten=flatten,
            flips=flips,
            turns=turns,
            scales=() if scales is None else parse_scales(scales),
            noise=noise,
            overuse=overuse,
            memory=None if memory is None else parse_memory(memory),
            device=device.strip().lower(),
        )
        if engine is not None and (local or record is not None):
            fail("an engine does not record, and is not asked with --local: leave out --engine, or these")
        with ExitStack() as stack:
            run = runner(
                stack,
                pictures,
                materials,
                engine=engine,
                local=local or record is not None,
                quiet=quiet,
                figures=record_figures,
            )
            for number, name in enumerate(outputs):
                wish = replace(request, seed=seed + number)
                recorded = None if record is None else numbered(record, number, variations)
                outcome = run(wish, name.name, recorded)
                write_picture(name, finish(materials, outcome.picture, whole, outcome.alpha))
                if as_json:
                    told = {"output": str(name), "recording": None if recorded is None else str(recorded)}
                    told["encoder"] = encoder if weights is None else str(weights)
                    print(json.dumps({**told, **summary(wish, whole, outcome)}))
                elif not quiet:
                    print(f"{name}: {whole[1]}x{whole[0]} in {outcome.seconds:.1f} s", file=sys.stderr)
                if outcome.interrupted:
                    fail(f"interrupted: {name} holds the picture so far", INTERRUPTED)


def channel_of(mask: "Picture | None", channel: str | None) -> "Picture | None":
    """Take one channel of a mask for all of it, if one is named."""
    if channel not in {None, *CHANNELS}:
        fail(f"mask-channel {channel!r} is not known: choose {', '.join(CHANNELS)}")
    if mask is None or channel is None:
        return mask
    import numpy as np

    if channel == "alpha":
        found = np.ones_like(mask.pixels[..., 0]) if mask.alpha is None else mask.alpha
    else:
        found = mask.pixels[..., CHANNELS.index(channel)]
    return replace(mask, pixels=np.repeat(found[..., None], 3, axis=2), alpha=None)


def summary(request: "Synthesize", size: tuple[int, int], outcome: "Outcome") -> dict[str, Any]:
    """Gather what `--json` tells of a job, but for where it went."""
    return {
        "device": outcome.device,
        "width": size[1],
        "height": size[0],
        "recipe": request.recipe,
        "quality": request.quality,
        "seed": request.seed,
        "seamless": request.seamless,
        "steps": outcome.step,
        "seconds": round(outcome.seconds, 3),
        "first_snapshot_seconds": round(outcome.first_seconds, 4),
        "losses": dict(outcome.losses),
        "peak_memory_bytes": outcome.peak_bytes,
        "interrupted": outcome.interrupted,
    }


def check_seeds(seed: int, variations: int) -> None:
    """Refuse, before the first texture, a number of them or a seed of any that is out of range."""
    if not 1 <= variations <= MOST_VARIATIONS:
        fail(f"variations {variations} is out of range: give 1 to {MOST_VARIATIONS:,}")
    for number in (seed, seed + variations - 1):
        if not 0 <= number <= LARGEST_SEED:
            fail(f"seed {number} is out of range: give 0 to {LARGEST_SEED:,}")


def check_apart(written: Sequence[Path], read: Sequence[Path | None]) -> None:
    """Refuse to write over what is read, or twice to one file."""
    given = {path.resolve() for path in read if path is not None}
    for path in written:
        if path.resolve() in given:
            fail(f"{path} would be overwritten, and it is one of the pictures given: name another file to write")
    if len({path.resolve() for path in written}) < len(written):
        fail(f"{written[-1]} would be written twice: name another file")


def numbered(path: Path, number: int, count: int) -> Path:
    """Name one of several files: `wall.png` becomes `wall-1.png`, `wall-2.png`, …; a single one keeps its name."""
    return path if count == 1 else path.with_name(f"{path.stem}-{number + 1}{path.suffix}")
