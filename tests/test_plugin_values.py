"""Which values the plug-in's arguments may have."""

from types import SimpleNamespace

import gimp_mock
import pytest

USUAL = {"quality": "normal", "seamless": "both", "seed": 0, "keep-frames": False}


@pytest.fixture
def values():
    """The module, in a GIMP of the tests' own."""
    with gimp_mock.mocked():
        from gimp_plugin import values

        yield values


class Config:
    """A procedure's arguments, as GIMP hands them over."""

    def __init__(self, **given):
        self.given = {**USUAL, **given}

    def list_properties(self):
        return [self.find_property(name) for name in USUAL]

    def find_property(self, name):
        return SimpleNamespace(name=name, default_value=USUAL[name])

    def get_property(self, name):
        return self.given[name]

    def set_property(self, name, value):
        self.given[name] = value


def test_usual_values_are_fine(values):
    values.check(Config(), "seamless")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("quality", "bset", ("quality", "bset", "draft, normal, best")),
        ("quality", None, ("quality", "draft, normal, best")),
        ("quality", "Best", ("quality", "Best", "draft, normal, best")),
        ("seamless", "none", ("seamless", "none", "x, y, both")),
        ("seed", -1, ("seed", "-1", "0", "2147483647")),
        ("seed", float("nan"), ("seed", "nan")),
    ],
)
def test_another_value_is_told_with_what_it_may_be_and_mended_for_a_dialog(values, name, value, told):
    config = Config(**{name: value})
    with pytest.raises(values.ValueOutOfRangeError) as error:
        values.check(config, "seamless")
    assert all(word in str(error.value) for word in told)
    values.reset_invalid(config, "seamless")
    assert config.given == USUAL


def test_what_one_task_knows_another_may_not(values):
    values.check(Config(seamless="none"), "new")


def test_what_is_right_is_not_mended(values):
    config = Config(quality="best", seed=7)
    values.reset_invalid(config, "seamless")
    assert config.given == {**USUAL, "quality": "best", "seed": 7}
