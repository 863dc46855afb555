"""Write `docs/options.md` from the options of `texture-engine synthesize` and `texture-engine batch`.

python tools/options_page.py
"""

import sys
from pathlib import Path
from typing import Any

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.cli import build_app  # noqa: E402
from protocol.vocabulary import settings  # noqa: E402

PAGE = ROOT / "docs" / "options.md"
HEAD = """# Options of `texture-engine synthesize`

`texture-engine synthesize [EXEMPLAR] --output FILE [OPTIONS]`. Made from the program by `tools/options_page.py`.
"""
BATCH = "`texture-engine batch SOURCE… --output FOLDER`"


def page() -> str:
    """Write the page."""
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


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
