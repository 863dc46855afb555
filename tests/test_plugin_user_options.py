"""What the user wanted last."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gimp_plugin import user_options
from gimp_plugin.user_options import GONE, LAST_FILE, Options, recall, remember
from protocol.vocabulary import AXES, QUALITIES, SAMPLE_FROM, Settings

NOW = "this run of GIMP"

any_options = st.builds(
    Options,
    task=st.sampled_from(
        [user_options.FILL, user_options.NEW, user_options.SEAMLESS, user_options.EXTEND, user_options.ENLARGE]
    ),
    settings=st.builds(
        Settings,
        seed=st.integers(0, 2**31 - 1),
        quality=st.sampled_from(QUALITIES),
        seamless=st.sampled_from(list(AXES)),
        flatten=st.booleans(),
    ),
    keep_frames=st.booleans(),
    source=st.sampled_from(
        [user_options.SURROUNDINGS, user_options.DRAWABLE, user_options.FILE, user_options.PATTERN]
    ),
    drawable=st.integers(0, 2**31 - 1),
    file=st.text(st.characters(codec="utf-8"), max_size=20),
    pattern=st.text(st.characters(codec="utf-8"), max_size=20),
    width=st.integers(0, 16384),
    ratio=st.floats(0.1, 64),
    sample_from=st.sampled_from(SAMPLE_FROM),
    context=st.integers(0, 16384),
    mask=st.integers(0, 2**31 - 1),
    guide=st.integers(0, 2**31 - 1),
    canvas_guide=st.integers(0, 2**31 - 1),
    variations=st.integers(1, 16),
    destination=st.sampled_from([user_options.IMAGE, user_options.LAYERS]),
)


@given(any_options)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_remembered_is_recalled(tmp_path, options):
    remember(options, tmp_path, NOW)
    assert recall(tmp_path, NOW) == options


@given(any_options)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_drawables_of_another_run_of_gimp_are_gone_and_all_else_is_recalled(tmp_path, options):
    remember(options, tmp_path, "another run")
    drawables = ("drawable", "mask", "guide", "canvas_guide")
    gone = {name: GONE if getattr(options, name) else 0 for name in drawables}
    assert recall(tmp_path, NOW) == replace(options, **gone)


def test_drawables_of_which_the_run_of_gimp_was_not_kept_are_gone(tmp_path):
    (tmp_path / LAST_FILE).write_text('{"task": "fill", "source": "drawable", "drawable": 7}')
    assert recall(tmp_path, NOW) == Options(user_options.FILL, source=user_options.DRAWABLE, drawable=GONE)


def test_the_last_options_count(tmp_path):
    for task in (user_options.FILL, user_options.NEW):
        remember(Options(task), tmp_path, NOW)
    assert recall(tmp_path, NOW) == Options(user_options.NEW)


def test_where_nothing_was_wanted_yet_there_is_nothing(tmp_path):
    assert recall(tmp_path, NOW) is None
    assert recall(tmp_path / "nowhere", NOW) is None


def test_what_cannot_be_written_is_told(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        remember(Options(user_options.FILL), tmp_path / "nowhere", NOW)


def test_options_of_an_older_version_has_this_ones_defaults_for_what_it_lacks(tmp_path):
    (tmp_path / LAST_FILE).write_text('{"task": "new", "ratio": 3.0}')
    assert recall(tmp_path, NOW) == Options(user_options.NEW, ratio=3.0)


BROKEN = {
    "nothing": b"",
    "half of it": json.dumps(asdict(Options(user_options.FILL)))[:30].encode(),
    "no text": b"\xff\xfe\x00",
    "a list": b"[1, 2]",
    "null": b"null",
    "no task": b"{}",
    "more than this version knows": b'{"task": "fill", "color": "blue"}',
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_cannot_be_understood_is_as_if_it_were_not_there(tmp_path, fault):
    (tmp_path / LAST_FILE).write_bytes(BROKEN[fault])
    assert recall(tmp_path, NOW) is None


@pytest.mark.parametrize("name", ["task", "settings", "ratio"])
def test_a_value_of_another_kind_is_as_if_nothing_were_there(tmp_path, name):
    wrong = {**asdict(Options(user_options.FILL)), name: ["nonsense"]}
    (tmp_path / LAST_FILE).write_text(json.dumps(wrong))
    assert recall(tmp_path, NOW) is None


def test_a_task_that_this_version_does_not_know_is_as_if_nothing_were_there(tmp_path):
    (tmp_path / LAST_FILE).write_text('{"task": "weave"}')
    assert recall(tmp_path, NOW) is None
