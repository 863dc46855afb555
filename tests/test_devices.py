"""Devices that are there and do not work, and what is said of them."""

import logging
import os
import warnings
from importlib import import_module
from types import SimpleNamespace

import pytest
import torch
from engines import end_of, forked, forked_terminal, short_job
from pictures import bricks, save
from plugin_links import installation_of

from engine.service.device_runner import DeviceRunner, UnusableDeviceError
from engine.synthesis import device_checks, devices
from engine.synthesis.device_checks import DeviceCheck, check_device, compute, listed_devices
from engine.synthesis.devices import DeviceError, available_devices, choose_device, find_device, why_chosen
from gimp_plugin.engine_report import engine_status
from gimp_plugin.error_messages import explain

gpus = torch.cuda.is_available() or torch.backends.mps.is_available() or torch.xpu.is_available()
pytestmark = pytest.mark.skipif(gpus, reason="a device of this computer would get in the way")

NO_KERNEL = (
    "CUDA error: no kernel image is available for execution on the device\n"
    "CUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be "
    "incorrect.\nFor debugging consider passing CUDA_LAUNCH_BLOCKING=1\n"
    "Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.\n"
)
OLD_DRIVER = (
    "CUDA initialization: The NVIDIA driver on your system is too old (found version 11040). Please update your GPU "
    "driver by downloading and installing a new version from the URL: http://www.nvidia.com/Download/index.aspx "
    "Alternatively, go to: https://pytorch.org to install a PyTorch version that has been compiled with your version "
    "of the CUDA driver. (Triggered internally at /pytorch/c10/cuda/CUDAFunctions.cpp:119.)"
)
INSUFFICIENT = "CUDA driver version is insufficient for CUDA runtime version"
FULL = (
    "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 23.69 GiB of which 11.00 MiB is "
    "free. Process 4242 has 23.67 GiB memory in use."
)
SAID = {
    NO_KERNEL: ("CUDA error: no kernel image is available for execution on the device", "install a PyTorch that"),
    OLD_DRIVER: ("The NVIDIA driver on your system is too old (found version 11040)", "update its driver"),
    INSUFFICIENT: (INSUFFICIENT, "update its driver"),
    FULL: ("CUDA out of memory: Tried to allocate 20.00 MiB", "end other programs"),
    "HIP error: invalid device function\nHIP kernel errors": (
        "HIP error: invalid device function",
        "install a PyTorch",
    ),
    "MPS backend out of memory (MPS allocated: 0 bytes, max allowed: 9.07 GB). Tried": (
        "MPS backend out of memory (MPS allocated: 0 bytes, max allowed: 9.07 GB)",
        "end other programs",
    ),
    "Native API failed. Native API returns: 40 (UR_RESULT_ERROR_OUT_OF_RESOURCES)": (
        "Native API failed: Native API returns: 40 (UR_RESULT_ERROR_OUT_OF_RESOURCES)",
        "end other programs",
    ),
    "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED": ("cuDNN error: CUDNN_STATUS_NOT_INITIALIZED", "see that its driver"),
    "": ("RuntimeError", "see that its driver"),
}
AVAILABLE = {"cuda": torch.cuda, "mps": torch.backends.mps, "xpu": torch.xpu}


@pytest.fixture(autouse=True)
def forgotten():
    """Devices are tried once; here, once in each test."""

    def forget():
        for found in (listed_devices, check_device, choose_device, devices._tell_of_others):  # noqa: SLF001
            found.cache_clear()

    forget()
    yield
    forget()


@pytest.fixture
def claimed(monkeypatch):
    """Let drivers say that their devices are there."""

    def claim(*kinds, count=1):
        for kind in kinds:
            monkeypatch.setattr(AVAILABLE[kind], "is_available", lambda: True)
            monkeypatch.setattr(getattr(torch, kind), "device_count", lambda: count)

    return claim


@pytest.fixture
def failing(monkeypatch):
    """Let computing on devices but these raise errors."""

    def fail(error, *working):
        def computed(device):
            if str(device) not in ("cpu", *working):
                raise error if isinstance(error, Exception) else RuntimeError(error)

        monkeypatch.setattr(device_checks, "compute", computed)

    return fail


# Trying.


def test_the_cpu_computes():
    assert check_device("cpu") == DeviceCheck("cpu")
    with torch.no_grad():
        compute(torch.device("cpu"))
    with torch.inference_mode():
        compute(torch.device("cpu"))


def test_a_device_that_computes_something_else_does_not_work(monkeypatch):
    monkeypatch.setattr(torch.nn.functional, "conv2d", lambda picture, weight: picture.sum() + weight.sum())
    assert check_device("cpu").problem == "it computes 50 where 72 is right"


@pytest.mark.parametrize("kind", AVAILABLE)
def test_what_torch_itself_raises_is_a_problem_in_few_words(claimed, kind):
    # Nothing is made up but that the device is there: computing fails with torch's own words.
    claimed(kind)
    trial = check_device(kind)
    assert 0 < len(trial.problem) <= device_checks.LONGEST
    assert "\n" not in trial.problem
    assert trial.remedy == "install its driver and a PyTorch that is made for it"


@pytest.mark.parametrize("words", SAID)
def test_what_drivers_say_is_told_in_few_words_with_what_helps(failing, words):
    problem, remedy = SAID[words]
    failing(words)
    trial = check_device("cuda")
    assert trial.problem == problem
    assert trial.remedy.startswith(remedy)


@pytest.mark.parametrize("error", [OSError("libcudnn.so.9: no such file"), AssertionError(), KeyError("cuda")])
def test_whatever_else_is_raised_is_a_problem_all_the_same(failing, error):
    failing(error)
    assert check_device("cuda").problem


def test_a_device_is_tried_once(claimed, monkeypatch):
    tried = []
    monkeypatch.setattr(device_checks, "compute", lambda device: tried.append(str(device)))
    claimed("cuda")
    for _ in range(3):
        assert find_device() == find_device("cuda") == torch.device("cuda")
    assert tried == ["cuda"]


# `auto`.


@pytest.mark.parametrize("kind", AVAILABLE)
def test_auto_takes_the_next_device_and_says_why_in_one_line(claimed, caplog, kind):
    claimed(kind)
    assert find_device() == find_device() == torch.device("cpu")
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    problem = check_device(kind).problem
    assert record.getMessage().startswith(f"{kind} does not work here ({problem}), so cpu is taken: ")
    assert "\n" not in record.getMessage()


def test_auto_takes_the_first_that_works(claimed, failing, caplog):
    claimed("cuda", "xpu")
    failing(NO_KERNEL, "xpu")
    assert find_device() == torch.device("xpu")
    assert "so xpu is taken" in caplog.text


def test_auto_goes_on_with_the_second_of_a_kind(claimed, failing):
    claimed("cuda", count=3)
    failing(NO_KERNEL, "cuda:1", "cuda:2")
    assert find_device() == torch.device("cuda:1")
    assert choose_device().passed_over == (DeviceCheck("cuda", NO_KERNEL.splitlines()[0]),)
    assert available_devices() == ["cuda", "cpu"]


def test_auto_says_nothing_where_all_is_well(claimed, failing, caplog):
    claimed("cuda", "mps", "xpu")
    failing(NO_KERNEL, "cuda")
    assert find_device() == torch.device("cuda")
    assert caplog.records == []


def test_without_any_device_auto_is_the_cpu_without_a_word(caplog):
    assert listed_devices() == (DeviceCheck("cpu"),)
    assert find_device(" AUTO ") == torch.device("cpu")
    assert caplog.records == []


@pytest.mark.parametrize(
    ("name", "cards", "cuda", "reason"),
    [
        ("cpu", ["cuda"], "13.0", "asked"),
        ("auto", ["cuda"], "13.0", "fastest"),
        ("auto", [], "13.0", "no-gpu"),
        ("auto", [], None, "no-gpu-support"),
    ],
)
def test_why_a_device_was_chosen_is_told(claimed, failing, monkeypatch, name, cards, cuda, reason):
    claimed(*cards)
    failing(NO_KERNEL, *cards)
    for platform in ("hip", "xpu"):
        monkeypatch.setattr(torch.version, platform, None, raising=False)
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: False)
    assert why_chosen(name) == reason


# A driver that fails when it is asked.


def asked(monkeypatch, kind, answer):
    monkeypatch.setattr(AVAILABLE[kind], "is_available", answer)


@pytest.mark.parametrize("kind", AVAILABLE)
def test_a_driver_that_raises_when_it_is_asked_is_passed_over(monkeypatch, caplog, kind):
    def answer():
        raise RuntimeError(INSUFFICIENT)

    asked(monkeypatch, kind, answer)
    assert listed_devices() == (DeviceCheck(kind, INSUFFICIENT), DeviceCheck("cpu"))
    assert find_device() == torch.device("cpu")
    assert f"{kind} does not work here ({INSUFFICIENT})" in caplog.text
    with pytest.raises(DeviceError, match=f"device '{kind}' does not work here"):
        find_device(kind)
    assert available_devices() == ["cpu"]


@pytest.mark.parametrize("kind", AVAILABLE)
def test_a_driver_that_warns_is_told_in_the_one_line(monkeypatch, caplog, kind):
    def answer():
        warnings.warn(OLD_DRIVER, stacklevel=1)
        return False

    asked(monkeypatch, kind, answer)
    assert find_device() == torch.device("cpu")
    assert len(caplog.records) == 1
    assert f"{kind} does not work here ({SAID[OLD_DRIVER][0]}), so cpu is taken: update its driver" in caplog.text


def test_a_warning_of_another_kind_is_no_driver(monkeypatch, caplog):
    def answer():
        warnings.warn("it will go away", FutureWarning, stacklevel=1)
        return False

    asked(monkeypatch, "cuda", answer)
    assert find_device() == torch.device("cpu")
    assert caplog.records == []


def test_a_driver_that_counts_no_devices_any_more_is_passed_over(monkeypatch):
    def count():
        raise RuntimeError("CUDA unknown error")

    asked(monkeypatch, "cuda", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", count)
    assert listed_devices() == (DeviceCheck("cuda", "CUDA unknown error"), DeviceCheck("cpu"))


# A device that was chosen.


@pytest.mark.parametrize("words", [NO_KERNEL, INSUFFICIENT, FULL])
@pytest.mark.parametrize("name", ["cuda", "cuda:0", "XPU", "mps"])
def test_one_that_was_chosen_and_does_not_work_is_an_error_of_one_sentence(claimed, failing, name, words):
    claimed("cuda", "mps", "xpu")
    failing(words)
    with pytest.raises(DeviceError) as caught:
        find_device(name)
    said = str(caught.value)
    assert said.startswith(f"device '{name.lower()}' does not work here ({SAID[words][0]}): {SAID[words][1]}")
    assert said.endswith("cpu")
    assert "\n" not in said


def test_a_number_beyond_those_that_are_here_is_told(claimed):
    claimed("cuda", count=2)
    with pytest.raises(DeviceError, match="there are 2, numbered from 0"):
        find_device("cuda:2")


# The worker.


def test_a_worker_says_which_device_it_does_without(claimed, failing):
    claimed("cuda")
    failing(NO_KERNEL)
    runner = DeviceRunner("auto")
    assert runner.device == torch.device("cpu")
    assert runner.reason == "others-fail"
    assert runner.passed_over.startswith(f"cuda does not work ({SAID[NO_KERNEL][0]}): {SAID[NO_KERNEL][1]}")
    named = DeviceRunner("cpu")
    assert (named.reason, named.passed_over) == ("asked", "")
    with pytest.raises(UnusableDeviceError, match=r"^device 'cuda' does not work here"):
        DeviceRunner("cuda")


# The terminal, an engine and GIMP, as processes in which a driver claims that a card is there.

STAND_IN = """
import torch
torch.cuda.is_available = lambda: True
torch.cuda.device_count = lambda: 1
"""


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    """A folder whose modules say that a card is there."""
    folder = tmp_path_factory.mktemp("stand-in")
    (folder / "sitecustomize.py").write_text(STAND_IN)
    return folder


@pytest.fixture
def with_a_card(stand_in, monkeypatch):
    """Let every Python that is started find a card that torch cannot compute on."""
    # Of this Python, where it has one: ours takes its place.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(stand_in), os.environ.get("PYTHONPATH")])))
    return check_device("cuda").problem


@pytest.fixture
def synthesized(tmp_path):
    """Run `texture-engine synthesize` for a tiny texture."""
    save(tmp_path / "bricks.png", bricks(32, 32))

    def run(folder, *words):
        options = ("bricks.png", "-o", "out.png", "--size", "32x32", "--quality", "draft", "--steps", "1", "-q")
        return forked_terminal(folder, "synthesize", *options, *words, cwd=tmp_path)

    return run


def test_the_terminal_goes_on_with_the_cpu(with_a_card, synthesized, tmp_path):
    told = synthesized(tmp_path / "nobody", "--local")
    assert (told.returncode, told.stdout) == (0, "")
    assert told.stderr.startswith(f"texture-engine: cuda does not work here ({with_a_card}), so cpu is taken: ")
    assert told.stderr.count("\n") == 1
    assert (tmp_path / "out.png").exists()


def test_in_the_terminal_a_device_that_was_chosen_has_to_work(with_a_card, synthesized, tmp_path):
    told = synthesized(tmp_path / "nobody", "--local", "--device", "cuda")
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith(f"texture-engine: device 'cuda' does not work here ({with_a_card}): ")
    assert told.stderr.count("\n") == 1
    assert not (tmp_path / "out.png").exists()


def test_an_engine_goes_on_with_the_cpu_and_says_so(with_a_card, synthesized, tmp_path):
    with forked(tmp_path / "engine") as engine, engine.client() as client:
        status = engine.ready(client)
        assert status.workers[0].device == "cpu"
        assert status.workers[0].reason == "others-fail"
        assert status.workers[0].passed_over.startswith(f"cuda does not work ({with_a_card}): ")
        assert status.workers[0].passed_over in engine_status(installation_of(engine.folder))[0]
        assert f"cuda does not work here ({with_a_card}), so cpu is taken" in engine.log.read_text()
        assert synthesized(engine.folder).returncode == 0
        # It computes elsewhere, and the terminal itself cannot do it either.
        told = synthesized(engine.folder, "--device", "cuda")
        assert told.returncode == 2
        assert told.stderr.startswith(f"texture-engine: device 'cuda' does not work here ({with_a_card}): ")
        assert told.stderr.count("\n") == 1
        told = synthesized(engine.folder, "--device", "cuda", "--engine", engine.file)
        assert (told.returncode, told.stderr.count("\n")) == (2, 1)
        assert "this engine does not compute on 'cuda'" in told.stderr


def test_an_engine_whose_device_was_chosen_says_why_it_cannot(with_a_card, synthesized, tmp_path):
    with forked(tmp_path / "engine", "--device", "cuda") as engine:
        with engine.client() as client:
            client.submit(short_job())
            failed = end_of(client, "short")
        said = f"the engine cannot compute: device 'cuda' does not work here ({with_a_card}): "
        assert failed.code == "no-worker"
        assert failed.message.startswith(said)
        told = synthesized(engine.folder)
        assert (told.returncode, told.stdout) == (1, "")
        assert told.stderr.startswith(f"texture-engine: {said}")
        assert told.stderr.count("\n") == 1
        sentence = explain(failed, installation_of(engine.folder))
        assert "--check`" in sentence
        assert f"({said}" in sentence


def test_doctor_tells_what_does_not_work_and_what_helps(with_a_card, tmp_path):
    told = forked_terminal(tmp_path / "nobody", "doctor")
    assert (told.returncode, told.stderr) == (1, "")
    # Lines are broken as the terminal is wide.
    words = " ".join(told.stdout.split())
    assert f"to do: cuda does not work ({' '.join(with_a_card.split())}): install its driver and a PyTorch" in words
    assert words.count("to do:") == 1
    assert "a test synthesis on cpu" in words
    assert "no faults found" not in words


@pytest.mark.parametrize("says", [True, False])
def test_an_intel_gpu_has_a_memory_budget_of_its_own(monkeypatch, says):
    def free(_device):
        if not says:
            raise RuntimeError("The device does not support querying the available free memory")
        return 10 * 2**30, 16 * 2**30

    total = SimpleNamespace(total_memory=12 * 2**30)
    monkeypatch.setattr(torch.xpu, "mem_get_info", free, raising=False)
    monkeypatch.setattr(torch.xpu, "get_device_properties", lambda _device: total)
    monkeypatch.setattr(torch.xpu, "memory_reserved", lambda _device: 2 * 2**30)
    assert devices.memory_budget(torch.device("xpu")) == 8 * 2**30
    assert devices.memory_in_use(torch.device("xpu")) == 2 * 2**30


def test_doctor_survives_words_that_look_like_markup(monkeypatch):
    # The command has the name of its module.
    doctor = import_module("engine.cli.doctor")
    monkeypatch.setattr(
        device_checks, "listed_devices", lambda: (DeviceCheck("cuda", "[enforce fail at x.cpp:7] [/oops]"),)
    )
    advice = []
    doctor._devices(advice)  # noqa: SLF001
    (line,) = advice
    assert "[enforce fail at x.cpp:7] [/oops]" in line
    monkeypatch.setattr(doctor, "_engine", lambda found: found.append(line) or line)
    with pytest.raises(doctor.typer.Exit):
        doctor.doctor(quick=True)


def test_a_driver_that_is_too_old_is_told_in_one_line_only(tmp_path, synthesized, monkeypatch):
    folder = tmp_path / "stand-in"
    folder.mkdir()
    warns = f"import torch, warnings\ndef answer():\n    warnings.warn({OLD_DRIVER!r})\n    return False\n"
    (folder / "sitecustomize.py").write_text(warns + "torch.cuda.is_available = answer\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    told = synthesized(tmp_path / "nobody")
    assert told.returncode == 0
    assert told.stderr.startswith(
        f"texture-engine: cuda does not work here ({SAID[OLD_DRIVER][0]}), so cpu is taken:"
    )
    assert told.stderr.count("\n") == 1
