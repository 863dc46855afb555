"""Commands, engines and GIMP on a computer whose card does not work."""

import os

import pytest
from drivers import OLD_DRIVER, SAID, forgotten, no_card  # noqa: F401 - a fixture
from engines import end_of, forked, forked_terminal, short_job
from pictures import bricks, save
from plugin_links import installation_of

from engine.synthesis.device_checks import check_device
from gimp_plugin.engine_report import engine_status
from gimp_plugin.error_messages import explain

pytestmark = no_card

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
