"""The report of a batch: one page that needs no network, opened in a browser where there is one."""

import json
import re
import shutil
import subprocess
from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
import torch
from pictures import bricks, save
from PIL import Image

from engine.batch.journal import DONE, FAILED, Entry, Journal
from engine.batch.measures import measures_of
from engine.batch.report import SIDE, write_report
from engine.images import Picture
from engine.service.rasters import array_raster, picture_of

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SECONDS = {"b": 2.0, "a": 10.0, "c": 1.5}
# Clicks on the heading of the seconds, and writes down the order of the names then.
CLICKS = """<script>
const names = () => [...document.querySelectorAll("tbody tr")].map(row => row.cells[2].textContent).join(" ");
const seconds = [...document.querySelectorAll("th button")].find(each => each.textContent === "seconds");
const orders = [names()];
for (let turn = 0; turn < 2; turn++) { seconds.click(); orders.push(names()); }
const loaded = [...document.images].filter(each => each.complete && each.naturalWidth > 0).length;
document.body.append(Object.assign(document.createElement("pre"), {id: "found",
  textContent: JSON.stringify({orders, loaded, sizes: [...document.images].map(each => each.naturalWidth)})}));
</script>"""


class Page(HTMLParser):
    """What a browser would see: tags with their attributes, and the cells of the table."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.rows, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in {"meta", "img"}:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data

    def found(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def page(tmp_path):
    """The report of three textures and of one that has failed, whose name is a trap."""
    folder = tmp_path / "out"
    save(tmp_path / "wide.png", bricks(40, 300))
    deep = np.rint(bricks()[..., 0] * 65535).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    with Journal(folder) as journal:
        for number, (name, seconds) in enumerate(SECONDS.items()):
            save(folder / f"{name}.png", np.dstack([bricks(), np.ones((64, 64)) * (number > 0)]))
            exemplar = "../wide.png" if number else "../deep.png"
            given = {
                "made_with": {"recipe": "photo", "quality": "draft", "seed": number},
                "measures": {"copied": 0.5},
            }
            entry = Entry(state=DONE, request=f"{number:032x}", output=f"{name}.png", exemplar=exemplar, **given)
            journal.add(Entry(**{**vars(entry), "width": 64, "height": 64, "seconds": seconds}))
        for _ in range(2):
            trap = "<script>alert(1)</script>"
            journal.add(
                Entry(state=FAILED, request="ff" * 16, output=f"{trap}.png", exemplar="none.png", reason=trap)
            )
    write_report(tmp_path / "report.html", folder)
    return tmp_path / "report.html"


def test_results_that_may_not_be_written_to_are_measured_without_a_warning(recwarn):
    one = Picture(bricks())
    made = picture_of(array_raster(bricks(seed=1), "f32"), "result")
    assert not made.pixels.flags.writeable
    torch.set_warn_always(True)
    try:
        assert measures_of(one, made)
    finally:
        torch.set_warn_always(False)
    assert not recwarn


def test_it_shows_each_texture_once_with_its_figures_and_failures(page):
    seen = Page(page.read_text(encoding="utf-8"))
    assert seen.open == []
    head, *rows = seen.rows
    assert [row[head.index("name")] for row in rows] == ["b.png", "a.png", "c.png", "<script>alert(1)</script>.png"]
    assert [row[head.index("seconds")] for row in rows] == ["2", "10", "1.5", ""]
    assert [row[head.index("copied")] for row in rows] == ["0.5"] * 3 + [""]
    assert [row[head.index("pixels")] for row in rows] == ["64×64"] * 3 + [""]
    assert rows[3][head.index("state")] == "failed: <script>alert(1)</script>"


def test_pictures_are_in_the_page_and_small(page):
    seen = Page(page.read_text(encoding="utf-8"))
    assert len(seen.found("img")) == 6
    for each in seen.found("img"):
        kind, data = each["src"].split(",")
        assert kind == "data:image/webp;base64"
        with Image.open(BytesIO(b64decode(data))) as image:
            assert image.size == (int(each["width"]), int(each["height"]))
            assert max(image.size) <= SIDE


def test_it_refers_to_nothing_outside(page):
    seen = Page(page.read_text(encoding="utf-8"))
    assert not seen.found("link")
    assert all("src" not in each for each in seen.found("script"))
    assert len(seen.found("script")) == 1
    assert "default-src 'none'" in seen.found("meta")[1]["content"]
    assert not re.search(r"https?:|url\(", page.read_text(encoding="utf-8"))


def test_a_browser_shows_and_sorts_it(page, tmp_path):
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f"there is no browser of these: {', '.join(BROWSERS)}")
    tried = tmp_path / "tried.html"
    tried.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{CLICKS}</body>"), encoding="utf-8")
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}")
    shown = subprocess.run(
        [browser, *options, "--virtual-time-budget=5000", "--dump-dom", tried.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    found = json.loads(
        re.search(r'<pre id="found">(.*?)</pre>', shown, re.DOTALL)[1].replace("&lt;", "<").replace("&gt;", ">")
    )
    trap = "<script>alert(1)</script>.png"
    assert found["orders"] == [f"b.png a.png c.png {trap}", f"c.png b.png a.png {trap}", f"a.png b.png c.png {trap}"]
    assert found["loaded"] == 6
