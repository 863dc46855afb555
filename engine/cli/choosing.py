"""Where a job of the terminal runs: in the running engine where there is one, else here."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.failures import fail
from engine.cli.progress import download_bar

if TYPE_CHECKING:
    from engine.cli.outcome import Outcome
    from engine.cli.through_engine import Pictures
    from engine.images import Picture
    from engine.preparation import Materials
    from protocol import Synthesize

    Run = Callable[[Synthesize, str, Path | None], Outcome]


def runner(
    stack: ExitStack,
    pictures: "Pictures",
    materials: "Materials",
    *,
    engine: Path | None,
    local: bool,
    quiet: bool,
    figures: bool = False,
) -> "Run":
    """Choose where jobs run.

    Args:
        stack: Keeps the connection open.
        pictures: The pictures of the request, by its fields.
        materials: What they have been turned into.
        engine: Connection file of an engine that has to be asked, or None.
        local: Ask none.
        quiet: Show no progress.
        figures: Record fingerprint and losses beside the picture.

    Returns:
        A function that runs a job, given the request, a title for it and where to record it.
    """
    here: list[Run] = []

    def run_here(request: "Synthesize", title: str, record: Path | None) -> "Outcome":
        if not here:
            here.append(_local_runner(request, materials, pictures["init"], quiet=quiet, figures=figures))
        return here[0](request, title, record)

    if local:
        return run_here
    from engine.cli.through_engine import NotHereError, find_client, run_in_engine

    client = find_client(engine)
    if client is None:
        return run_here
    stack.enter_context(closing(client))

    def run_there(request: "Synthesize", title: str, record: Path | None) -> "Outcome":
        try:
            return run_in_engine(client, request, pictures, materials, title=title, quiet=quiet)
        except NotHereError as error:
            if engine is not None:
                fail(str(error))
            return run_here(request, title, record)

    return run_there


def _local_runner(
    request: "Synthesize", materials: "Materials", begun: "Picture | None", *, quiet: bool, figures: bool
) -> "Run":
    """Load what computing takes; the device and the encoder are the same for every request."""
    from engine.cli.running import run
    from engine.preparation import cut_start
    from engine.service.runner import settings_of
    from engine.synthesis.devices import find_device, memory_budget
    from engine.synthesis.encoders import load_encoder

    device = find_device(request.device)
    memory = memory_budget(device) if request.memory is None else request.memory
    size = (request.height or 0, request.width or 0) if materials.box is None else materials.box.size
    start = cut_start(begun, materials)
    settings = settings_of(request, size, memory)
    with download_bar(quiet=quiet) as progress:
        weights = None if request.weights is None else Path(request.weights)
        network = load_encoder(request.encoder, weights=weights, pooling=request.pooling, progress=progress)  # type: ignore[arg-type]
    network.check_layers(settings.effective_recipe(filling=materials.known is not None).layers())
    network = network.to(device)

    def run_one(wish: "Synthesize", title: str, record: Path | None) -> "Outcome":
        return run(
            materials,
            network,
            settings_of(wish, size, memory),
            device=device,
            start=start,
            title=title,
            quiet=quiet,
            record=record,
            figures=figures,
        )

    return run_one
