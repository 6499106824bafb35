"""What an uploaded file really is, by its content, and whether we accept it. Nothing is unpacked."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
from pathlib import Path, PurePosixPath

import puremagic

from engine.errors import Refused
from engine.sentence import Sentence

MAX_PIXELS = 50_000_000
MAX_UNPACKED = 100 * 1024 * 1024
MAX_ENTRIES = 5_000
MAX_RATIO = 100
HEAD = 512 * 1024  # the size of a JPEG may stand behind a thumbnail and a colour profile

# type → the extensions it may carry; the first is given to a name that has another one
ACCEPTED: dict[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "image/jpeg": ("jpg", "jpeg", "jfif"),
    "image/png": ("png",),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/bmp": ("bmp",),
    "image/heic": ("heic", "heif"),
    "audio/mpeg": ("mp3",),
    "audio/wav": ("wav",),
    "audio/mp4": ("m4a",),
    "audio/amr": ("amr",),
    "video/mp4": ("mp4", "mov", "m4v", "3gp"),
    "application/msword": ("doc", "xls", "ppt", "wps", "et"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx",),
    "application/ofd": ("ofd",),
    "application/zip": ("zip",),
    "text/plain": ("txt", "csv", "log", "json", "jsonl"),
}
_BY_MAGIC = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".heif": "image/heic",
    ".heic": "image/heic",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".m4a": "audio/mp4",
    ".amr": "audio/amr",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/mp4",
    ".3gp": "video/mp4",
    ".doc": "application/msword",
}
_OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_MARK = 0xFF
_BARE_MARKS = {_MARK, *range(0xD0, 0xD9)}  # marks without a length
_LAYOUT_MARKS = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


def check(path: Path, name: str) -> str:
    """The type of a file on the disk. Raises Refused (slug `file-refused`) with the reason and what to do."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    found = _type(path, head, name)
    if found.startswith("image/"):
        _check_pixels(head, found, name)
    return found


def with_extension(name: str, found: str) -> str:
    """The name with an extension of its type: a HEIC photo called `a.jpg` becomes `a.jpg.heic`."""
    known = ACCEPTED[found]
    return name if name.rpartition(".")[2].lower() in known else f"{name}.{known[0]}"


def _refused(name: str, reason: str, hint: str) -> Refused:
    return Refused(
        Sentence("“{name}”{reason}，没有保存。", name=name, reason=reason), hint=hint, slug="file-refused"
    )


def _type(path: Path, head: bytes, name: str) -> str:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(path, name)
    try:
        matches = puremagic.magic_string(head[:8192])
    except puremagic.PureError:
        matches = []
    best = max((match.confidence for match in matches), default=0.0)
    for match in matches:
        if match.confidence == best and match.extension.lower() in _BY_MAGIC:
            return _BY_MAGIC[match.extension.lower()]
    extension = name.rpartition(".")[2].lower()
    if extension in ACCEPTED["text/plain"] and _is_text(head):
        return "text/plain"
    raise _refused(
        name, "不是可以接收的文件", "可以上传 PDF、OFD、图片、录音录像、Word、Excel、文本或 zip 压缩包。"
    )


def _is_text(head: bytes) -> bool:
    """UTF-8 or GB 18030 without control characters, and no markup that a browser would run."""
    if b"\0" in head or re.match(rb"\s*<(!doctype|html|svg|script|\?xml)", head, re.IGNORECASE):
        return False
    for encoding in ("utf-8", "gb18030"):
        for cut in range(4):  # the head may end inside a character
            try:
                text = head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return not re.search(r"[\x01-\x08\x0e-\x1f]", text)
    return False


def _archive(path: Path, name: str) -> str:  # noqa: C901  (one refusal after the other)
    """Look at the directory of an archive only: sizes, number and names of its entries."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as fault:
        raise _refused(name, "是损坏的压缩文件", "请重新压缩后上传。") from fault
    if len(entries) > MAX_ENTRIES:
        raise _refused(
            name,
            Sentence("内含 {count} 个文件，超过 {most} 个", count=len(entries), most=MAX_ENTRIES),
            "请分成几个压缩包。",
        )
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(path.stat().st_size, 1)
    if unpacked > MAX_UNPACKED:
        raise _refused(
            name,
            Sentence("解压后超过 {most} MB", most=MAX_UNPACKED // 1024 // 1024),
            "请分成几个压缩包，或直接上传其中的文件。",
        )
    if unpacked > MAX_RATIO * packed or any(
        entry.file_size > MAX_RATIO * max(entry.compress_size, 1) for entry in entries
    ):
        raise _refused(name, Sentence("的压缩比超过 {most} 倍", most=MAX_RATIO), "请直接上传其中的文件。")
    for entry in entries:
        parts = PurePosixPath(entry.filename.replace("\\", "/"))
        link = stat.S_ISLNK(entry.external_attr >> 16)
        if parts.is_absolute() or ".." in parts.parts or ":" in entry.filename or link:
            raise _refused(name, "中有指向别处的路径", "请重新压缩后上传。")
        if entry.flag_bits & 1:
            raise _refused(name, "加了密码，无法核验", "请去掉密码后上传。")
    names = {entry.filename for entry in entries}
    if any(entry.lower().endswith("vbaproject.bin") for entry in names):
        raise _refused(name, "含有宏", "请另存为不带宏的 docx 或 xlsx。")
    if "OFD.xml" in names:
        return "application/ofd"
    if "[Content_Types].xml" in names:
        for folder, found in _OFFICE.items():
            if any(entry.startswith(folder) for entry in names):
                return found
    return "application/zip"


def _check_pixels(head: bytes, found: str, name: str) -> None:
    size = pixels(head, found)
    if size is None:
        raise _refused(name, "读不出图片尺寸", "请用相机或截图重新保存后上传。")
    if size[0] * size[1] > MAX_PIXELS:
        raise _refused(
            name,
            Sentence("有 {width}×{height} 像素，超过 5000 万", width=size[0], height=size[1]),
            "请缩小后上传，原图另行保管。",
        )


def pixels(head: bytes, found: str) -> tuple[int, int] | None:
    """Width and height from the header of an image, without decoding it; None where they are not there."""
    try:
        return {
            "image/png": _png,
            "image/gif": lambda data: struct.unpack("<HH", data[6:10]),
            "image/bmp": lambda data: tuple(map(abs, struct.unpack("<ii", data[18:26]))),
            "image/jpeg": _jpeg,
            "image/webp": _webp,
            "image/heic": _heic,
        }[found](head)
    except (struct.error, IndexError):
        return None


def _png(data: bytes) -> tuple[int, int] | None:
    width, height = struct.unpack(">II", data[16:24])
    return (width, height) if data[12:16] == b"IHDR" else None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(data):
        if data[at] != _MARK:
            return None
        mark = data[at + 1]
        if mark in _LAYOUT_MARKS:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        if mark in _BARE_MARKS:
            at += 1 if mark == _MARK else 2
            continue
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", data[26:30])
    return (width & 0x3FFF, height & 0x3FFF) if kind == b"VP8 " else None


def _heic(data: bytes) -> tuple[int, int] | None:
    """The largest `ispe` box: a HEIC holds tiles and a thumbnail beside the whole image."""
    sizes = [
        struct.unpack(">II", data[at + 8 : at + 16]) for at in (m.start() for m in re.finditer(b"ispe", data))
    ]
    return max(sizes, key=lambda size: size[0] * size[1]) if sizes else None
