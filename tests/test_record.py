import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.images import ImageError
from engine.record.animation import ANIMATION_FRAME_LIMIT, FEWEST_FRAMES
from engine.record.frames import FRAMES_PER_SECOND
from engine.record.recorder import open_recorder

SIZE = (48, 32)
KINDS = ["a.gif", "a.webp", "a.mp4", "frames"]


def flat(value, height=SIZE[1], width=SIZE[0]):
    return np.full((height, width, 3), value, np.uint8)


def record(path, frames, size=SIZE):
    with open_recorder(path, size) as recorder:
        for frame in frames:
            recorder.add(frame)
    return path


def record_and_raise(path, error, count=1):
    with open_recorder(path, SIZE) as recorder:
        for value in range(count):
            recorder.add(flat(100 * value))
        raise error


def record_and_make_folder(path):
    with open_recorder(path, SIZE) as recorder:
        recorder.add(flat(0))
        path.mkdir()


def skip_without_av(kind):
    if kind.endswith(".mp4"):
        pytest.importorskip("av")


def record_video(tmp_path, frames, size=SIZE):
    skip_without_av(".mp4")
    return record(tmp_path / "a.mp4", frames, size)


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def animation(path):
    """Give the frames as uint8 RGB and how long each is shown, in milliseconds."""
    frames, durations = [], []
    with Image.open(path) as image:
        for index in range(image.n_frames):
            image.seek(index)
            image.load()
            durations.append(image.info["duration"])
            frames.append(np.asarray(image.convert("RGB")))
    return frames, durations


def video(path):
    av = pytest.importorskip("av")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)], stream.average_rate


@pytest.mark.parametrize("kind", ["a.gif", "a.webp"])
def test_an_animation_shows_the_frames_in_order(tmp_path, kind):
    frames, _ = animation(record(tmp_path / kind, [flat(value) for value in (0, 100, 200)]))
    assert [frame.shape for frame in frames] == [(32, 48, 3)] * 3
    assert [abs(frame.mean() - value) < 3 for frame, value in zip(frames, (0, 100, 200), strict=True)] == [True] * 3


@pytest.mark.parametrize("kind", ["a.gif", "a.webp"])
def test_an_animation_runs_at_twelve_frames_a_second_and_holds_the_last(tmp_path, kind):
    _, durations = animation(record(tmp_path / kind, [flat(value) for value in (0, 100, 200)]))
    assert all(75 <= duration <= 85 for duration in durations[:-1])
    assert durations[-1] == 1500


@pytest.mark.parametrize("kind", ["a.gif", "a.webp"])
def test_an_animation_loops_forever(tmp_path, kind):
    with Image.open(record(tmp_path / kind, [flat(0), flat(200)])) as image:
        assert image.info["loop"] == 0


def test_a_gif_comes_close_to_the_colors_of_every_frame(tmp_path):
    rng = np.random.default_rng(0)
    sent = [np.kron(rng.integers(0, 256, (4, 6, 3), dtype=np.uint8), np.ones((8, 8, 1), np.uint8)) for _ in range(5)]
    frames, _ = animation(record(tmp_path / "a.gif", sent))
    for frame, original in zip(frames, sent, strict=True):
        assert abs(frame.astype(int) - original).mean() < 6


@pytest.mark.parametrize("kind", ["a.gif", "a.webp"])
def test_a_single_frame_makes_an_animation(tmp_path, kind):
    record(tmp_path / kind, [flat(100)])
    with Image.open(tmp_path / kind) as image:
        assert abs(np.asarray(image.convert("RGB")).mean() - 100) < 3


@pytest.mark.parametrize("count", [118, 119, 120, 121, 250, 500])
def test_a_long_gif_is_thinned_evenly_and_ends_with_the_last_frame(tmp_path, count):
    sent = [np.full((4, 4, 3), (*divmod(value, 250), 0), np.uint8) for value in range(count)]
    frames, _ = animation(record(tmp_path / "a.gif", sent, (4, 4)))
    shown = [250 * int(frame[0, 0, 0]) + int(frame[0, 0, 1]) for frame in frames]
    assert ANIMATION_FRAME_LIMIT / 2 <= len(shown) <= ANIMATION_FRAME_LIMIT
    assert len(set(np.diff(shown[:-1]).tolist())) == 1
    assert (shown[0], shown[-1]) == (0, count - 1)


def test_a_long_webp_is_thinned_and_ends_with_the_last_frame(tmp_path):
    sent = [flat((37 * value) % 256) for value in range(300)]
    frames, _ = animation(record(tmp_path / "a.webp", sent))
    assert ANIMATION_FRAME_LIMIT / 2 <= len(frames) <= ANIMATION_FRAME_LIMIT
    assert abs(frames[-1].mean() - sent[-1].mean()) < 3


@pytest.mark.parametrize("kind", ["a.gif", "a.webp"])
def test_an_animation_is_thinned_to_its_largest_size(tmp_path, kind, monkeypatch):
    chance = np.random.default_rng(0)
    sent = [chance.integers(0, 256, (64, 64, 3), dtype=np.uint8) for _ in range(60)]
    whole = record(tmp_path / kind, sent, (64, 64)).stat().st_size
    monkeypatch.setattr("engine.record.animation.LARGEST_FILE", whole // 3)
    path = record(tmp_path / f"b{kind}", sent, (64, 64))
    frames, _ = animation(path)
    assert 0.7 * whole / 3 < path.stat().st_size < 1.1 * whole / 3
    assert 15 <= len(frames) <= 22
    assert np.abs(frames[-1].astype(int) - animation(tmp_path / kind)[0][-1]).mean() < 3


def test_an_animation_without_time_to_be_written_keeps_few_frames_and_the_last(tmp_path):
    with open_recorder(tmp_path / "a.gif", SIZE) as recorder:
        for value in range(100):
            recorder.add(flat(2 * value))
        recorder.seconds = 0.0
    frames, _ = animation(tmp_path / "a.gif")
    shown = [frame.mean() for frame in frames]
    assert len(shown) == FEWEST_FRAMES
    assert shown == sorted(shown)
    assert abs(shown[0]) < 3
    assert abs(shown[-1] - 198) < 3


def test_a_video_of_grain_stays_within_its_rate(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.record.video.VIDEO_RATE", 400_000)
    chance = np.random.default_rng(0)
    sent = [chance.integers(0, 256, (96, 96, 3), dtype=np.uint8) for _ in range(120)]
    path = record_video(tmp_path, sent, (96, 96))
    assert path.stat().st_size < 1.3 * 400_000 / 8 * (120 + 18) / FRAMES_PER_SECOND


def test_a_video_shows_the_frames_in_order_and_holds_the_last(tmp_path):
    frames, rate = video(record_video(tmp_path, [flat(value) for value in (20, 120, 220)]))
    assert rate == FRAMES_PER_SECOND
    assert len(frames) == 3 + 18
    assert [round(frame.mean() / 10) for frame in (*frames[:3], frames[-1])] == [2, 12, 22, 22]


def test_a_video_of_odd_size_repeats_its_last_column_and_row(tmp_path):
    frame = np.zeros((33, 47, 3), np.uint8)
    frame[-1], frame[:, -1] = 255, 255
    frames, _ = video(record_video(tmp_path, [frame], (47, 33)))
    assert frames[0].shape == (34, 48, 3)
    assert frames[0][-1].mean() > 220
    assert frames[0][:, -1].mean() > 220


def test_a_video_is_not_thinned(tmp_path):
    frames, _ = video(record_video(tmp_path, [flat(index) for index in range(200)]))
    assert len(frames) == 200 + 18


def test_a_folder_gets_numbered_pngs(tmp_path):
    path = record(tmp_path / "frames", [flat(value) for value in range(130)])
    assert sorted(entry.name for entry in path.iterdir()) == [f"{index:04d}.png" for index in range(130)]
    assert (pixels(path / "0007.png") == flat(7)).all()


def test_an_empty_folder_is_used(tmp_path):
    (tmp_path / "frames").mkdir()
    assert (record(tmp_path / "frames", [flat(1)]) / "0000.png").exists()


def test_smaller_frames_are_enlarged_by_repeating_pixels(tmp_path):
    small = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    record(tmp_path / "frames", [small])
    large = pixels(tmp_path / "frames" / "0000.png")
    assert (large == np.kron(small, np.ones((8, 8, 1), np.uint8))).all()


def test_frames_whose_size_is_no_fraction_of_the_final_one_are_enlarged(tmp_path):
    small = np.array([[[0] * 3, [100] * 3, [200] * 3]], np.uint8)
    record(tmp_path / "frames", [small], (5, 2))
    large = pixels(tmp_path / "frames" / "0000.png")
    assert large[..., 0].tolist() == [[0, 0, 100, 100, 200]] * 2


@pytest.mark.parametrize("kind", ["a.gif", "a.webp"])
def test_a_frame_may_be_reused_by_the_caller(tmp_path, kind):
    with open_recorder(tmp_path / kind, SIZE) as recorder:
        frame = flat(10)
        recorder.add(frame)
        frame[:] = 200
        recorder.add(frame)
    assert abs(animation(tmp_path / kind)[0][0].mean() - 10) < 3


@pytest.mark.parametrize("kind", KINDS)
def test_an_interrupted_recording_keeps_what_was_collected(tmp_path, kind):
    skip_without_av(kind)
    with pytest.raises(KeyboardInterrupt):
        record_and_raise(tmp_path / kind, KeyboardInterrupt, 3)
    path = tmp_path / kind
    if path.is_dir():
        found = len(list(path.iterdir()))
    else:
        found = len(video(path)[0] if kind == "a.mp4" else animation(path)[0])
    assert found == (3 + 18 if kind == "a.mp4" else 3)
    assert [entry.name for entry in tmp_path.iterdir()] == [kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_failed_recording_leaves_nothing(tmp_path, kind):
    skip_without_av(kind)
    with pytest.raises(RuntimeError):
        record_and_raise(tmp_path / kind, RuntimeError)
    assert not list(tmp_path.iterdir())


def test_a_failed_recording_leaves_the_file_that_was_there(tmp_path):
    (tmp_path / "a.gif").write_bytes(b"old")
    with pytest.raises(RuntimeError):
        record_and_raise(tmp_path / "a.gif", RuntimeError)
    assert (tmp_path / "a.gif").read_bytes() == b"old"


def test_a_failed_recording_leaves_the_folder_that_was_there(tmp_path):
    (tmp_path / "frames").mkdir()
    with pytest.raises(RuntimeError):
        record_and_raise(tmp_path / "frames", RuntimeError)
    assert not list((tmp_path / "frames").iterdir())


@pytest.mark.parametrize("kind", ["a.gif", "a.webp", "a.mp4"])
def test_a_recording_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path, kind):
    skip_without_av(kind)
    with pytest.raises(ImageError, match="is a folder"):
        record_and_make_folder(tmp_path / kind)
    assert [entry.name for entry in tmp_path.iterdir()] == [kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_without_frames_makes_nothing(tmp_path, kind):
    skip_without_av(kind)
    record(tmp_path / kind, [])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_the_recording_is_left_behind(tmp_path, kind):
    skip_without_av(kind)
    record(tmp_path / kind, [flat(0), flat(9)])
    assert [entry.name for entry in tmp_path.iterdir()] == [kind]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.avi", r"choose \.gif, \.webp, \.mp4 or a folder"),
        ("none/a.gif", "does not exist"),
        ("none/frames", "does not exist"),
        ("folder.gif", "is a folder"),
        ("file", "is a file, not a folder"),
        ("file/a.webp", "is a file, not a folder"),
        ("full", "is not empty"),
        ("/proc/a.gif", "cannot be written"),
        ("/proc/frames", "cannot be written"),
    ],
)
def test_a_path_that_cannot_be_recorded_to_is_refused_at_once(tmp_path, name, message):
    if name.startswith("/proc") and not Path("/proc/self").exists():
        pytest.skip("needs a folder that not even the superuser can write to")
    (tmp_path / "folder.gif").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note").write_bytes(b"")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ImageError, match=message):
        open_recorder(tmp_path / name, SIZE)
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(("kind", "size"), [("a.gif", (0, 4)), ("frames", (4, 0)), ("a.webp", (16384, 4))])
def test_a_size_outside_the_range_is_refused(tmp_path, kind, size):
    with pytest.raises(ImageError, match=f"{size[0]} × {size[1]} pixels"):
        open_recorder(tmp_path / kind, size)


@pytest.mark.parametrize(
    "frame",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_a_frame_of_another_shape_or_type_is_refused(tmp_path, frame):
    with pytest.raises(ImageError, match="the frame is"), open_recorder(tmp_path / "a.gif", SIZE) as recorder:
        recorder.add(frame)


def test_a_video_without_pyav_names_what_to_install(tmp_path, monkeypatch):
    # None in this table is how Python itself marks a module that cannot be imported.
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ImageError, match="pip install av`"):
        open_recorder(tmp_path / "a.mp4", SIZE)
