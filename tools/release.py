"""Make the files of a release in `dist/`: wheel, source archive, licenses, AppStream metadata and checksums.

python tools/release.py ADDRESS_OF_THE_REPOSITORY [FOLDER]
"""

import hashlib
import subprocess
import sys
from pathlib import Path

from licenses import collected, needed

ROOT = Path(__file__).resolve().parents[1]
LICENSES = "THIRD-PARTY-LICENSES.txt"
METAINFO = "gimp-texture-synthesis.metainfo.xml"
SUMS = "SHA256SUMS"


def main(words: list[str]) -> int:
    """Make the files."""
    if len(words) not in {1, 2} or not words[0].startswith("https://"):
        print(__doc__, file=sys.stderr)
        return 2
    address, folder = words[0].rstrip("/"), Path(words[1] if len(words) > 1 else ROOT / "dist").absolute()
    if folder.exists() and any(folder.iterdir()):
        print(f"{folder} is not empty: remove what an earlier release has left there", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", folder], cwd=ROOT, check=True)  # noqa: S603
    (folder / LICENSES).write_text("".join(collected(needed())), "utf-8")
    about = (ROOT / "docs" / METAINFO).read_text("utf-8")
    (folder / METAINFO).write_text(about.replace("@ADDRESS@", address), "utf-8")
    files = sorted(folder.iterdir())
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / SUMS).write_text("".join(sums), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
