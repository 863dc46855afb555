"""`compact`: the small encoder whose weights come with the package."""

from importlib.resources import as_file, files

from engine.encoders.download import OnDownload
from engine.encoders.weights_file import load_weights_file
from engine.synthesis.encoder import Encoder, EncoderError, Pooling

RESOURCE = files("engine.encoders") / "weights" / "compact.safetensors"


def load_compact(pooling: Pooling, progress: OnDownload | None = None) -> Encoder:  # noqa: ARG001
    """Load the built-in encoder.

    Args:
        pooling: How blocks are joined; average as it was trained.
        progress: Not called, nothing is fetched.

    Returns:
        The encoder, float32 on the CPU.

    Raises:
        EncoderError: The package was installed without its weights, or they are damaged.
    """
    if not RESOURCE.is_file():
        raise EncoderError(f"the built-in weights are missing from {RESOURCE}: install the package again")
    with as_file(RESOURCE) as path:
        return load_weights_file(path, pooling=pooling)
