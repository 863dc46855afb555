"""The plug-in's help: a section for each procedure, and a picture for each dialog."""

import re
from pathlib import Path

from PIL import Image

HELP = Path(__file__).parents[1] / "gimp_plugin" / "help" / "en"
PAGE = (HELP / "index.html").read_text("utf-8")
WITHOUT_DIALOG = {"repeat"}
LARGEST = 100_000


def sections():
    """The text of each section, by its name."""
    return dict(re.findall(r'<h2 id="([\w-]+)">(.*?)(?=<h2|</body>)', PAGE, re.DOTALL))


def test_each_procedure_has_a_section_with_a_picture_of_its_dialog():
    found = sections()
    names = re.findall(r'ref="index\.html#([\w-]+)"', (HELP / "gimp-help.xml").read_text("utf-8"))
    assert {*names} > WITHOUT_DIALOG
    for name in names:
        assert (f'src="pictures/{name}.png"' in found[name]) == (name not in WITHOUT_DIALOG)


def test_each_picture_is_there_described_used_and_small():
    named = re.findall(r'<img src="(pictures/[\w-]+\.png)" alt="[^"]+">', PAGE)
    assert sorted(HELP / each for each in named) == sorted(HELP.glob("pictures/*"))
    for each in named:
        assert (HELP / each).stat().st_size < LARGEST
        with Image.open(HELP / each) as picture:
            assert min(picture.size) > 100
