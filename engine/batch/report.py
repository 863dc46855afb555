"""The report of a batch: one page of HTML with each exemplar beside its texture, which needs no network."""

import base64
import io
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from engine.batch.journal import DONE, JOURNAL, Entry, entries
from engine.images import ImageError, read_picture, replacing

SIDE = 192
"""Longest side of a picture on the page, pixels."""

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 14px/1.4 system-ui, sans-serif; margin: 1.5em; color: #222; background: #fff; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: .4em .7em; border-bottom: 1px solid #ccc; text-align: left; vertical-align: top; }}
thead th {{ position: sticky; top: 0; background: #fff; }}
th button {{ font: inherit; font-weight: bold; border: 0; padding: 0; background: none; cursor: pointer; }}
th[aria-sort=ascending] button::after {{ content: " ▲"; }}
th[aria-sort=descending] button::after {{ content: " ▼"; }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
tr.failed td {{ background: #fdecea; }}
img {{ display: block; background: repeating-conic-gradient(#bbb 0 25%, #eee 0 50%) 0 0 / 16px 16px; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{summary}</p>
<table>
<thead><tr>{columns}</tr></thead>
<tbody>
"""
_TAIL = """</tbody>
</table>
<script>
document.querySelectorAll("th button").forEach(button => button.addEventListener("click", () => {
  const head = button.closest("th"), body = document.querySelector("tbody");
  const down = head.getAttribute("aria-sort") === "ascending";
  document.querySelectorAll("th").forEach(each => each.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = row => row.cells[head.cellIndex].dataset.value ?? row.cells[head.cellIndex].textContent;
  const compare = (a, b) => {
    const [x, y] = [key(a), key(b)];
    if (x === "" || y === "") return (x === "") - (y === "");
    const order = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
    return down ? -order : order;
  };
  body.append(...[...body.rows].sort(compare));
}));
</script>
</body>
</html>
"""


def write_report(path: Path, folder: Path) -> None:
    """Write the report of all textures in a folder.

    Args:
        path: The page; an existing one is replaced once the new one is complete.
        folder: Folder of the outputs, with a journal.

    Raises:
        ImageError: The page cannot be written.
    """
    # How each texture has ended last.
    found = {each.output: each for each in entries(folder / JOURNAL)}
    names = list(dict.fromkeys(name for each in found.values() for name in each.measures))
    done = sum(each.state == DONE for each in found.values())
    title = f"Textures in {folder.resolve().name}"
    summary = f"{done} done, {len(found) - done} failed. Click a heading to sort."
    texts = ("exemplar", "texture", "name", "state", "recipe", "quality", "seed", "pixels", "seconds")
    columns = "".join(f'<th scope="col"><button>{escape(name)}</button></th>' for name in (*texts, *names))
    with replacing(path) as draft, draft.open("w", encoding="utf-8", errors="replace") as page:
        page.write(_HEAD.format(title=escape(title), summary=summary, columns=columns))
        for each in found.values():
            page.write(f'<tr class="{escape(each.state)}">{"".join(_cells(each, folder, names))}</tr>\n')
        page.write(_TAIL)


def _cells(entry: Entry, folder: Path, names: Iterable[str]) -> Iterator[str]:
    done = entry.state == DONE
    yield _picture_cell(folder / entry.exemplar, entry.exemplar)
    yield _picture_cell(folder / entry.output, entry.output) if done else _text_cell("")
    yield _text_cell(entry.output)
    yield _text_cell(entry.state if done else f"{entry.state}: {entry.reason}")
    for name in ("recipe", "quality", "seed"):
        yield _text_cell(str(entry.made_with.get(name, "")))
    size = f"{entry.width}×{entry.height}" if done else ""
    yield f'<td class="number" data-value="{entry.width * entry.height if done else ""}">{size}</td>'
    yield _number_cell({"seconds": entry.seconds} if done else {}, "seconds")
    for name in names:
        yield _number_cell(entry.measures, name)


def _text_cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"


def _number_cell(values: Mapping[str, float], name: str) -> str:
    value = values.get(name)
    if value is None:
        return '<td class="number" data-value=""></td>'
    return f'<td class="number" data-value="{value}">{value:.3g}</td>'


def _picture_cell(path: Path, name: str) -> str:
    """Show a picture at its own size, or smaller; its name sorts it."""
    try:
        data, width, height = _thumbnail(path)
    except ImageError as error:
        return f'<td data-value="{escape(name)}">{escape(str(error))}</td>'
    source = f"data:image/webp;base64,{base64.b64encode(data).decode()}"
    shown = f'<img src="{source}" width="{width}" height="{height}" alt="{escape(name)}">'
    return f'<td data-value="{escape(name)}">{shown}</td>'


def _thumbnail(path: Path) -> tuple[bytes, int, int]:
    picture = read_picture(path)
    samples = picture.pixels if picture.alpha is None else np.dstack([picture.pixels, picture.alpha])
    image = Image.fromarray(np.rint(samples * 255).astype(np.uint8))
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=80)
    return file.getvalue(), image.width, image.height
