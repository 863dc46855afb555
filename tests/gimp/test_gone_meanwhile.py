"""An image that is closed, or changed, between any two calls that an attempt makes, in a real GIMP."""

import pytest
from pictures import bricks, save

CODE = """
import sys
from types import SimpleNamespace

sys.path.insert(0, package)
from gimp_plugin import attempts
from gimp_plugin.box import Box
from gimp_plugin.failing_calls import failing_quietly
from gimp_plugin.job_sequence import State
from gimp_plugin.places import Place
from gimp_plugin.plans import JobPlan
from gimp_plugin.tasks import Task
from protocol.messages import Canvas, Done, Frame, Prepared, Source, Synthesize
from protocol.raster import Raster
from protocol.vocabulary import Settings

LEFT, TOP, WIDTH, HEIGHT = 30, 24, 24, 16
attempts.LOOK_SECONDS = 0
# What happens before a call of GIMP's, and before which one.
pending = SimpleNamespace(change=None, calls=0, at=None)


def watched(method):
    def called(self, *given, **named):
        if pending.change is not None:
            if pending.calls == pending.at:
                change, pending.change = pending.change, None
                change()
            pending.calls += 1
        return method(self, *given, **named)
    return called


for kind in (Gimp.Image, Gimp.Item, Gimp.Drawable, Gimp.Layer, Gimp.GroupLayer):
    for name, method in list(vars(kind).items()):
        if type(method).__name__ == "FunctionInfo" and method.is_method():
            setattr(kind, name, watched(method))


def raster(level, alpha=255):
    return Raster(WIDTH, HEIGHT, 4, "u8", bytes((level, level, level, alpha)) * (WIDTH * HEIGHT))


class Link:
    # An engine that answers at once.
    problem = message = ""

    def __init__(self, alpha):
        self.client = self
        self.connected = True
        self.alpha = alpha
        self.coming = []

    def submit(self, request):
        job = request.job

        def frame(level, octave):
            return Frame(job, raster(level), octave, 1, 2, 0, 0, WIDTH, HEIGHT)

        mask = Raster(WIDTH, HEIGHT, 1, "u8", bytes([255]) * (WIDTH * HEIGHT))
        self.coming = [
            [Prepared(job, 0, 0, WIDTH, HEIGHT, mask), frame(20, 1)],
            [frame(40, 1)],
            [frame(60, 0)],
            [Done(job, raster(90, self.alpha), 1.0)],
        ]

    def poll(self, timeout):
        return self.coming.pop(0) if self.coming else []

    def cancel(self, job, keep):
        pass


class Listener:
    def on_message(self, sentence):
        pass

    def on_progress(self, fraction, seconds_left):
        pass

    def on_frame(self, frame, number):
        pass


def close(image, layer):
    image.delete()


def delete_layer(image, layer):
    image.remove_layer(layer)


def move_into_a_group(image, layer):
    group = next(item for item in image.get_layers() if item.get_name() == "theirs")
    image.reorder_item(layer, group, 0)


def resize(image, layer):
    image.resize(120, 90, 10, 6)


def rotate(image, layer):
    image.rotate(Gimp.RotationType.DEGREES90)


original = opened(wall)


def attempt(change, opacity, alpha, keep, at):
    image = original.duplicate()
    layer, = image.get_layers()
    layer.set_opacity(opacity)
    image.insert_layer(Gimp.GroupLayer.new(image, "theirs"), None, 0)
    image.set_selected_layers([layer])
    place = Place(image, layer, LEFT, TOP, Box(0, 0, WIDTH, HEIGHT), joins=True)
    plan = JobPlan((Synthesize("planned", (), Canvas(raster(9)), Settings(), "u8", blend=False),), WIDTH, HEIGHT)
    with failing_quietly():
        task = Task(plan, place, fresh=False)
        made = attempts.Attempt(
            task, Link(alpha), Listener(), attempts.Appearance(frames=True, keep_frames=keep))
        pending.calls, pending.at, pending.change = 0, at, lambda: change(image, layer)
        while made.poll():
            pass
        happened, pending.change = pending.change is None, None
    told = {"at": at, "happened": happened, "calls": pending.calls}
    told |= {"problem": made.problem, "layers": len(made.layers)}
    if image.is_valid():
        told["left"] = [item.get_name() for item in image.get_layers()]
        image.delete()
    return told


def moments(change, opacity, alpha, keep):
    calls = attempt(change, opacity, alpha, keep, -1)["calls"]
    return [attempt(change, opacity, alpha, keep, at) for at in range(0, calls, max(1, calls // most))]


def case_of(change, opacity, alpha, keep):
    def case():
        return moments(change, opacity, alpha, keep)
    case.__name__ = f"{change.__name__} {opacity} {alpha} {keep}"
    return case


PLAIN, FAINT, KEPT = (100, 255, False), (50, 255, False), (100, 90, True)
cases = [case_of(change, *look) for change in (close, delete_layer) for look in (PLAIN, FAINT, KEPT)]
cases += [case_of(move_into_a_group, *FAINT), case_of(resize, *KEPT), case_of(rotate, *PLAIN)]
"""
LOOKS = ("100 255 False", "50 255 False", "100 90 True")
MOST = 12


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP, which complains of no call."""
    folder = tmp_path_factory.mktemp("gone")
    save(folder / "wall.png", bricks(72, 96))
    return plugged.cases(CODE, folder / "run", wall=str(folder / "wall.png"), most=MOST)


@pytest.mark.parametrize("look", LOOKS)
def test_an_image_closed_at_any_moment_ends_the_attempt_quietly(cases, look):
    found = [each for each in cases[f"close {look}"] if each["happened"]]
    assert len(found) >= MOST
    # A texture that was complete already is none that failed.
    assert {each["problem"] for each in found if not each["layers"]} == {"The image was closed."}
    assert all(each["at"] == each["calls"] - 1 for each in found if each["layers"])


@pytest.mark.parametrize("look", LOOKS)
def test_a_layer_deleted_at_any_moment_ends_the_attempt_and_leaves_nothing(cases, look):
    for each in cases[f"delete_layer {look}"]:
        if each["problem"]:
            assert "deleted" in each["problem"]
            assert each["left"] == ["theirs"]


@pytest.mark.parametrize("change", ["move_into_a_group 50 255 False", "resize 100 90 True", "rotate 100 255 False"])
def test_an_image_changed_at_any_moment_has_a_texture_or_none_at_all(cases, change):
    for each in cases[change]:
        assert bool(each["problem"]) != bool(each["layers"])
        if each["problem"]:
            assert set(each["left"]) <= {"theirs", "Background"}, each
