"""The weights of torchvision, from a real server on this computer."""

import hashlib
import http.server
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from networks import assert_same_features, build, numbered_style, torchvision_style
from safetensors.torch import load_file

from engine.encoders import Encoder, EncoderError, encoder_status, freeze, load_encoder, vgg
from engine.encoders.calibration import calibration_pictures, normalize_activations
from protocol.vocabulary import ENCODERS


@dataclass
class Server:
    """What the server answers; `requests` counts what it was asked."""

    content: bytes
    file_name: str
    port: int = 0
    status: int = 200
    sent: int | None = None
    requests: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/models/{self.file_name}"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    # Larger than one read, so that progress is told more than once.
    state = {**torchvision_style(), "classifier.0.weight": torch.zeros(700, 700)}
    torch.save(state, tmp_path / "original.pth")
    content = (tmp_path / "original.pth").read_bytes()
    state_of_server = Server(content, f"vgg11-{hashlib.sha256(content).hexdigest()[:8]}.pth")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state_of_server.requests.append(self.path)
            if state_of_server.status != 200:
                self.send_error(state_of_server.status)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(state_of_server.content)))
            self.end_headers()
            self.wfile.write(state_of_server.content[: state_of_server.sent])

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        state_of_server.port = running.server_port
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state_of_server
        running.shutdown()
        thread.join(60)


def load_from(server: Server, folder: Path, **options: Callable[[int, int], None]) -> Encoder:
    encoder = vgg.load_vgg("vgg11", pooling="average", folder=folder, address=server.address, **options)
    return freeze(encoder)


def test_a_fetched_network_is_normalized_and_kept_without_its_classifier(server: Server, tmp_path: Path) -> None:
    encoder = load_from(server, tmp_path / "cache")
    expected = build(torchvision_style())
    normalize_activations(expected, calibration_pictures())
    assert_same_features(encoder, expected)
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["vgg11.safetensors"]
    assert set(load_file(tmp_path / "cache" / "vgg11.safetensors")) == set(numbered_style())


def test_progress_is_reported_up_to_the_last_byte(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    load_from(server, tmp_path / "cache", progress=lambda done, total: seen.append((done, total)))
    assert len(seen) > 1
    assert seen == sorted(seen)
    assert seen[-1] == (len(server.content), len(server.content))


def test_the_second_use_needs_no_server_and_no_torchvision(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_from(server, tmp_path)
    server.status = 404
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    monkeypatch.setattr(vgg, "cache_folder", lambda: tmp_path)
    assert_same_features(load_encoder("vgg11"), first)
    assert len(server.requests) == 1


def assert_nothing_left(folder: Path) -> None:
    assert list(folder.iterdir()) == []


def assert_names_remedies(error: EncoderError, server: Server, folder: Path) -> None:
    for part in (server.address, server.file_name, str(folder), "`encoder` to compact"):
        assert part in str(error)


def test_a_connection_that_ends_early_is_refused_and_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    server.sent = len(server.content) // 2
    with pytest.raises(EncoderError, match=rf"{server.sent}.*") as caught:
        load_from(server, folder)
    assert_names_remedies(caught.value, server, folder)
    assert_nothing_left(folder)
    server.sent = None
    assert list(load_from(server, folder).layers)[-1] == "relu3_1"


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ({"content": b"other bytes"}, r"SHA-256 starts with .* instead of"),
        ({"status": 404}, "answers 404"),
        ({"port": 1}, "refused"),
    ],
    ids=["wrong hash", "missing address", "server is down"],
)
def test_a_failed_download_is_refused_with_remedies_and_leaves_nothing_behind(
    server: Server, tmp_path: Path, broken: dict[str, Any], sentence: str
) -> None:
    folder = tmp_path / "cache"
    vars(server).update(broken)
    with pytest.raises(EncoderError, match=sentence) as caught:
        load_from(server, folder)
    assert_names_remedies(caught.value, server, folder)
    assert_nothing_left(folder)


def test_stopping_a_download_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_from(server, tmp_path / "cache", progress=stop)
    assert_nothing_left(tmp_path / "cache")


def test_a_network_with_other_weights_than_a_vgg_is_refused(server: Server, tmp_path: Path) -> None:
    torch.save({"fc.weight": torch.zeros(3)}, tmp_path / "other.pth")
    server.content = (tmp_path / "other.pth").read_bytes()
    server.file_name = f"vgg11-{hashlib.sha256(server.content).hexdigest()[:8]}.pth"
    with pytest.raises(EncoderError, match="no convolutions found"):
        load_from(server, tmp_path / "cache")
    assert_nothing_left(tmp_path / "cache")


def test_an_address_without_a_hash_is_refused(server: Server, tmp_path: Path) -> None:
    server.file_name = "vgg11.pth"
    with pytest.raises(EncoderError, match="names no SHA-256"):
        load_from(server, tmp_path / "cache")
    assert server.requests == []


def test_the_original_put_there_by_hand_is_used_without_the_net(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / server.file_name).write_bytes(server.content)
    assert list(load_from(server, folder).layers)[-1] == "relu3_1"
    assert server.requests == []
    assert sorted(p.name for p in folder.iterdir()) == sorted([server.file_name, "vgg11.safetensors"])


def test_a_wrong_file_put_there_by_hand_is_named_and_left_alone(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / server.file_name).write_bytes(b"another file")
    with pytest.raises(EncoderError, match=rf"{server.file_name} \(the file's SHA-256 starts with"):
        load_from(server, folder)
    assert [p.name for p in folder.iterdir()] == [server.file_name]


def test_a_damaged_kept_file_is_named(server: Server, tmp_path: Path) -> None:
    load_from(server, tmp_path)
    kept = tmp_path / "vgg11.safetensors"
    kept.write_bytes(kept.read_bytes()[:-10])
    with pytest.raises(EncoderError, match=r"damaged .* delete .*vgg11\.safetensors"):
        load_from(server, tmp_path)


def test_without_torchvision_the_error_names_the_built_in_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    monkeypatch.setattr(vgg, "cache_folder", lambda: tmp_path / "cache")
    with pytest.raises(EncoderError, match=r"install the torchvision .*`encoder` to compact"):
        load_encoder("vgg16")


@pytest.mark.parametrize("name", ["vgg11", "vgg16", "vgg19"])
def test_torchvisions_addresses_name_their_hash(name: vgg.VggName) -> None:
    assert vgg.torchvision_address(name).startswith(f"https://download.pytorch.org/models/{name}-")


def test_the_status_tells_what_is_at_hand(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vgg, "cache_folder", lambda: tmp_path)
    load_from(server, tmp_path)
    (tmp_path / "vgg16-0123abcd.pth").write_bytes(b"")
    rows = {row.name: row for row in encoder_status()}
    assert tuple(rows) == ENCODERS
    assert (rows["vgg11"].available, rows["vgg11"].where) == (True, str(tmp_path / "vgg11.safetensors"))
    assert (rows["vgg16"].available, rows["vgg16"].where) == (True, str(tmp_path / "vgg16-0123abcd.pth"))
    assert (rows["vgg19"].available, rows["vgg19"].where) == (False, str(tmp_path / "vgg19.safetensors"))
