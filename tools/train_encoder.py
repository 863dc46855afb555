"""Train the built-in encoder `compact` by distillation from a larger network.

    python tools/train_encoder.py --teacher vgg19 --photos FOLDER --output compact.safetensors

The student starts from random weights. Its features, through 1×1 heads that are thrown away afterwards, learn to
predict the teacher's features at the same levels. Needs scikit-image (`pip install .[train]`) for its pictures.
"""

import argparse
import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.encoders.calibration import normalize_activations
from engine.encoders.weights_file import named_convolutions
from engine.synthesis.encoder import Encoder, freeze

WIDTHS = ((16, 16), (32, 32), (64, 64), (128, 128), (128,))
# The slim VGG-19 keeps four convolutions in blocks 3 and 4; the student's second one stands in for the last of them.
SLIM_BLOCKS = (("11", "12"), ("21", "22"), ("31", "32", "33", "34"), ("41", "42", "43", "44"), ("51",))
TARGETS = {
    "relu1_1": "relu1_1",
    "relu1_2": "relu1_2",
    "relu2_1": "relu2_1",
    "relu2_2": "relu2_2",
    "relu3_1": "relu3_1",
    "relu3_2": "relu3_4",
    "relu4_1": "relu4_1",
    "relu4_2": "relu4_4",
    "relu5_1": "relu5_1",
}

Teacher = Callable[[Tensor], dict[str, Tensor]]


def slim_teacher(path: Path) -> Teacher:
    """Load a slim VGG-19 (Wang et al. 2020, arXiv 2003.08436), state-dict keys `conv0`, `conv11` … `conv51`."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    weights = state.get("model", state)

    @torch.no_grad()
    def features(x: Tensor) -> dict[str, Tensor]:
        found = {}
        x = F.conv2d(x, weights["conv0.weight"], weights["conv0.bias"]).contiguous(memory_format=torch.channels_last)
        for number, block in enumerate(SLIM_BLOCKS):
            if number:
                x = F.max_pool2d(x, 2)
            for name in block:
                padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
                x = F.relu(F.conv2d(padded, weights[f"conv{name}.weight"], weights[f"conv{name}.bias"]))
                found[f"relu{name[0]}_{name[1]}"] = x
        return found

    return features


def vgg19_teacher() -> Teacher:
    """Load torchvision's VGG-19 with its ImageNet weights, and max pooling as it was trained."""
    from engine.encoders import load_encoder

    encoder = load_encoder("vgg19", pooling="max")
    layers = tuple(TARGETS.values())

    @torch.no_grad()
    def features(x: Tensor) -> dict[str, Tensor]:
        found: dict[str, Tensor] = encoder(x, layers)
        return found

    return features


def read_pictures(folders: Sequence[Path]) -> list[np.ndarray]:
    """Read every picture of the folders and scikit-image's bundled color and gray ones, 8-bit RGB."""
    import skimage.data

    pictures = [np.asarray(Image.open(p).convert("RGB")) for f in folders for p in sorted(f.iterdir())]
    for name in ("astronaut", "brick", "camera", "coffee", "grass", "gravel", "moon", "page", "text"):
        try:
            picture = np.asarray(getattr(skimage.data, name)())
        except (OSError, ModuleNotFoundError) as error:
            print(f"scikit-image's {name} is not bundled here: {error}")
            continue
        pictures.append(np.asarray(Image.fromarray(picture).convert("RGB")))
    return pictures


def procedural(generator: np.random.Generator, size: int = 512) -> np.ndarray:
    """Draw one procedural texture, 8-bit RGB: clouds, dead leaves, cells, or stripes."""
    kind = generator.integers(4)
    colors = generator.uniform(0, 1, (64, 3))
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    if kind == 0:
        frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None])
        frequency[0, 0] = 1
        noise = np.fft.fft2(generator.normal(size=(3, size, size))) / frequency ** generator.uniform(0.5, 2)
        clouds = np.real(np.fft.ifft2(noise))
        clouds = clouds / clouds.std(axis=(1, 2), keepdims=True)
        mixed = np.tensordot(generator.normal(size=(3, 3)), clouds, axes=1).transpose(1, 2, 0)
        picture = 0.5 + 0.2 * mixed
    elif kind == 1:
        picture = np.zeros((size, size, 3), np.float32)
        radii = 4 + 60 * generator.power(0.4, 600)
        for radius in np.sort(radii)[::-1]:
            cx, cy = generator.uniform(0, size, 2)
            inside = (x - cx) ** 2 + (y - cy) ** 2 < radius**2
            shade = 1 - 0.4 * ((x - cx + y - cy) / (2 * radius))[inside]
            picture[inside] = colors[generator.integers(64)] * shade[:, None]
    elif kind == 2:
        points = generator.uniform(0, size, (120, 2))
        distance = (x[..., None] - points[:, 0]) ** 2 + (y[..., None] - points[:, 1]) ** 2
        nearest = np.partition(distance, 1, axis=2)[..., :2] ** 0.5
        edge = np.clip((nearest[..., 1] - nearest[..., 0]) / generator.uniform(3, 20), 0, 1)
        picture = colors[distance.argmin(axis=2) % 64] * edge[..., None]
    else:
        angle, period = generator.uniform(0, math.pi), generator.uniform(4, 60)
        bend = generator.uniform(0, 8) * np.sin(x / generator.uniform(10, 60))
        phase = (x * math.cos(angle) + y * math.sin(angle) + bend) / period
        wave = 0.5 + 0.5 * np.sin(2 * math.pi * phase)
        wave = wave ** generator.uniform(0.3, 6)
        picture = colors[0] * wave[..., None] + colors[1] * (1 - wave[..., None])
    return (np.clip(picture, 0, 1) * 255).astype(np.uint8)


def crops(pictures: Sequence[Tensor], count: int, side: int, generator: torch.Generator) -> Tensor:
    """Cut one batch of augmented crops: scale, flip, quarter turns, color, contrast and noise; values in [0, 1]."""

    def uniform(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=generator))

    batch = []
    for _ in range(count):
        picture = pictures[int(torch.randint(len(pictures), (), generator=generator))]
        largest = min(picture.shape[1:])
        window = round(min(side * 2 ** uniform(-0.7, 1.6), largest))
        top = int(uniform(0, picture.shape[1] - window))
        left = int(uniform(0, picture.shape[2] - window))
        crop = picture[None, :, top : top + window, left : left + window].float() / 255
        crop = F.interpolate(crop, (side, side), mode="bilinear", antialias=True)
        crop = torch.rot90(crop, int(uniform(0, 4)), (2, 3))
        if uniform(0, 1) < 0.5:
            crop = crop.flip(3)
        if uniform(0, 1) < 0.6:
            mixing = torch.eye(3) + uniform(0, 0.4) * torch.randn(3, 3, generator=generator)
            crop = torch.einsum("ij,bjhw->bihw", mixing, crop - 0.5) * uniform(0.5, 1.5) + 0.5 + uniform(-0.2, 0.2)
        if uniform(0, 1) < 0.4:
            crop = crop + uniform(0, 0.25) ** 2 * 4 * torch.randn(crop.shape, generator=generator)
        batch.append(crop.clamp(0, 1))
    return torch.cat(batch).contiguous(memory_format=torch.channels_last)


def unit_scale(teacher: Teacher, batch: Tensor) -> Teacher:
    """Scale every level of the teacher to a root mean square of 1, which the heads reach in few steps."""
    scales = {name: float((f**2).mean().sqrt()) for name, f in teacher(batch).items()}
    return lambda x: {name: f / scales[name] for name, f in teacher(x).items()}


def relative_errors(student: Encoder, heads: nn.ModuleDict, teacher: Teacher, batch: Tensor) -> dict[str, Tensor]:
    """Squared error of every predicted level over the squared norm of the teacher's features there."""
    wanted = teacher(batch)
    features = student(batch, tuple(TARGETS))
    return {
        name: ((heads[name](features[name]) - wanted[t]) ** 2).mean() / (wanted[t] ** 2).mean()
        for name, t in TARGETS.items()
    }


def main() -> None:
    """Train, report the held-out errors and write the weights with their metadata."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", required=True, help="vgg19 (torchvision), or the file of a slim VGG-19")
    parser.add_argument("--teacher-name", default="", help="how the metadata names the teacher")
    parser.add_argument("--photos", type=Path, nargs="+", required=True, help="folders of training pictures")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=math.inf, help="shorten the schedule to end in this time")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    teacher = vgg19_teacher() if options.teacher == "vgg19" else slim_teacher(Path(options.teacher))
    found = read_pictures(options.photos)
    drawn = np.random.default_rng(options.seed)
    found += [procedural(drawn) for _ in range(24)]
    tensors = [torch.from_numpy(p.copy()).permute(2, 0, 1) for p in found if min(p.shape[:2]) >= options.side]
    held_out, training = tensors[4::10], [t for i, t in enumerate(tensors) if i % 10 != 4]
    validation = crops(held_out, 64, 128, torch.Generator().manual_seed(1))
    teacher = unit_scale(teacher, validation)
    print(f"{len(training)} pictures to train on, {len(held_out)} held out")

    student = Encoder(WIDTHS).to(memory_format=torch.channels_last)
    for module in student.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    wanted = teacher(validation[:2])
    heads = nn.ModuleDict(
        {name: nn.Conv2d(student.layers[name].channels, wanted[t].shape[1], 1) for name, t in TARGETS.items()}
    )
    heads = heads.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW([*student.parameters(), *heads.parameters()], weight_decay=1e-5)

    def report() -> dict[str, float]:
        with torch.no_grad():
            return {n: round(float(e), 4) for n, e in relative_errors(student, heads, teacher, validation).items()}

    start = time.monotonic()
    steps = options.steps
    for step in range(steps):
        elapsed = time.monotonic() - start
        # The schedule follows whichever runs out first, steps or minutes, so that it always ends annealed.
        done = max(step / steps, elapsed / (60 * options.minutes))
        if done >= 1:
            break
        rate = min(1, (step + 1) / 100) * (1e-5 + 3e-3 * 0.5 * (1 + math.cos(math.pi * done)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        errors = relative_errors(student, heads, teacher, crops(training, options.batch, options.side, generator))
        loss = torch.stack(list(errors.values())).sum()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([*student.parameters(), *heads.parameters()], 1.0)
        optimizer.step()
        if step % 250 == 0:
            print(f"{step:6d} {elapsed:6.0f} s  {report()}", flush=True)

    errors_found = report()
    print(f"held-out relative errors {errors_found}")
    freeze(student)
    normalize_activations(student, [validation[i : i + 1] for i in range(len(validation))])
    metadata = {
        "architecture": "VGG-shaped, 3x3 convolutions, average pooling, reflect padding, RGB in [0, 1]",
        "teacher": options.teacher_name or options.teacher,
        "pictures": f"{len(training)} for training, {len(held_out)} held out",
        "steps": f"{step + 1} of {options.batch} crops of {options.side}x{options.side}",
        "relative_errors": json.dumps(errors_found),
        "seed": str(options.seed),
        "license": "MIT",
    }
    state = {name: value.contiguous() for name, value in named_convolutions(student).items()}
    save_file(state, options.output, metadata=metadata)
    print(f"{options.output}: {options.output.stat().st_size / 2**20:.2f} MiB")


if __name__ == "__main__":
    main()
