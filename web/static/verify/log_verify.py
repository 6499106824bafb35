#!/usr/bin/env python3
"""核验导出的审计日志 / verify an exported log against signed heads.

    python3 log_verify.py 日志.jsonl [--anchors heads.jsonl] [--key 公钥] [--json]

One file, standard library only, Python 3.8 or newer, no network; it shares no code with the program that keeps the
log. Exit 0: everything holds. Exit 1: the first bad sequence number is named. Exit 2: wrong usage.

The log (`casework audit export FILE`), one JSON object a line:
    {seq, prev, hash, entry}       hash = SHA-256(prev, line feed, canonical JSON of entry); seq 1, 2, 3 …; prev of 1 is 64 zeros
    entry.private                  = SHA-256(salt, line feed, canonical JSON of private): people stand there as a digest;
                                     an export for an authority carries `private` and `salt`, then this is checked too
The heads (`/public/log/head.json`, `heads.jsonl`), one JSON object a line:
    {v, seq, hash, at, key, sig}   sig = Ed25519 (RFC 8032) over the canonical JSON of the other five; key, sig in hex
Canonical JSON is RFC 8785: keys sorted, no spaces, UTF-8.
"""
import argparse
import hashlib
import json
import sys

ZEROS = "0" * 64
SIGNED = ("v", "seq", "hash", "at", "key")

# ---- Ed25519, verification only (RFC 8032, section 5.1) -----------------------------------------------------------

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    """The x of a point with this y, None where there is none."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if (x & 1) != sign else x


def add(a, b):
    """Sum of two points in extended coordinates (X, Y, Z, T)."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    s, t, u, v = f - e, h - g, h + g, f + e
    return s * t % P, u * v % P, t * u % P, s * v % P


def times(number, point):
    """A point added to itself a number of times."""
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = add(result, point)
        point = add(point, point)
        number >>= 1
    return result


def same(a, b):
    """Whether two points are one, whatever their Z."""
    return not ((a[0] * b[2] - b[0] * a[2]) % P or (a[1] * b[2] - b[1] * a[2]) % P)


def decompress(text):
    """A point from its 32 bytes, None when they are none."""
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def signature_holds(key, message, signature):
    """Whether a 64-byte signature of a message was made with the secret half of a 32-byte key."""
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r = decompress(key), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= Q:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % Q
    return same(times(s, BASE), add(r, times(k, a)))


# ---- the log ------------------------------------------------------------------------------------------------------


class Bad(Exception):
    """The first thing that does not hold: sequence number, reason in Chinese and English."""

    def __init__(self, seq, chinese, english):
        Exception.__init__(self, chinese)
        self.seq, self.chinese, self.english = seq, chinese, english


class Unusable(Exception):
    """A file that cannot be read as what it should be."""


def canonical(value):
    """RFC 8785 JSON; integers and text only, as the log has them. Keys sort by UTF-16 code units."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, float):
        raise Unusable("日志中不应有小数 / no fractions in a log: %r" % value)
    return json.dumps(value, ensure_ascii=False)


def sha256(first, value):
    """SHA-256 of a text, a line feed and the canonical JSON of a value."""
    return hashlib.sha256(first.encode() + b"\n" + canonical(value).encode("utf-8")).hexdigest()


def no_repeats(pairs):
    """An object; a repeated key would let two readers see two things."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("repeated key")
    return found


def objects(path):
    """(line number, object) of a file with one JSON object a line."""
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    found = json.loads(line, object_pairs_hook=no_repeats)
                    if not isinstance(found, dict):
                        raise ValueError("not an object")
                    yield number, found
    except (OSError, UnicodeDecodeError) as fault:
        raise Unusable("%s：%s" % (path, fault)) from fault
    except ValueError as fault:
        raise Unusable("%s 不是每行一个 JSON 对象 / is not one JSON object a line: %s" % (path, fault)) from fault


def heads_of(path, key):
    """seq → hash of signed heads; with a key every signature is checked."""
    known = {}
    for number, head in objects(path):
        try:
            seq, digest = head["seq"], head["hash"]
            if key is not None:
                message = canonical({name: head[name] for name in SIGNED}).encode("utf-8")
                if not signature_holds(key, message, bytes.fromhex(head["sig"])):
                    raise Bad(seq, "第 %s 号链头的签名不对" % seq, "the signature of head %s is wrong" % seq)
        except (KeyError, TypeError, ValueError):
            raise Bad(
                head.get("seq", 0), "锚点第 %d 行不是签名链头" % number, "line %d of the heads is no signed head" % number
            ) from None
        if known.setdefault(seq, digest) != digest:
            raise Bad(seq, "第 %s 号有两个不同的链头" % seq, "two different heads were signed for %s" % seq)
    return known


def check(path, known):
    """Walk the chain; (number of entries, head) or Bad."""
    previous, expected = ZEROS, 1
    if known.get(0, ZEROS) != ZEROS:
        raise Bad(0, "第 0 号链头应为 64 个 0", "head 0 should be 64 zeros")
    for _, line in objects(path):
        seq = line.get("seq")
        if seq != expected:
            raise Bad(expected, "缺少第 %d 号记录" % expected, "entry %d is missing" % expected)
        entry = line.get("entry")
        if not isinstance(entry, dict) or line.get("prev") != previous:
            raise Bad(seq, "第 %d 号记录与前一号接不上" % seq, "entry %d does not follow the one before" % seq)
        if line.get("hash") != sha256(previous, entry):
            raise Bad(seq, "第 %d 号记录的内容被改动" % seq, "entry %d was changed" % seq)
        if "private" in line and entry.get("private") != sha256(str(line.get("salt")), line["private"]):
            raise Bad(seq, "第 %d 号记录的个人信息与摘要不符" % seq, "the private part of entry %d does not fit" % seq)
        if known.get(seq, line["hash"]) != line["hash"]:
            raise Bad(seq, "第 %d 号记录与锚点不符" % seq, "entry %d differs from the signed head" % seq)
        previous, expected = line["hash"], expected + 1
    missing = sorted(seq for seq in known if seq >= expected)
    if missing:
        raise Bad(
            expected,
            "锚点有第 %d 号记录，日志只到第 %d 号" % (missing[0], expected - 1),
            "head %d was signed, the log ends at %d" % (missing[0], expected - 1),
        )
    return expected - 1, previous


def read_key(text):
    """32 bytes from 64 hex characters, or from a file that holds them."""
    try:
        with open(text, encoding="ascii") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError):
        pass  # not a file: the key itself
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise Unusable("公钥应为 64 位十六进制 / the key should be 64 hex characters")
    return key


def main(arguments=None):
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(description="核验导出的审计日志 / verify an exported log")
    parser.add_argument("log", help="casework audit export 写出的文件 / the exported log")
    parser.add_argument("--anchors", help="签名链头，每行一个 / signed heads, one a line")
    parser.add_argument("--key", help="公钥：64 位十六进制或其文件 / public key, hex or a file")
    parser.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    given = parser.parse_args(arguments)
    if given.key and not given.anchors:
        parser.error("--key 要和 --anchors 一起用 / --key needs --anchors")
    answer = {"ok": True, "bad": 0, "reason": "", "entries": 0, "head": ZEROS, "anchors": 0, "signatures": bool(given.key)}
    try:
        key = read_key(given.key) if given.key else None
        known = heads_of(given.anchors, key) if given.anchors else {}
        answer["anchors"] = len(known)
        answer["entries"], answer["head"] = check(given.log, known)
    except Unusable as fault:
        print(fault, file=sys.stderr)
        return 2
    except Bad as bad:
        answer.update(ok=False, bad=bad.seq, reason=bad.chinese)
        if not given.json:
            print("不通过 FAILED  %s / %s" % (bad.chinese, bad.english))
    if given.json:
        print(json.dumps(answer, ensure_ascii=False))
    elif answer["ok"]:
        print("通过 OK  %d 条记录 entries，链头 head %s" % (answer["entries"], answer["head"]))
        print("锚点 anchors: %s" % (answer["anchors"] if given.anchors else "未核对 not checked"))
        print("签名 signatures: %s" % ("通过 ok" if given.key else "未核对 not checked"))
    return 0 if answer["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
