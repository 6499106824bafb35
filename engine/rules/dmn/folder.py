"""A DMN file from disk together with the files it imports, which lie in the same folder."""

from __future__ import annotations

from pathlib import Path

from engine import markup
from engine.errors import ModelInvalid, NotFound
from engine.sentence import Sentence

from .model import Model, load_all
from .reader import parts, read


def load_path(path: Path, *, strict: bool = True) -> Model:
    """Read a file and, from its folder, whatever it imports. Raises NotFound or ModelInvalid."""
    if not path.is_file():
        raise NotFound(Sentence("没有文件 {path}。", path=path), hint="请检查路径。")
    data = path.read_bytes()
    root, _ = read(data, path.name)
    files = [(path.name, data)]
    if parts(root, "import"):
        files += _imported(path, {element.get("namespace") or "" for element in parts(root, "import")})
    return load_all(files, strict=strict)


def _imported(path: Path, wanted: set[str]) -> list[tuple[str, bytes]]:
    siblings: dict[str, tuple[str, bytes, set[str]]] = {}
    for other in sorted(path.parent.glob("*.dmn")):
        if other == path or other.stat().st_size > markup.LARGEST:
            continue
        data = other.read_bytes()
        try:
            root, _ = read(data, other.name)
        except ModelInvalid:  # a neighbour that this file does not import may be anything
            continue
        needs = {element.get("namespace") or "" for element in parts(root, "import")}
        siblings[root.get("namespace") or ""] = (other.name, data, needs)
    found: list[tuple[str, bytes]] = []
    waiting = sorted(wanted)
    while waiting:
        sibling = siblings.pop(waiting.pop(), None)
        if sibling is not None:
            found.append(sibling[:2])
            waiting.extend(sorted(sibling[2]))
    return found
