#!/usr/bin/env python3
"""核验随机抽取记录 / verify a published draw (protocol SR1).

    python3 draw_verify.py 记录.json [--roster HASH] [--head HASH] [--previous 上次.json] [--ticket 编码] [--json]

One file, standard library only, Python 3.8 or newer, no network. It shares no code with the program that
made the draw. Exit 0: everything recomputed is right. Exit 1: the first wrong thing is printed as
event n, check, path, expected, actual. Exit 2: wrong usage.

The whole protocol in ten lines, H = SHA-256 or SM3, hex; lines joined by one line feed:
    commitment  = H("SR1/commit", draw, party, secret)
    roster      = H(canonical JSON of the document)
    seed        = H("SR1/seed", draw, roster, secret 1, …, secret m, beacon)
    ticket      = H(seed, "object", id); in each class the lowest n tickets are drawn
    route       = drawn ids by H(seed, "route", id), dealt in turn to the groups
    duty        = people by (load, H(seed, "duty", id)); kept iff all kept people still fit somewhere
    place       = role by role, groups by H(seed, "group", id), people by H(seed, "place", id):
                  the first who fits and leaves all the others placeable
    substitute  = lowest H(seed, "sub", group, role, n, id) among those who fit
    event hash  = H(canonical JSON of {n, prev, type, body}), chained by prev
"""
import argparse
import hashlib
import json
import re
import sys

TITLES = {
    1: "格式与排序 · schema and sorting",
    2: "名单指纹与纪要、承诺一致 · document hash as on the minutes and in the commitment",
    3: "秘密值与承诺相符 · commitments open",
    4: "公共随机项 · beacon",
    5: "种子 · seed",
    6: "可重算的排除原因 · recomputable exclusions",
    7: "各类应抽数量 · quotas",
    8: "抽中对象与备选顺序 · objects and reserve",
    9: "分组路线 · route",
    10: "值班与落位 · duty and placing, hard rules included",
    11: "调换与替换 · substitutions and replacements",
    12: "链条、编号、上一次抽取 · chain, series, previous head",
}
ZEROS = "0" * 64


class Bad(Exception):
    """The first wrong thing; `n` is filled in by whoever walks the events."""

    def __init__(self, check, path, expected, actual, n=None):
        Exception.__init__(self, path)
        self.check, self.path, self.expected, self.actual, self.n = check, path, expected, actual, n

    def as_json(self):
        return {"n": self.n, "check": self.check, "path": self.path, "expected": self.expected, "actual": self.actual}


def need(condition, path, expected, actual, check=1):
    if not condition:
        raise Bad(check, path, expected, actual)


# ---------------------------------------------------------------- hashes

def sm3_own(data):
    """SM3 (GB/T 32905-2016), written out."""
    mask = 0xFFFFFFFF

    def rotate(x, k):
        k %= 32
        return ((x << k) | (x >> (32 - k))) & mask

    state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = data + b"\x80" + b"\x00" * ((55 - len(data)) % 64) + (8 * len(data)).to_bytes(8, "big")
    for at in range(0, len(padded), 64):
        w = [int.from_bytes(padded[at + 4 * j: at + 4 * j + 4], "big") for j in range(16)]
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ rotate(w[j - 3], 15)
            w.append(x ^ rotate(x, 15) ^ rotate(x, 23) ^ rotate(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            constant = 0x79CC4519 if j < 16 else 0x7A879D8A
            ss1 = rotate((rotate(a, 12) + e + rotate(constant, j)) & mask, 7)
            ss2 = ss1 ^ rotate(a, 12)
            ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if j < 16 else (e & f) | (~e & mask & g)
            tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & mask
            tt2 = (gg + h + ss1 + w[j]) & mask
            d, c, b, a = c, rotate(b, 9), a, tt1
            h, g, f, e = g, rotate(f, 19), e, tt2 ^ rotate(tt2, 9) ^ rotate(tt2, 17)
        state = [x ^ y for x, y in zip(state, (a, b, c, d, e, f, g, h))]
    return "".join("%08x" % x for x in state)


def hash_function(name):
    if name == "sha256":
        return lambda data: hashlib.sha256(data).hexdigest()
    try:
        hashlib.new("sm3", b"")
    except ValueError:
        return sm3_own
    return lambda data: hashlib.new("sm3", data).hexdigest()


def joined(*parts):
    return "\n".join(map(str, parts)).encode("utf-8")


def canonical(value):
    """RFC 8785 for integers, strings, booleans, lists and objects with ASCII keys."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


# ---------------------------------------------------------------- strict JSON

class Irregular(ValueError):
    pass


def parse(data, root):
    """Strict JSON: no key twice, integers below 2^53 only, no lone surrogate, no BOM."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad(1, root, "UTF-8", "json-text")

    def whole(token):
        if token == "-0" or len(token) > 17 or abs(int(token)) >= 2 ** 53:
            raise Irregular
        return int(token)

    def once(pairs):
        found = dict(pairs)
        if len(found) < len(pairs):
            raise Irregular
        return found

    def never(token):
        raise Irregular

    try:
        if re.search(r"\\u[dD][89a-fA-F]", text):
            raise Irregular
        return json.loads(text, parse_int=whole, parse_float=never, parse_constant=never, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return Strict(text).everything(root)


class Strict:
    """Slow reader that can say where the first fault is."""

    TOKEN = re.compile(r'[ \t\r\n]*(?:([{}\[\]:,])|("(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")'
                       r"|(-[-+.0-9eE]*|[0-9][-+.0-9eE]*)|(true|false|null))")
    WORDS = {"true": True, "false": False, "null": None}

    def __init__(self, text):
        self.text, self.at = text, 0

    def next(self, path):
        match = self.TOKEN.match(self.text, self.at)
        if not match:
            raise Bad(1, path, "well-formed JSON", "json-text")
        self.at = match.end()
        return match.groups()

    def everything(self, root):
        value = self.value(root, 0)
        if self.text[self.at:].strip(" \t\r\n"):
            raise Bad(1, root, "end of text", "json-text")
        return value

    def string(self, token, path):
        value = json.loads(token)
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise Bad(1, path, "no lone surrogate", "json-text")
        return value

    def value(self, path, depth, token=None):
        mark, string, number, word = token or self.next(path)
        if depth > 64:
            raise Bad(1, path, "less nesting", "json-text")
        if string:
            return self.string(string, path)
        if word:
            return self.WORDS[word]
        if number is not None:
            plain = re.fullmatch(r"-?(0|[1-9][0-9]*)", number) and number != "-0" and len(number) <= 17
            if not plain or abs(int(number)) >= 2 ** 53:
                raise Bad(1, path, "an integer below 2^53", "json-number")
            return int(number)
        if mark == "{":
            return self.object(path, depth)
        if mark == "[":
            return self.array(path, depth)
        raise Bad(1, path, "a value", "json-text")

    def object(self, path, depth):
        found = {}
        token = self.next(path)
        while token[0] != "}" or found:
            if not token[1]:
                raise Bad(1, path, "a key", "json-text")
            key = self.string(token[1], path)
            inner = step(path, key)
            if key in found:
                raise Bad(1, inner, "one value", "json-duplicate-key")
            if self.next(inner)[0] != ":":
                raise Bad(1, inner, "a colon", "json-text")
            found[key] = self.value(inner, depth + 1)
            mark = self.next(path)[0]
            if mark == "}":
                return found
            if mark != ",":
                raise Bad(1, path, "a comma", "json-text")
            token = self.next(path)
        return found

    def array(self, path, depth):
        found = []
        token = self.next(path)
        if token[0] == "]":
            return found
        while True:
            found.append(self.value(step(path, len(found)), depth + 1, token))
            mark = self.next(path)[0]
            if mark == "]":
                return found
            if mark != ",":
                raise Bad(1, path, "a comma", "json-text")
            token = self.next(path)


def step(path, key):
    key = str(key).replace("~", "~0").replace("/", "~1")
    return path + "/" + key if path else key


# ---------------------------------------------------------------- shapes
# A shape is a function (value, path) that raises Bad(1, …).

def pattern(expression, empty=False):
    compiled = re.compile(expression)

    def shape(value, path):
        text(value, path)
        need(compiled.fullmatch(value) or (empty and value == ""), path, "format", value)
    return shape


def text(value, path):
    need(type(value) is str, path, "text", value)


def flag(value, path):
    need(type(value) is bool, path, "true or false", value)


def number(least):
    def shape(value, path):
        need(type(value) is int and abs(value) < 2 ** 53, path, "integer", value)
        need(least is None or value >= least, path, "at least %s" % least, value)
    return shape


def among(*words):
    def shape(value, path):
        text(value, path)
        need(value in words, path, list(words), value)
    return shape


def free(value, path):
    text(value, path)
    need(1 <= len(value) <= 200 and not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", value), path,
         "1-200 printable characters", value)


def free_or_empty(value, path):
    text(value, path)
    if value:
        free(value, path)


def listing(item, least=0):
    def shape(value, path):
        need(type(value) is list, path, "list", value)
        need(len(value) >= least, path, "at least %d items" % least, len(value))
        for at, one in enumerate(value):
            item(one, step(path, at))
    return shape


def record(**fields):
    def shape(value, path):
        need(type(value) is dict, path, "object", value)
        for key in fields:
            need(key in value, step(path, key), "missing-key", None)
        for key in sorted(value):
            need(key in fields, step(path, key), "unknown-key", None)
        for key in fields:
            fields[key](value[key], step(path, key))
    return shape


def table(item):
    def shape(value, path):
        need(type(value) is dict, path, "object", value)
        for key in sorted(value):
            ident(key, step(path, key))
            item(value[key], step(path, key))
    return shape


def pair(first, second):
    def shape(value, path):
        need(type(value) is list and len(value) == 2, path, "a pair", value)
        first(value[0], step(path, 0))
        second(value[1], step(path, 1))
    return shape


def real_day(value):
    match = re.fullmatch("([0-9]{4})-([0-9]{2})-([0-9]{2})", value)
    if not match:
        return False
    y, m, d = map(int, match.groups())
    longest = [31, 29 if y % 4 == 0 and (y % 100 or y % 400 == 0) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return y > 0 and 1 <= m <= 12 and 1 <= d <= longest[m - 1]


def day(value, path):
    text(value, path)
    need(real_day(value), path, "YYYY-MM-DD", value)


def moment(value, path):
    text(value, path)
    need(re.fullmatch(r"[-0-9]{10}T([01][0-9]|2[0-3]):[0-5][0-9]\+08:00", value) and real_day(value[:10]), path,
         "YYYY-MM-DDTHH:MM+08:00", value)


def split_number(value):
    match = re.fullmatch(r"(.+)-([0-9]{4})-([0-9]{4,})", value, re.S)
    if not match or not re.fullmatch("[A-Za-z0-9._-]{1,40}", value) or int(match.group(3)) == 0:
        return None
    return match.group(1), int(match.group(2)), int(match.group(3))


def draw_number(value, path):
    text(value, path)
    need(split_number(value), path, "code-YYYY-NNNN", value)


def ascending(keys, path):
    for at in range(1, len(keys)):
        need(keys[at - 1] < keys[at], step(path, at), "ascending, no repetition", keys[at])


def sorted_list(item, key=None):
    plain = listing(item)

    def shape(value, path):
        plain(value, path)
        ascending([one[key] if key else one for one in value], path)
    return shape


def rule_value(value, path):
    need(type(value) in (str, int, bool), path, "text, integer or boolean", value)
    if type(value) is int:
        number(None)(value, path)


def anything(value, path):
    pass


ident = pattern("[A-Za-z0-9._-]{1,40}")
ident_or_empty = pattern("[A-Za-z0-9._-]{1,40}", empty=True)
hex64 = pattern("[0-9a-f]{64}")
ids = listing(ident)
file_list = sorted_list(record(name=free, sha256=hex64), "name")
signature = record(name=ident, sig=free)
absence = among("recusal", "unavailable")

DOCUMENT = record(
    v=among("SR1"), draw=draw_number, hash=among("sha256", "sm3"), salt=hex64, prev_head=hex64, release=ident,
    rules=table(rule_value),
    strata=table(record(num=number(0), den=number(1), min=number(0), round=among("up", "down", "half-up"))),
    objects=listing(record(id=ident, stratum=ident, excl=among("", "cap", "done-superior", "closed", "suspended"),
                           visits=number(0), cap=number(0), listed=flag)),
    inspectors=listing(record(id=ident, cert=flag, lead=flag, spec=ids, load=number(0),
                              excl=among("", "no-cert", "unavailable", "relative"))),
    aliases=hex64,
    groups=listing(record(id=ident, spec=ident_or_empty), 1),
    roles=listing(among("lead", "cert", "spec", "any"), 1),
    conflicts=listing(pair(ident, ident)),
    parties=listing(record(name=ident, commit=hex64), 2),
    beacon=free_or_empty, publish_by=day)

BODIES = {
    "commit": record(draw=draw_number, roster=hex64, parties=listing(record(name=ident, commit=hex64))),
    "reveal": record(secrets=listing(hex64), beacon=free_or_empty),
    "objects": record(drawn=ids, reserve=table(ids)),
    "route": record(groups=listing(ids)),
    "duty": record(order=ids, kept=ids),
    "place": record(groups=listing(record(id=ident, members=ids))),
    "fail": record(kept=ids, blocking=record(slots=listing(pair(number(0), ident)), people=ids)),
    "sub": record(group=ident, role=number(0), n=number(1), reason=absence, evidence=file_list,
                  absent=sorted_list(record(id=ident, reason=absence, evidence=file_list), "id"),
                  out=ident_or_empty, **{"in": ident_or_empty}, witness=signature),
    "replace": record(object=ident, group=ident, stratum=ident, reason=among("closed", "merged"),
                      evidence=file_list, skipped=ids, **{"in": ident_or_empty}),
    "close": record(publish_by=day),
    "void": record(reason=among("reveal-missing", "commitment", "roster-error", "infeasible", "ordered"),
                   by=listing(signature, 1)),
    "import": record(v=among("IMPORT1"), draw=draw_number, prev_head=hex64, platform=ident, serial=free, at=moment,
                     operator=ident, witness=ident, evidence=file_list, objects=sorted_list(ident),
                     groups=sorted_list(record(id=ident, objects=sorted_list(ident), members=ids), "id")),
}
EVENT = record(n=number(0), type=among(*BODIES), body=anything, prev=hex64, hash=hex64)
TRANSCRIPT = record(document=anything, events=listing(anything, 1), head=hex64)
LATER = ["sub", "replace", "close", "void"]
FOLLOWS = {None: ["commit", "import"], "commit": ["reveal", "void"], "reveal": ["objects", "void"],
           "objects": ["route", "void"], "route": ["duty", "fail", "void"], "duty": ["place", "void"],
           "place": LATER, "sub": LATER, "replace": LATER, "import": ["sub", "close", "void"],
           "close": [], "fail": [], "void": []}


def check_document(d):
    """Check 1 for D: keys, types, ranges, sorting, repetition, references."""
    DOCUMENT(d, "D")
    need("cap" in d["rules"], "D/rules/cap", "missing-key", None)
    number(0)(d["rules"]["cap"], "D/rules/cap")
    for name in sorted(d["strata"]):
        rule = d["strata"][name]
        need(rule["num"] <= rule["den"], "D/strata/%s/num" % name, "num <= den", rule["num"])
    for at, one in enumerate(d["objects"]):
        need(one["cap"] >= d["rules"]["cap"], "D/objects/%d/cap" % at, "at least rules.cap", one["cap"])
    for at, group in enumerate(d["groups"]):
        need(group["spec"] or "spec" not in d["roles"], "D/groups/%d/spec" % at, "a specialty", "")
    for key in ("objects", "inspectors", "groups"):
        ascending([one["id"] for one in d[key]], "D/" + key)
    for at, one in enumerate(d["inspectors"]):
        ascending(one["spec"], "D/inspectors/%d/spec" % at)
    ascending(d["conflicts"], "D/conflicts")
    names = [one["name"] for one in d["parties"]]
    for at, name in enumerate(names):
        need(name not in names[:at], "D/parties/%d" % at, "another name", name)
    people, objects = {one["id"] for one in d["inspectors"]}, {one["id"] for one in d["objects"]}
    for at, one in enumerate(d["objects"]):
        need(one["stratum"] in d["strata"], "D/objects/%d/stratum" % at, "a stratum of D", one["stratum"])
    for at, (person, thing) in enumerate(d["conflicts"]):
        need(person in people, "D/conflicts/%d/0" % at, "an inspector of D", person)
        need(thing in objects, "D/conflicts/%d/1" % at, "an object of D", thing)


# ---------------------------------------------------------------- the draw itself

class Draw:
    """Everything that D and the reveal determine."""

    def __init__(self, d, hashing, reveal):
        self.d, self.hash = d, hashing
        roster = hashing(canonical(d))
        self.seed = hashing(joined("SR1/seed", d["draw"], roster, *(reveal["secrets"] + [reveal["beacon"]])))
        self.groups = [group["id"] for group in d["groups"]]
        self.spec = {group["id"]: group["spec"] for group in d["groups"]}
        self.person = {one["id"]: one for one in d["inspectors"] if one["excl"] == ""}
        self.enemies = {}
        for person, thing in d["conflicts"]:
            self.enemies.setdefault(person, set()).add(thing)

    def ticket(self, *parts):
        return self.hash(joined(self.seed, *parts))

    def order(self, kind, names):
        return sorted(names, key=lambda name: self.ticket(kind, name))

    def quotas(self):
        found = {}
        for name, rule in self.d["strata"].items():
            c = sum(one["stratum"] == name and one["excl"] == "" for one in self.d["objects"])
            whole, rest = divmod(c * rule["num"], rule["den"])
            if rule["round"] == "up" and rest or rule["round"] == "half-up" and 2 * rest >= rule["den"]:
                whole += 1
            found[name] = min(c, max(rule["min"], whole))
        return found

    def objects(self):
        eligible = {name: [] for name in self.d["strata"]}
        for one in self.d["objects"]:
            if one["excl"] == "":
                eligible[one["stratum"]].append(one["id"])
        quotas, drawn, reserve = self.quotas(), [], {}
        for name in eligible:
            ranked = self.order("object", eligible[name])
            drawn += ranked[:quotas[name]]
            reserve[name] = ranked[quotas[name]:]
        return {"drawn": sorted(drawn), "reserve": reserve}

    def route(self, drawn):
        dealt = [[] for _ in self.groups]
        for at, name in enumerate(self.order("route", drawn)):
            dealt[at % len(dealt)].append(name)
        return {"groups": [sorted(one) for one in dealt]}

    def fits(self, name, role, group, things):
        """Need met and no conflict with the things the group visits."""
        kind, one = self.d["roles"][role], self.person[name]
        if kind == "spec" and self.spec[group] not in one["spec"] or kind in ("lead", "cert") and not one[kind]:
            return False
        return self.enemies.get(name, set()).isdisjoint(things)

    def people(self, route):
        """Bodies of duty and place, or of fail."""
        team = Team(self, route)
        deck = sorted(self.person, key=lambda name: (self.person[name]["load"], self.ticket("duty", name)))
        kept = []
        for name in deck:
            if len(kept) == team.size:
                break
            if team.admit(name):
                kept.append(name)
        if len(kept) < team.size:
            return {"fail": {"kept": kept, "blocking": team.blocking()}}
        groups = sorted(range(len(self.groups)), key=lambda at: self.ticket("group", self.groups[at]))
        return {"duty": {"order": deck, "kept": kept}, "place": team.place(self.order("place", kept), groups)}


class Team:
    """Matching of people and slots (role, group) by depth-first search over sets of groups per role."""

    def __init__(self, draw, route):
        self.draw = draw
        self.roles, self.count = len(draw.d["roles"]), len(draw.groups)
        self.size = self.roles * self.count
        self.allowed = {}
        where = {thing: at for at, things in enumerate(route) for thing in things}
        for name, one in draw.person.items():
            barred = {where[thing] for thing in draw.enemies.get(name, ()) if thing in where}
            groups = [at for at in range(self.count) if at not in barred]
            self.allowed[name] = [
                {at for at in groups if draw.fits(name, role, draw.groups[at], ())} for role in range(self.roles)
            ]
        self.holder, self.slot = {}, {}
        self.searchable = [set(range(self.count)) for _ in range(self.roles)]

    def admit(self, newcomer):
        unseen = [set(one) for one in self.searchable]
        stack, came = [newcomer], {}
        while stack:
            name = stack.pop()
            for role in range(self.roles):
                fresh = self.allowed[name][role] & unseen[role]
                unseen[role] -= fresh
                for group in sorted(fresh):
                    came[role, group] = name
                    if (role, group) not in self.holder:
                        self.shift(newcomer, (role, group), came)
                        return True
                    stack.append(self.holder[role, group])
        self.searchable = unseen  # the slots just searched are full for good
        return False

    def shift(self, last, slot, came):
        while True:
            name = came[slot]
            before = self.slot.get(name)
            self.holder[slot], self.slot[name] = name, slot
            if name == last:
                return
            slot = before

    def blocking(self):
        slots = {(r, g) for r in range(self.roles) for g in range(self.count)} - set(self.holder)
        stack, people = list(slots), set()
        while stack:
            role, group = stack.pop()
            for name in self.allowed:
                if name not in people and group in self.allowed[name][role]:
                    people.add(name)
                    if self.slot[name] not in slots:
                        slots.add(self.slot[name])
                        stack.append(self.slot[name])
        return {"slots": [[r, self.draw.groups[g]] for r, g in sorted(slots)], "people": sorted(people)}

    def place(self, order, groups):
        unseen = [set(range(self.count)) for _ in range(self.roles)]
        waiting = dict.fromkeys(order)
        for role in range(self.roles):
            for group in groups:
                unseen[role].discard(group)
                del waiting[self.fix((role, group), waiting, [set(one) for one in unseen])]
        members = [[self.holder[role, at] for role in range(self.roles)] for at in range(self.count)]
        return {"groups": [{"id": name, "members": members[at]} for at, name in enumerate(self.draw.groups)]}

    def fix(self, slot, waiting, unseen):
        """The first who can take the slot such that its present holder finds another place."""
        keeper = self.holder[slot]
        came, stack = {}, [keeper]
        for name in waiting:
            if slot[1] not in self.allowed[name][slot[0]]:
                continue
            if name == keeper:
                return name
            goal = self.slot[name]
            while stack and goal not in came:
                mover = stack.pop()
                for role in range(slot[0], self.roles):
                    fresh = self.allowed[mover][role] & unseen[role]
                    unseen[role] -= fresh
                    for group in sorted(fresh):
                        came[role, group] = mover
                        stack.append(self.holder[role, group])
            if goal in came:
                self.shift(keeper, goal, came)
                self.holder[slot], self.slot[name] = name, slot
                return name
        raise AssertionError(slot)


# ---------------------------------------------------------------- the checks

def first_difference(expected, actual, path):
    if type(expected) is not type(actual):
        return path, expected, actual
    if expected == actual:
        return None
    if isinstance(expected, dict):
        steps = [(key, expected.get(key), actual.get(key)) for key in sorted(set(expected) | set(actual))]
    elif isinstance(expected, list):
        steps = [(at, expected[at] if at < len(expected) else None, actual[at] if at < len(actual) else None)
                 for at in range(max(len(expected), len(actual)))]
    else:
        return path, expected, actual
    for key, left, right in steps:
        found = first_difference(left, right, step(path, key))
        if found:
            return found
    return None


def same(check, expected, actual, path):
    found = first_difference(expected, actual, path)
    if found:
        raise Bad(check, *found)


class Verifier:
    def __init__(self, raw, roster, head, previous):
        self.raw, self.roster, self.head, self.previous = raw, roster, head, previous
        self.done, self.notes, self.seen = set(), {}, {}
        self.d = self.draw = self.imported = None
        self.hash = hash_function("sha256")
        self.kind, self.last = None, ZEROS

    def run(self):
        for at in range(len(self.raw["events"])):
            try:
                self.event(at)
            except Bad as bad:
                if bad.n is None:
                    bad.n = at
                return bad
        return None

    def event(self, at):
        path = "events/%d" % at
        event = self.raw["events"][at]
        EVENT(event, path)
        kind, body = event["type"], event["body"]
        BODIES[kind](body, path + "/body")
        if kind == "import":
            self.check_import(body, path + "/body")
        allowed = [one for one in FOLLOWS[self.kind] if not (self.imported is not None and one == "replace")]
        need(kind in allowed, path + "/type", allowed, kind)
        if kind == "commit":
            check_document(self.raw["document"])
            self.d = self.raw["document"]
            self.hash = hash_function(self.d["hash"])
        if kind in ("close", "void"):
            self.check_end(kind, body, path + "/body")
        self.done.add(1)
        check = getattr(self, "on_" + kind, None)
        if check:
            check(body, path + "/body")
        self.seen[kind] = body
        self.chain(at, event, path)
        self.done.add(12)
        self.kind, self.last = kind, event["hash"]

    def check_import(self, body, path):
        need(self.raw["document"] in ({}, None), "document", {}, self.raw["document"])
        dealt = set()
        for at, group in enumerate(body["groups"]):
            place = "%s/groups/%d" % (path, at)
            for index, thing in enumerate(group["objects"]):
                need(thing in body["objects"], "%s/objects/%d" % (place, index), "a listed object", thing)
                need(thing not in dealt, "%s/objects/%d" % (place, index), "dealt once", thing)
                dealt.add(thing)
            for index, name in enumerate(group["members"]):
                need(name not in group["members"][:index], "%s/members/%d" % (place, index), "once", name)

    def check_end(self, kind, body, path):
        names = [one["name"] for one in body.get("by", [])]
        parties = [one["name"] for one in self.d["parties"]] if self.d else list(dict.fromkeys(names))
        same(1, [name for name in parties if name in names], names, path + "/by")
        if kind == "close" and self.d:
            same(1, self.d["publish_by"], body["publish_by"], path + "/publish_by")

    def chain(self, at, event, path):
        if at == 0:
            self.series(event)
        same(12, at, event["n"], path + "/n")
        same(12, self.last, event["prev"], path + "/prev")
        core = {key: event[key] for key in ("n", "prev", "type", "body")}
        same(12, self.hash(canonical(core)), event["hash"], path + "/hash")
        if at == len(self.raw["events"]) - 1:
            same(12, event["hash"], self.raw["head"], "head")
            if self.head is not None:
                same(12, self.head, event["hash"], "head")

    def series(self, event):
        source, place = (event["body"], "events/0/body") if event["type"] == "import" else (self.d, "D")
        own = split_number(source["draw"])
        if self.previous is None:
            if source["prev_head"] == ZEROS and own[2] != 1:
                self.notes[12] = "自称首次抽取但序号不是 0001，请索取上一次记录 · claims to be the first draw but is not 0001"
            return
        draw, last = chain_end(self.previous)
        same(12, last, source["prev_head"], place + "/prev_head")
        before = split_number(draw)
        serial = before[2] + 1 if own[1] == before[1] else 1
        if own[0] != before[0] or own[1] < before[1] or own[2] != serial:
            wanted = "%s-%04d-%04d" % (before[0], max(own[1], before[1]), serial)
            raise Bad(12, place + "/draw", wanted, source["draw"])

    def on_commit(self, body, path):
        d = self.d
        roster = self.hash(canonical(d))
        if self.roster is not None:
            same(2, self.roster, roster, "D")
        same(2, roster, body["roster"], path + "/roster")
        same(2, d["draw"], body["draw"], path + "/draw")
        same(2, d["parties"], body["parties"], path + "/parties")
        self.done.add(2)
        for at, one in enumerate(d["objects"]):
            if one["excl"] in ("", "cap"):
                right = "cap" if one["visits"] >= one["cap"] and not one["listed"] else ""
                same(6, right, one["excl"], "D/objects/%d/excl" % at)
        for at, one in enumerate(d["inspectors"]):
            if one["cert"] and one["excl"] == "no-cert":
                raise Bad(6, "D/inspectors/%d/excl" % at, "", "no-cert")
        self.done.add(6)

    def on_reveal(self, body, path):
        d = self.d
        same(3, len(d["parties"]), len(body["secrets"]), path + "/secrets")
        for at, party in enumerate(d["parties"]):
            opened = self.hash(joined("SR1/commit", d["draw"], party["name"], body["secrets"][at]))
            same(3, party["commit"], opened, path + "/secrets/%d" % at)
        self.done.add(3)
        if (d["beacon"] == "") != (body["beacon"] == ""):
            raise Bad(4, path + "/beacon", d["beacon"], body["beacon"])
        self.done.add(4)
        self.draw = Draw(d, self.hash, body)
        self.notes[5] = self.draw.seed
        self.done.add(5)

    def on_objects(self, body, path):
        stratum = {one["id"]: one["stratum"] for one in self.d["objects"]}
        for name, quota in self.draw.quotas().items():
            drawn = sum(stratum.get(one) == name for one in body["drawn"])
            if drawn != quota:
                raise Bad(7, path + "/drawn", "%s: %d" % (name, quota), "%s: %d" % (name, drawn))
        self.done.add(7)
        same(8, self.draw.objects(), body, path)
        self.done.add(8)

    def on_route(self, body, path):
        same(9, self.draw.route(self.seen["objects"]["drawn"]), body, path)
        self.done.add(9)
        self.outcome = self.draw.people(body["groups"])

    def on_duty(self, body, path):
        need("duty" in self.outcome, path[:-4] + "type", "fail", "duty", 10)
        same(10, self.outcome["duty"], body, path)
        self.done.add(10)

    def on_fail(self, body, path):
        need("fail" in self.outcome, path[:-4] + "type", "duty", "fail", 10)
        same(10, self.outcome["fail"], body, path)
        self.done.add(10)

    def on_place(self, body, path):
        right = self.outcome["place"]
        same(10, right, body, path)
        taken = set()
        for at, group in enumerate(body["groups"]):  # hard rules, said once more for themselves
            for role, name in enumerate(group["members"]):
                fits = self.draw.fits(name, role, group["id"], self.seen["route"]["groups"][at])
                need(fits and name not in taken, "%s/groups/%d/members/%d" % (path, at, role), "a fitting person",
                     name, 10)
                taken.add(name)
        self.members = {group["id"]: list(group["members"]) for group in body["groups"]}
        self.visits = dict(zip(self.draw.groups, map(list, self.seen["route"]["groups"])))
        self.reserve = {name: list(rest) for name, rest in self.seen["objects"]["reserve"].items()}
        self.unavailable = taken
        self.vacancies = {}
        self.done.add(10)

    def on_import(self, body, path):
        self.imported = {group["id"]: list(group["members"]) for group in body["groups"]}
        self.empty, self.counts = {}, {}

    def on_sub(self, body, path):
        if self.imported is not None:
            self.platform_sub(body, path)
        else:
            self.own_sub(body, path)
        self.done.add(11)

    def own_sub(self, body, path):
        group, role = body["group"], body["role"]
        need(group in self.members, path + "/group", sorted(self.members), group, 11)
        need(role < len(self.d["roles"]), path + "/role", "< %d" % len(self.d["roles"]), role, 11)
        n = self.vacancies.get((group, role), 0) + 1
        same(11, n, body["n"], path + "/n")
        same(11, self.members[group][role], body["out"], path + "/out")
        pool = [name for name in self.draw.person
                if name not in self.unavailable and self.draw.fits(name, role, group, self.visits[group])]
        pool.sort(key=lambda name: self.draw.ticket("sub", group, role, n, name))
        away = [one["id"] for one in body["absent"]]
        present = [name for name in pool if name not in away] or [""]
        for at, name in enumerate(away):
            early = name in pool and (present[0] == "" or pool.index(name) < pool.index(present[0]))
            need(early, path + "/absent/%d/id" % at, "a candidate called before", name, 11)
        same(11, present[0], body["in"], path + "/in")
        others = [one["name"] for one in self.d["parties"]][1:]
        need(body["witness"]["name"] in others, path + "/witness/name", others, body["witness"]["name"], 11)
        self.vacancies[group, role] = n
        self.members[group][role] = body["in"]
        self.unavailable.add(body["in"])

    def platform_sub(self, body, path):
        group = body["group"]
        need(group in self.imported, path + "/group", sorted(self.imported), group, 11)
        serving, empty = self.imported[group], self.empty.get(group, 0)
        self.counts[group] = self.counts.get(group, 0) + 1
        same(11, 0, body["role"], path + "/role")
        same(11, self.counts[group], body["n"], path + "/n")
        same(11, [], body["absent"], path + "/absent")
        need(body["out"] in serving or (not body["out"] and empty), path + "/out", serving, body["out"], 11)
        need(body["in"] not in serving, path + "/in", "not yet in the group", body["in"], 11)
        self.empty[group] = empty + (body["in"] == "") - (body["out"] == "")
        if body["out"]:
            serving.remove(body["out"])
        if body["in"]:
            serving.append(body["in"])

    def on_replace(self, body, path):
        group = [name for name, things in self.visits.items() if body["object"] in things]
        need(group, path + "/object", "an object some group visits now", body["object"], 11)
        same(11, group[0], body["group"], path + "/group")
        stratum = {one["id"]: one["stratum"] for one in self.d["objects"]}[body["object"]]
        same(11, stratum, body["stratum"], path + "/stratum")
        skipped, chosen = [], ""
        for thing in self.reserve[stratum]:
            if any(thing in self.draw.enemies.get(name, ()) for name in self.members[group[0]]):
                skipped.append(thing)
            else:
                chosen = thing
                break
        same(11, skipped, body["skipped"], path + "/skipped")
        same(11, chosen, body["in"], path + "/in")
        self.visits[group[0]].remove(body["object"])
        if chosen:
            self.visits[group[0]].append(chosen)
            self.reserve[stratum].remove(chosen)
        self.done.add(11)


def chain_end(raw):
    """Number and last hash of the previous draw; its chain must hold and it must have ended."""
    try:
        TRANSCRIPT(raw, "previous")
        for at, event in enumerate(raw["events"]):
            EVENT(event, "previous/events/%d" % at)
            BODIES[event["type"]](event["body"], "previous/events/%d/body" % at)
        first = raw["events"][0]
        hashing = hash_function("sha256")
        if first["type"] != "import":
            need("draw" in first["body"], "previous/events/0/type", "commit", first["type"])
            check_document(raw["document"])
            hashing = hash_function(raw["document"]["hash"])
            same(12, raw["document"]["draw"], first["body"]["draw"], "previous/events/0/body/draw")
    except Bad as bad:
        raise Bad(12, bad.path if bad.path.startswith("previous") else "previous/" + bad.path, bad.expected, bad.actual)
    last = ZEROS
    for at, event in enumerate(raw["events"]):
        core = {"n": event["n"], "prev": last, "type": event["type"], "body": event["body"]}
        last = hashing(canonical(core))
        same(12, last, event["hash"], "previous/events/%d/hash" % at)
    ended = raw["events"][-1]["type"]
    need(ended in ("close", "fail", "void"), "previous/events", "a draw that has ended", ended, 12)
    return first["body"]["draw"], last


def typed(value):
    return None if value is None else re.sub(r"\s", "", value).lower()


def verify(data, roster=None, head=None, previous=None):
    """Returns (verifier or None, first Bad or None)."""
    try:
        raw = parse(data, "")
        TRANSCRIPT(raw, "")
        before = parse(previous, "previous") if previous is not None else None
    except Bad as bad:
        match = re.match(r"events/([0-9]+)(/|$)", bad.path)
        bad.n = int(match.group(1)) if match else 0
        bad.check = 12 if bad.path.startswith("previous") else 1
        return None, bad
    verifier = Verifier(raw, typed(roster), typed(head), before)
    return verifier, verifier.run()


def states(verifier, bad, given):
    """One line per check: number, state, title, note."""
    done = verifier.done if verifier else set()
    hints = {2: [] if given["roster"] else ["--roster"],
             12: ["--" + name for name in ("head", "previous") if not given[name]]}
    lines = []
    for number_ in sorted(TITLES):
        note = [verifier.notes[number_]] if verifier and number_ in verifier.notes else []
        note += ["未核对 not checked: " + name for name in hints.get(number_, [])]
        if bad and bad.check == number_:
            state = "bad"
        elif number_ not in done or bad and number_ in (1, 11, 12):  # the rest of these was not looked at
            state = "not-checked" if bad else "none"
        elif number_ == 2 and not given["roster"]:
            state = "not-checked"
        else:
            state = "ok"
        lines.append({"check": number_, "title": TITLES[number_], "state": state, "note": "; ".join(note)})
    return lines


WORDS = {"ok": "通过 ok", "bad": "不通过 FAILED", "not-checked": "未核对 not checked", "none": "无此事 nothing to check"}


def print_ticket(verifier, code):
    found = [one for one in verifier.d["objects"] if one["id"] == code] if verifier.draw else []
    if not found:
        print("%s: 名单中没有 · not in the document" % code)
        return
    stratum, draw = found[0]["stratum"], verifier.draw
    quota = draw.quotas()[stratum]
    every = sorted(draw.ticket("object", one["id"]) for one in verifier.d["objects"]
                   if one["stratum"] == stratum and one["excl"] == "")
    print("%s 的号签 ticket: %s" % (code, draw.ticket("object", code)))
    print("   = printf '%s\\nobject\\n%s' | sha256sum" % (draw.seed, code))
    print("%s 入围线 cut-off: %s" % (stratum, every[quota - 1] if quota else "-"))
    if found[0]["excl"]:
        print("已排除 excluded: " + found[0]["excl"])
    else:
        print("抽中 drawn" if quota and draw.ticket("object", code) <= every[quota - 1] else "未抽中 not drawn")


def main(arguments=None):
    parser = argparse.ArgumentParser(description="核验随机抽取记录 / verify a published draw (SR1)")
    parser.add_argument("file", help="抽取记录 transcript {document, events, head}")
    parser.add_argument("--roster", metavar="HASH", help="纪要上的名单指纹 / document hash on the minutes")
    parser.add_argument("--head", metavar="HASH", help="公布的末位指纹 / published head")
    parser.add_argument("--previous", metavar="FILE", help="上一次抽取的记录 / transcript of the previous draw")
    parser.add_argument("--ticket", metavar="ID", help="另外打印某一对象的号签 / also print one object's ticket")
    parser.add_argument("--json", action="store_true", help="只输出 JSON / JSON only")
    options = parser.parse_args(arguments)
    files = []
    for name in (options.file, options.previous):
        try:
            files.append(open(name, "rb").read() if name else None)
        except OSError as error:
            parser.error("%s: %s" % (name, error.strerror))
    given = {"roster": options.roster, "head": options.head, "previous": options.previous}
    verifier, bad = verify(files[0], options.roster, options.head, files[1])
    if options.json:
        print(json.dumps({"ok": bad is None, "checks": states(verifier, bad, given),
                          "bad": bad.as_json() if bad else None,
                          "imported": bool(verifier and verifier.imported is not None)}, ensure_ascii=False, indent=1))
        return 1 if bad else 0
    for line in states(verifier, bad, given):
        print("%2d %s  %s%s" % (line["check"], WORDS[line["state"]], line["title"],
                                "（%s）" % line["note"] if line["note"] else ""))
    if verifier and verifier.imported is not None:
        print("平台抽取结果：只核验链条，结果本身无法重算 · imported: only the chain is checked, nothing is recomputed")
    if bad:
        print("第一处不符 first fault: n=%s, check=%s, path=%s, expected=%s, actual=%s" % (
            bad.n, bad.check, bad.path, json.dumps(bad.expected, ensure_ascii=False),
            json.dumps(bad.actual, ensure_ascii=False)))
        return 1
    if options.ticket:
        print_ticket(verifier, options.ticket)
    print("OK")
    return 0


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(main())
