"""Settings as arguments of the plug-in's procedures."""

import sys
from types import MappingProxyType, SimpleNamespace
from typing import Annotated
from unittest.mock import MagicMock, Mock

import gimp_mock
import pytest

from protocol import vocabulary
from protocol.fields import Choice, Range
from protocol.vocabulary import About, Setting

ABOUT = About("Size of the grain.", "_Grain")


def made_up(kind, *limits):
    return Setting("grain", kind, Annotated[(kind, *limits, ABOUT)], optional=True, default=None, about=ABOUT)


@pytest.mark.parametrize(
    ("setting", "absent", "other"),
    [
        (made_up(float, Range(0.5, 8)), -1.0, 0.5),
        (made_up(int, Range(1, 9)), 0, 9),
        (made_up(str, Choice(("fine", "coarse"))), "auto", "fine"),
        (made_up(str, Range(1, 20)), "", "a"),
        (made_up(bool), False, True),
    ],
)
def test_gimp_has_a_value_for_a_setting_that_is_none(monkeypatch, setting, absent, other):
    monkeypatch.setattr(vocabulary, "settings", lambda: MappingProxyType({"grain": setting}))
    with gimp_mock.mocked() as gimp:
        monkeypatch.setattr(sys.modules["gi.repository"], "GObject", MagicMock(), raising=False)
        monkeypatch.setattr(gimp.Gimp, "Procedure", Mock, raising=False)
        from gimp_plugin import arguments, values

        procedure = Mock()
        arguments.add_setting(procedure, setting)
        ((_name, given, _keywords),) = procedure.method_calls
        assert given[0] == "grain"
        assert (type(given[-2]), given[-2]) == (setting.kind, absent)
        for value, read in ((absent, None), (other, other)):
            config = SimpleNamespace(
                list_properties=lambda: [SimpleNamespace(name="grain")],
                get_property=lambda _name, value=value: value,
            )
            values.check(config, "fill")
            assert arguments.settings_of(config) == {"grain": read}
