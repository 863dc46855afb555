"""What the user wanted last."""

import json
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gimp_plugin import wishes
from gimp_plugin.wishes import LAST_FILE, Wish, recall, remember

any_wish = st.builds(
    Wish,
    task=st.sampled_from([wishes.FILL, wishes.NEW, wishes.SEAMLESS]),
    seed=st.integers(0, 2**31 - 1),
    keep_frames=st.booleans(),
    source=st.sampled_from([wishes.SURROUNDINGS, wishes.DRAWABLE, wishes.FILE, wishes.PATTERN]),
    drawable=st.integers(0, 2**31 - 1),
    file=st.text(st.characters(codec="utf-8"), max_size=20),
    pattern=st.text(st.characters(codec="utf-8"), max_size=20),
    width=st.integers(0, 16384),
    ratio=st.floats(0.1, 64),
    wrap=st.sampled_from([wishes.NONE, wishes.ACROSS, wishes.DOWN, wishes.BOTH]),
    sample_from=st.sampled_from([wishes.ALL, wishes.SIDES, wishes.ABOVE_BELOW]),
    context=st.integers(0, 16384),
    mask=st.integers(0, 2**31 - 1),
    variations=st.integers(1, 16),
    destination=st.sampled_from([wishes.IMAGE, wishes.LAYERS]),
)


@given(any_wish)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_wish_that_is_remembered_is_recalled(tmp_path, wish):
    remember(wish, tmp_path)
    assert recall(tmp_path) == wish


def test_the_last_wish_counts(tmp_path):
    for task in (wishes.FILL, wishes.NEW):
        remember(Wish(task), tmp_path)
    assert recall(tmp_path) == Wish(wishes.NEW)


def test_where_nothing_was_wanted_yet_there_is_nothing(tmp_path):
    assert recall(tmp_path) is None
    assert recall(tmp_path / "nowhere") is None


def test_a_wish_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        remember(Wish(wishes.FILL), tmp_path / "nowhere")


def test_a_wish_of_an_older_version_has_this_ones_defaults_for_what_it_lacks(tmp_path):
    (tmp_path / LAST_FILE).write_text('{"task": "new", "ratio": 3.0}')
    assert recall(tmp_path) == Wish(wishes.NEW, ratio=3.0)


BROKEN = {
    "nothing": b"",
    "half of it": json.dumps(asdict(Wish(wishes.FILL)))[:30].encode(),
    "no text": b"\xff\xfe\x00",
    "a list": b"[1, 2]",
    "null": b"null",
    "no task": b"{}",
    "more than this version knows": b'{"task": "fill", "colour": "blue"}',
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_cannot_be_understood_is_as_if_it_were_not_there(tmp_path, fault):
    (tmp_path / LAST_FILE).write_bytes(BROKEN[fault])
    assert recall(tmp_path) is None


@pytest.mark.parametrize("name", ["task", "seed", "ratio"])
def test_a_value_of_another_kind_is_as_if_nothing_were_there(tmp_path, name):
    wrong = {**asdict(Wish(wishes.FILL)), name: ["nonsense"]}
    (tmp_path / LAST_FILE).write_text(json.dumps(wrong))
    assert recall(tmp_path) is None


def test_a_task_that_this_version_does_not_know_is_as_if_nothing_were_there(tmp_path):
    (tmp_path / LAST_FILE).write_text('{"task": "weave"}')
    assert recall(tmp_path) is None
