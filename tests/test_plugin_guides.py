"""What the plug-in asks of guides before the engine gets them."""

import pytest

from gimp_plugin import guides
from gimp_plugin.plans import PlanError


@pytest.mark.parametrize(
    ("layers", "exemplar", "canvas"), [(1, False, False), (3, False, False), (1, True, True), (3, False, True)]
)
def test_guides_that_go_together_are_taken(layers, exemplar, canvas):
    guides.check_choice(layers, exemplar=exemplar, canvas=canvas)


@pytest.mark.parametrize(
    ("layers", "exemplar", "canvas", "words"),
    [
        (2, True, True, "2 layers are selected"),
        (1, True, False, "no canvas guide"),
        (1, False, True, "no exemplar guide"),
    ],
)
def test_guides_that_do_not_go_together_are_refused(layers, exemplar, canvas, words):
    with pytest.raises(PlanError, match=words):
        guides.check_choice(layers, exemplar=exemplar, canvas=canvas)
