"""Devices that are there and do not work, and what is said of them."""

import logging
import warnings
from importlib import import_module
from types import SimpleNamespace

import pytest
import torch
from drivers import FULL, INSUFFICIENT, NO_KERNEL, OLD_DRIVER, SAID, forgotten, no_card  # noqa: F401 - a fixture

from engine.service.device_runner import DeviceRunner, UnusableDeviceError
from engine.synthesis import device_checks, devices
from engine.synthesis.device_checks import DeviceCheck, check_device, compute, listed_devices
from engine.synthesis.devices import DeviceError, available_devices, choose_device, find_device, why_chosen

pytestmark = no_card
AVAILABLE = {"cuda": torch.cuda, "mps": torch.backends.mps, "xpu": torch.xpu}


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
