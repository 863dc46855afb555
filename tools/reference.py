"""Write `docs/options.md`, and the tables of `protocol/README.md`, from the program.

python tools/reference.py

In the tables of messages, only the last column is written by hand; in that of settings, nothing.
"""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.cli import build_app  # noqa: E402
from protocol.fields import Bytes, Choice, Range, without_none  # noqa: E402
from protocol.limits import Limits  # noqa: E402
from protocol.messages import Canvas, ClientMessage, EngineMessage, SettingRange, Source  # noqa: E402
from protocol.raster import Raster  # noqa: E402
from protocol.status import ClientStatus, WorkerStatus  # noqa: E402
from protocol.vocabulary import LAYERS, Margins, Settings, settings  # noqa: E402

OPTIONS_PAGE = ROOT / "docs" / "options.md"
PROTOCOL_PAGE = ROOT / "protocol" / "README.md"
RECORDS: Mapping[Any, str] = {
    Raster: "raster",
    Source: "source",
    Canvas: "canvas",
    Margins: "margins",
    Settings: "settings",
    Limits: "limits",
    SettingRange: "setting range",
    ClientStatus: "client status",
    WorkerStatus: "worker status",
}
PARTS: Mapping[str, Mapping[str, Any]] = {
    "Messages": {name: record for record, name in RECORDS.items()},
    "What a client sends": {kind.type: kind for kind in get_args(ClientMessage)},
    "What the engine sends": {kind.type: kind for kind in get_args(EngineMessage)},
}
"""Headings of the protocol's page, and the records whose fields are in tables below them."""
WORDS: Mapping[Any, str] = {int: "whole", float: "number", str: "text", bool: "yes/no"}
HEAD = """# Options of `texture-engine synthesize`

`texture-engine synthesize [EXEMPLAR] --output FILE [OPTIONS]`. Made from the program by `tools/reference.py`.
"""
BATCH = "`texture-engine batch SOURCE… --output FOLDER`"


def options_page() -> str:
    """Write the page of options."""
    options, batch = _options("synthesize"), _options("batch")
    how, own = settings(), {each.name: each.help for each in options}
    parts = {
        "Pictures, files and the run": [each for each in options if each.name not in how],
        "How the texture is made": [each for each in options if each.name in how],
        BATCH: [each for each in batch if own.get(each.name) != each.help],
    }
    return HEAD + "".join(f"\n## {title}\n{_table(listed)}" for title, listed in parts.items())


def _options(command: str) -> list[Any]:
    found: Any = typer.main.get_command(build_app()).commands[command]  # type: ignore[attr-defined]
    return [each for each in found.params if each.opts[0].startswith("-") and each.name != "help"]


def _table(options: list[Any]) -> str:
    rows = [f"| {_names(each)} | {_cell(each.help)} | {_default(each)} |" for each in options]
    return "\n".join(["| option | sets | default |", "|---|---|---|", *rows]) + "\n"


def _names(option: Any) -> str:  # noqa: ANN401 - Typer's own click
    return ", ".join(f"`{name}`" for name in sorted(option.opts, key=len, reverse=True))


def _cell(text: str) -> str:
    # Brackets are escaped for Rich, which shows the help.
    return text.replace("\\[", "[").replace("|", "\\|")


def _default(option: Any) -> str:  # noqa: ANN401 - Typer's own click
    if isinstance(option.show_default, str):
        return str(option.show_default)
    return "" if option.default is None or option.default is False else f"`{option.default}`"


def protocol_page(page: str) -> str:
    """Write the tables of the protocol's page again; its other text stays."""
    for title, records in PARTS.items():
        part = _below(page, f"## {title}")
        written = part
        for name, record in records.items():
            section = _below(written, f"### {name}") or _below(written, f"#### {name}")
            written = written.replace(section, _with_table(section, record))
        page = page.replace(part, written)
    return page


def rows_of(record: Any) -> dict[str, tuple[str, str]]:  # noqa: ANN401 - a dataclass
    """Return type and default of every field on the wire, by name."""
    hints = get_type_hints(record, include_extras=True)
    on_wire = [each for each in fields(record) if each.name != "data"]
    found = {each.name: (words_for(hints[each.name]), _default_of(each)) for each in on_wire}
    return found | ({"offset": (words_for(Bytes), "0")} if record is Raster else {})


def words_for(hint: Any) -> str:  # noqa: ANN401 - a type
    """Return a type as the page writes it."""
    hint, optional = without_none(hint)
    if optional:
        return f"{words_for(hint)}, or nil"
    if get_origin(hint) is Annotated:
        kind, *limits = get_args(hint)
        limit = next((each for each in limits if isinstance(each, Range | Choice)), None)
        return words_for(kind) if limit is None else _words_for_limit(kind, limit)
    if get_origin(hint) is tuple:
        first, *rest = get_args(hint)
        return f"list of {words_for(first)}" if rest == [...] else f"[{', '.join(map(words_for, get_args(hint)))}]"
    if get_origin(hint) is Mapping:
        return "map of {} to {}".format(*map(words_for, get_args(hint)))
    return str(RECORDS.get(hint) or WORDS[hint])


def number_text(number: float) -> str:
    """Return a number as the page writes it: `2^20` or `10^9` where it is a power."""
    for base in (2, 10):
        for power in range(9, 64):
            if number in {base**power, base**power - 1}:
                return f"{base}^{power}" + ("−1" if number < base**power else "")
    return f"{number:g}"


def _below(text: str, heading: str) -> str:
    """Return what is below a heading, up to the next one of its rank or above; empty if there is none."""
    rank = len(heading.split()[0])
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{rank}}} |\Z)", text, re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


def _with_table(section: str, record: Any) -> str:  # noqa: ANN401 - a dataclass
    meanings = dict(re.findall(r"^\| `(\w+)` \|.*\| (.*?) ?\|$", section, re.MULTILINE))
    if record is Settings:
        meanings = {name: _meaning(name) for name in settings()}
    rows = [
        f"| `{name}` | {' | '.join(cells)} | {meanings.get(name, '')}".rstrip() + " |"
        for name, cells in rows_of(record).items()
    ]
    return re.sub(r"(?<=\|---\|---\|---\|---\|\n)(\|.*\n)+", "\n".join(rows) + "\n", section, count=1)


def _meaning(name: str) -> str:
    about = settings()[name].about
    parts = (about.help, about.note, f"nil: {about.absent}." if about.absent else "")
    return " ".join(part for part in parts if part)


def _words_for_limit(kind: Any, limit: Range | Choice) -> str:  # noqa: ANN401 - a type
    if isinstance(limit, Choice):
        return "layer" if limit.options == tuple(LAYERS) else f"one of {', '.join(f'`{w}`' for w in limit.options)}"
    if limit.name:
        return "name" if limit.high == 64 else f"name {limit.high}"
    span = f"{number_text(limit.low)}…{number_text(limit.high)}"
    return f"text {limit.high}" if kind is str else f"{words_for(kind)} {span}"


def _default_of(each: "Field[Any]") -> str:
    if each.default is MISSING and each.default_factory is MISSING:
        return "needed"
    value = each.default if each.default_factory is MISSING else each.default_factory()
    if value is None or is_dataclass(value):
        return "nil" if value is None else "its defaults"
    plain = dict(value) if isinstance(value, Mapping) else value
    text = json.dumps(plain)
    return text if isinstance(plain, int | float) else f"`{text}`"


if __name__ == "__main__":
    OPTIONS_PAGE.write_text(options_page(), encoding="utf-8")
    PROTOCOL_PAGE.write_text(protocol_page(PROTOCOL_PAGE.read_text(encoding="utf-8")), encoding="utf-8")
