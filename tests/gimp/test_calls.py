"""How scripts call the procedures: wrong values, and windows where there is no display, in a real GIMP."""

import pytest
from pictures import bricks, save
from plugged import array_of

SIDE = 64
# Each argument that is a choice, with what it may be; those of several procedures with one of them.
CHOICES = {
    "fill": {
        "recipe": "photo, sliced, gram, patch",
        "quality": "draft, normal, best",
        "encoder": "compact, vgg19, vgg16, vgg11",
        "exemplar": "surroundings, drawable, file, pattern",
        "sample-from": "all, sides, above-below",
    },
    "new": {"seamless": "none, x, y, both", "destination": "image, layers"},
    "seamless": {"seamless": "x, y, both"},
    "extend": {"unit": "percent, pixels"},
    "enlarge": {"seamless": "none, x, y, both"},
    "engine": {"action": "status, start, stop"},
}
NUMBERS = (
    ("fill", "seed", -1, "0 to 2147483647"),
    ("fill", "context", -5, "0 to 16384"),
    ("fill", "context", 16385, "0 to 16384"),
    ("new", "ratio", 0.0, "0.1 to 64.0"),
    ("new", "ratio", 65.0, "0.1 to 64.0"),
    ("new", "width", 20000, "0 to 16384"),
    ("new", "height", -1, "0 to 16384"),
    ("new", "variations", 0, "1 to 16"),
    ("new", "variations", 17, "1 to 16"),
    ("enlarge", "factor", 1.0, "1.1 to 8"),
    ("enlarge", "factor", 9.0, "1.1 to 8"),
    ("seamless", "seed", -2147483648, "0 to 2147483647"),
)
WRONG = [
    *((task, name, "bset", told) for task, found in CHOICES.items() for name, told in found.items()),
    ("fill", "quality", "", CHOICES["fill"]["quality"]),
]
CODE = """
def run(name, mode, image=None, drawables=(), **wishes):
    procedure = pdb.lookup_procedure(f"plug-in-texture-synthesis-{name}")
    config = procedure.create_config()
    config.set_property("run-mode", mode)
    if image is not None:
        config.set_property("image", image)
        config.set_core_object_array("drawables", list(drawables))
    for wish, value in wishes.items():
        config.set_property(wish, value)
    values = procedure.run(config)
    found = [values.index(number) for number in range(values.length())]
    said = found[1] if len(found) > 1 else pdb.get_last_error()
    return {"status": found[0].value_nick, "said": str(said)}


def bricks():
    image = opened(wall)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 20, 20)
    return image, image.get_layers()


def tried(name, mode, **wishes):
    image, layers = (None, ()) if name == "engine" else bricks()
    before = everything(image) if image else None
    count = len(Gimp.get_images())
    found = run(name, mode, image, layers, **wishes)
    found["layers"] = [item.get_name() for item in image.get_layers()] if image else []
    found["images"] = len(Gimp.get_images()) - count
    return found


def wrong_value(task, name, value):
    def case():
        return tried(task, Gimp.RunMode.NONINTERACTIVE, **{name: value})
    case.__name__ = f"{task} {name} {value}"
    return case


def windows(name):
    def case():
        return tried(name, Gimp.RunMode.INTERACTIVE)
    case.__name__ = f"{name} with a window"
    return case


def last_values():
    return tried("fill", Gimp.RunMode.WITH_LAST_VALS, quality="draft")


def without_run_mode():
    # As in README: a script need not say that it wants no window.
    image, layers = bricks()
    procedure = pdb.lookup_procedure("plug-in-texture-synthesis-fill")
    config = procedure.create_config()
    config.set_property("image", image)
    config.set_core_object_array("drawables", layers)
    config.set_property("quality", "draft")
    values = procedure.run(config)
    return {"status": values.index(0).value_nick, "texture": kept(values.index(2))}


cases = [wrong_value(*given[:3]) for given in wrong]
cases += [windows(name) for name in ("fill", "new", "seamless", "enlarge", "repeat", "save-as-pattern", "engine")]
cases += [last_values, without_run_mode]
cases += [
    wrong_value(name, argument, float(value))
    for name, argument, value in (("new", "ratio", "nan"), ("enlarge", "factor", "inf"), ("extend", "left", "-inf"))
]
"""
WINDOWS = ("fill", "new", "seamless", "enlarge", "repeat", "save-as-pattern", "engine")


@pytest.fixture(scope="module")
def without_display(plugged, tmp_path_factory):
    """All that these tests look at where there is no display, made in one GIMP."""
    return calls(plugged, tmp_path_factory.mktemp("calls"), {}, [*WRONG, *NUMBERS])


@pytest.fixture(scope="module")
def with_dead_display(plugged, tmp_path_factory):
    """What they look at where the display does not answer; values are not shown on any."""
    return calls(plugged, tmp_path_factory.mktemp("calls"), {"DISPLAY": ":77"}, [])


def calls(plugged, folder, environment, wrong):
    save(folder / "wall.png", bricks(SIDE, SIDE))
    given = {"wall": str(folder / "wall.png"), "wrong": wrong}
    return plugged.cases(CODE, folder / "run", environment=environment, **given)


@pytest.fixture(params=["without_display", "with_dead_display"])
def cases(request):
    """What these tests look at, in either GIMP."""
    return request.getfixturevalue(request.param)


def test_a_wrong_value_is_refused_with_what_the_argument_may_be(subtests, without_display):
    for task, name, value, told in (*WRONG, *NUMBERS):
        with subtests.test(task=task, name=name, value=value):
            found = without_display[f"{task} {name} {value}"]
            assert found["status"] == "calling-error"
            assert name in found["said"]
            assert str(value) in found["said"]
            assert told in found["said"]
            assert found["layers"] == ([] if task == "engine" else ["Background"])
            assert found["images"] == 0


@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_without_a_display_is_refused_with_a_sentence(cases, name):
    found = cases[f"{name} with a window"]
    assert found["status"] == "calling-error"
    assert "no display" in found["said"]
    assert "NONINTERACTIVE" in found["said"]
    assert found["images"] == 0


def test_what_asks_nothing_needs_no_display(cases):
    assert cases["last_values"]["status"] == "success"
    assert cases["last_values"]["layers"] == ["Texture, seed 0", "Background"]


def test_a_script_need_not_name_a_run_mode(cases):
    assert cases["without_run_mode"]["status"] == "success"
    assert (array_of(cases["without_run_mode"]["texture"])[..., 3] == 255).all()


@pytest.mark.parametrize("case", ["new ratio nan", "enlarge factor inf", "extend left -inf"])
def test_a_number_that_is_not_finite_is_an_error(cases, case):
    found = cases[case]
    assert found["status"] in {"calling-error", "execution-error"}
    assert (len(found["layers"]), found["images"]) == (1, 0)
