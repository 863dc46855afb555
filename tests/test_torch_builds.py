"""Which of PyTorch's builds fits a computer, by what the system tells."""

import socket
import sys
import time

import pytest

from installation.gpus import Facts, amd_targets, intel_gpus, look, usable_gpu
from installation.problems import MisuseError
from installation.torch_builds import CHOICES, Choice, can_reach, choose, fitting, index_of, named

LINUX = ("linux", "x86_64")
COMPUTERS = {
    "nothing": (Facts(*LINUX), None, "cpu"),
    "nothing, on ARM": (Facts("linux", "aarch64"), None, "cpu"),
    "NVIDIA": (Facts(*LINUX, nvidia=True), "nvidia", "default"),
    "NVIDIA and AMD": (Facts(*LINUX, nvidia=True, amd=(110000,)), "nvidia", "default"),
    "NVIDIA, on Windows": (Facts("win32", "AMD64", nvidia=True), "nvidia", "cu128"),
    "AMD": (Facts(*LINUX, amd=(110001,)), "amd", "rocm7.2"),
    "an AMD that is too old": (Facts(*LINUX, amd=(80003,)), None, "cpu"),
    "Intel": (Facts(*LINUX, intel=("0x56a0",), level_zero=True), "intel", "xpu"),
    "Intel without its runtime": (Facts(*LINUX, intel=("0x56a0",)), None, "cpu"),
    "an Intel that is too old": (Facts(*LINUX, intel=("0x5917",), level_zero=True), None, "cpu"),
    "Apple": (Facts("darwin", "arm64"), "apple", "default"),
    "an Intel Mac": (Facts("darwin", "x86_64"), None, "default"),
    "nothing, on Windows": (Facts("win32", "AMD64"), None, "default"),
}


@pytest.mark.parametrize("name", COMPUTERS)
def test_each_computer_has_a_build_that_fits(name):
    facts, gpu, build = COMPUTERS[name]
    assert (usable_gpu(facts), fitting(facts).build) == (gpu, build)


@pytest.mark.parametrize(
    ("word", "system", "build"),
    [
        ("auto", "linux", ""),
        ("cuda", "linux", "default"),
        ("cuda", "win32", "cu128"),
        ("rocm", "linux", "rocm7.2"),
        ("rocm6.4", "linux", "rocm6.4"),
        ("cu126", "linux", "cu126"),
        ("cpu", "win32", "cpu"),
    ],
)
def test_words_name_builds(word, system, build):
    assert named(word, system) == build
    assert all(named(each, system) is not None for each in CHOICES)


@pytest.mark.parametrize("word", ["", "CPU", "../cpu", "nightly/cu130", "cu", "12.6"])
def test_other_words_are_refused(word):
    with pytest.raises(MisuseError) as told:
        named(word, "linux")
    assert told.value.status == 2


def never(*_):
    raise AssertionError


@pytest.mark.parametrize(("kept", "asked"), [("default", ""), ("cpu", "cpu"), ("", "cpu"), ("", "xpu")])
def test_what_is_kept_or_asked_for_is_taken_without_looking(kept, asked):
    assert choose(kept, asked, never, never).build == kept or asked


def test_pypis_build_is_taken_where_the_index_cannot_be_reached_and_the_reason_is_told():
    asked_for = []
    choice = choose("", "", lambda: Facts(*LINUX), asked_for.append)
    assert choice == Choice("default", f"as {index_of('cpu')} cannot be reached")
    assert asked_for == [index_of("cpu")]
    assert choose("", "", lambda: Facts(*LINUX), lambda _: True).build == "cpu"
    assert choose("", "", lambda: Facts(*LINUX, nvidia=True), never).build == "default"


def test_the_index_may_be_another():
    assert index_of("cpu", {}) == "https://download.pytorch.org/whl/cpu"
    assert index_of("cpu", {"TEXTURE_TORCH_INDEX": "http://mirror/torch/"}) == "http://mirror/torch/cpu"
    assert index_of("default", {"TEXTURE_TORCH_INDEX": "http://mirror/torch/"}) is None


def test_an_index_that_never_answers_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        assert not can_reach(f"http://127.0.0.1:{silent.getsockname()[1]}/cpu", seconds=0.2)
        assert time.monotonic() - began < 30
    assert not can_reach("no address")


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_amd_and_intel_are_read_from_the_kernels_files(tmp_path):
    nodes = tmp_path / "sys/class/kfd/kfd/topology/nodes"
    write(nodes / "0/properties", "cpu_cores_count 16\ngfx_target_version 0\n")
    write(nodes / "1/properties", "simd_count 64\ngfx_target_version 110001\n")
    assert amd_targets(tmp_path) == ()
    write(tmp_path / "dev/kfd")
    assert amd_targets(tmp_path) == (110001,)
    for place, (vendor, kind, number) in {
        "0000:00:02.0": ("0x8086", "0x030000", "0x56a0"),
        "0000:00:1f.0": ("0x8086", "0x060100", "0x7d02"),
        "0000:01:00.0": ("0x10de", "0x030000", "0x2684"),
    }.items():
        for name, text in (("vendor", vendor), ("class", kind), ("device", number)):
            write(tmp_path / "sys/bus/pci/devices" / place / name, f"{text}\n")
    assert intel_gpus(tmp_path) == ("0x56a0",)


def test_nvidia_is_told_by_its_driver(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not look(tmp_path).nvidia
    (tmp_path / "proc/driver/nvidia/gpus/0000:01:00.0").mkdir(parents=True)
    assert look(tmp_path).nvidia


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script of the shell")
@pytest.mark.parametrize(("script", "found"), [("echo 'GPU 0: NVIDIA (UUID: 1)'", True), ("exit 9", False)])
def test_nvidia_is_told_by_nvidia_smi(tmp_path, monkeypatch, script, found):
    program = tmp_path / "usr/lib/wsl/lib/nvidia-smi"
    write(program, f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert look(tmp_path).nvidia is found
