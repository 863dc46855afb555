"""`vgg19`, `vgg16`, `vgg11`: torchvision's networks with ImageNet weights, fetched on first use.

Only the convolutions are kept, in the user's cache folder, with the ImageNet normalization folded in and activations
normalized to a mean of 1; from then on neither torchvision nor the net is needed.
"""

import re
import tempfile
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import urlsplit

from platformdirs import user_cache_dir
from safetensors.torch import save

from engine.encoders.calibration import calibration_pictures, normalize_activations
from engine.encoders.download import OnDownload, check_hash, download
from engine.encoders.weights_file import load_weights_file, named_convolutions
from engine.synthesis.encoder import Encoder, EncoderError, Pooling

VggName = Literal["vgg11", "vgg16", "vgg19"]

ALTERNATIVE = "set `encoder` to compact, which is built in"


def cache_folder() -> Path:
    """Name the folder that fetched encoders are kept in.

    Returns:
        A folder of the user's cache; it need not exist.
    """
    return Path(user_cache_dir("gimp-texture-synthesis")) / "encoders"


def weights_place(name: VggName) -> Path:
    """Name the file that the weights would be read from now.

    Args:
        name: Which network.

    Returns:
        The kept convolutions, or else an original file put there by hand, or else where they will be kept.
    """
    folder = cache_folder()
    kept = folder / f"{name}.safetensors"
    by_hand = sorted(folder.glob(f"{name}-*.pth"))
    return kept if kept.is_file() or not by_hand else by_hand[0]


def load_vgg(
    name: VggName,
    pooling: Pooling,
    progress: OnDownload | None = None,
    *,
    folder: Path | None = None,
    address: str | None = None,
) -> Encoder:
    """Load a network, fetching its weights on first use.

    Args:
        name: Which network.
        pooling: How blocks are joined; max as it was trained.
        progress: Called for every part fetched.
        folder: Where fetched weights are kept; the user's cache folder when left out.
        address: Where the weights are fetched; torchvision's when left out. The file's name ends in the first
            digits of its SHA-256, `name-0123abcd.pth`.

    Returns:
        The encoder, float32 on the CPU.

    Raises:
        EncoderError: The weights cannot be fetched, are not the right ones, or are damaged.
    """
    folder = folder or cache_folder()
    kept = folder / f"{name}.safetensors"
    if not kept.is_file():
        _fetch(name, address or torchvision_address(name), kept, progress)
    try:
        return load_weights_file(kept, pooling=pooling)
    except EncoderError as error:
        raise EncoderError(f"{error}, or delete {kept} to have {name} fetched again, or {ALTERNATIVE}") from error


def torchvision_address(name: VggName) -> str:
    """Look up where torchvision's ImageNet weights are fetched.

    Args:
        name: Which network.

    Returns:
        The address.

    Raises:
        EncoderError: Torchvision cannot be imported.
    """
    try:
        from torchvision.models import VGG11_Weights, VGG16_Weights, VGG19_Weights
    # A torchvision built for another torch fails as a RuntimeError.
    except (ImportError, RuntimeError) as error:
        raise EncoderError(
            f"{name} is fetched through torchvision, which cannot be imported ({error}): install the torchvision "
            f"that belongs to this torch, or {ALTERNATIVE}"
        ) from error
    enums = {"vgg11": VGG11_Weights, "vgg16": VGG16_Weights, "vgg19": VGG19_Weights}
    return str(enums[name].IMAGENET1K_V1.url)


def _fetch(name: VggName, address: str, kept: Path, progress: OnDownload | None) -> None:
    file_name = PurePosixPath(urlsplit(address).path).name
    digits = re.search(r"-([0-9a-f]{8,64})\.", file_name)
    if not digits:
        raise EncoderError(f"{address} names no SHA-256 in the file's name: use an address like {name}-0123abcd.pth")
    by_hand = kept.parent / file_name
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        # A folder of its own on the same disk: whatever interrupts this, nothing half done has the final name.
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=f"{name}-") as scratch:
            original = by_hand
            if not by_hand.is_file():
                original = Path(scratch) / file_name
                download(address, original, progress=progress)
            check_hash(original, digits[1])
            converted = Path(scratch) / kept.name
            _convert(original, converted, address)
            converted.replace(kept)
    except (OSError, EncoderError) as error:
        raise EncoderError(
            f"{name} could not be loaded from {by_hand if by_hand.is_file() else address} ({error}): try again, put "
            f"{file_name} from {address} into {kept.parent} by hand, or {ALTERNATIVE}"
        ) from error


def _convert(original: Path, converted: Path, address: str) -> None:
    encoder = load_weights_file(original, pooling="average")
    normalize_activations(encoder, calibration_pictures())
    converted.write_bytes(save(named_convolutions(encoder), metadata={"source": address}))
