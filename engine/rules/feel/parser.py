"""FEEL text → tree, by recursive descent over the grammar of DMN 1.5 (chapter 10.3.1).

One grammar, one class: splitting it would hide the rules from each other, hence the length.

Errors are `RuleError` with the 0-based position, a reason and a hint in Chinese. The depth, node and length
limits hold here, so that nothing later has to meet an endless tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from engine.errors import RuleError
from engine.sentence import Sentence

from .limits import DEFAULT, Limits
from .tokens import KEYWORDS, STOPS, NameBook, Token, normal, tokenize, width_hint
from .tree import (
    AtLiteral,
    Between,
    Binary,
    Call,
    ContextNode,
    Filter,
    For,
    FunctionNode,
    If,
    In,
    InstanceOf,
    IterationRange,
    ListNode,
    Literal,
    Logic,
    Name,
    Negate,
    Node,
    Path,
    Quantified,
    RangeNode,
    TypeNode,
    UnaryRange,
    UnaryTests,
    children,
)

_COMPARE = frozenset({"=", "!=", "<", "<=", ">", ">="})
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_TYPE_NAMES = (
    "date and time",
    "days and time duration",
    "years and months duration",
    "day and time duration",
    "year and month duration",
)
_JOINERS = frozenset("+-*/'.")


def unquote(text: str) -> str:
    """The value of a string literal; a backslash before any other sign stays, as patterns need it."""
    if "\\" not in text:
        return text[1:-1]
    plain = _ESCAPE.sub(_unescape, text[1:-1])
    # A pair of \uD83D\uDCA9 escapes is one character.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if "\\u" in text else plain


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code:
        return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else match[0]  # noqa: PLR2004
    return _SIMPLE.get(match[3], match[0])


class Parser:
    """One text being read. `names` are the known names of several tokens, built-ins among them."""

    def __init__(self, text: str, names: NameBook, limits: Limits = DEFAULT) -> None:
        if len(text) > limits.length:
            raise RuleError(
                Sentence("表达式长度 {count} 超过上限 {length}。", count=len(text), length=limits.length),
                position=0,
                hint="请拆成几条规则。",
            )
        self.text = text
        self.names = names
        self.limits = limits
        self.tokens = tokenize(text)
        if len(self.tokens) > 3 * limits.nodes:
            raise RuleError(
                Sentence("表达式超过 {most} 个词。", most=3 * limits.nodes),
                position=0,
                hint="请拆成几条规则。",
            )
        self.index = 0
        self.depth = 0
        self.work = 0

    # -- reading tokens

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.index]

    def advance(self) -> Token:
        """Take the next token; counts the work so that trying twice can never become endless."""
        found = self.tokens[self.index]
        self.work += 1
        if self.work > 8 * len(self.tokens) + 2_000:
            raise RuleError("表达式嵌套过于复杂。", position=found.at, hint="请拆成几条规则。")
        if self.index < len(self.tokens) - 1:
            self.index += 1
        return found

    def at(self, *texts: str) -> bool:
        """Whether the next token is one of these operators or words."""
        return self.token.kind in {"op", "name"} and self.token.text in texts

    def take(self, text: str) -> bool:
        """Take the next token if it is this one."""
        if self.at(text):
            self.advance()
            return True
        return False

    def expect(self, text: str) -> Token:
        """Take this token or refuse."""
        if not self.at(text):
            raise self.unexpected(Sentence("此处应为 {text}", text=text))
        return self.advance()

    def unexpected(self, wanted: str = "") -> RuleError:
        """The error for the token at hand."""
        token = self.token
        found = f"“{token.text}”" if token.kind != "end" else "表达式结尾"
        wanted = Sentence("，{wanted}", wanted=wanted) if wanted else ""
        return RuleError(
            Sentence(
                "第 {place} 个字符处不认识的内容：{found}{wanted}。",
                place=token.at + 1,
                found=found,
                wanted=wanted,
            ),
            position=token.at,
            hint=width_hint(token.text[:1]),
        )

    # -- entry points

    def expression_only(self) -> Node:
        """The whole text as one expression."""
        return self._whole(self.expression())

    def unary_only(self) -> Node:
        """The whole text as the tests of a table cell."""
        if self.token.kind == "end":
            raise RuleError("单元格为空。", position=0, hint="任意值请写 -。")
        if self.at("-") and self.tokens[self.index + 1].kind == "end":
            self.advance()
            return UnaryTests((), at=0)
        start = self.index
        if self.at("not") and self.tokens[self.index + 1].text == "(":
            self.advance()
            self.advance()
            tests = self._tests()
            if self.take(")") and self.token.kind == "end":
                return self._whole(UnaryTests(tests, True, at=0))
            self.index = start
        return self._whole(UnaryTests(self._tests(), at=0))

    def _whole(self, node: Node) -> Node:
        if self.token.kind != "end":
            raise self.unexpected()
        self._measure(node)
        return node

    def _measure(self, root: Node) -> None:
        count = 0
        waiting = [(root, 1)]
        while waiting:
            node, depth = waiting.pop()
            count += 1
            if count > self.limits.nodes:
                raise RuleError(
                    Sentence("表达式超过 {nodes} 个节点。", nodes=self.limits.nodes),
                    position=node.at,
                    hint="请拆成几条规则。",
                )
            if depth > 3 * self.limits.depth:
                raise RuleError("表达式嵌套过深。", position=node.at, hint="请拆成几条规则。")
            waiting.extend((child, depth + 1) for child in children(node))

    # -- expressions, from the loosest binding to the tightest

    def expression(self) -> Node:
        """Any expression."""
        self.depth += 1
        if self.depth > self.limits.depth:
            raise RuleError(
                Sentence("嵌套超过 {depth} 层。", depth=self.limits.depth),
                position=self.token.at,
                hint="请拆成几条规则。",
            )
        node = self._logic("or")
        self.depth -= 1
        return node

    def _logic(self, op: str) -> Node:
        below: Callable[[], Node] = (lambda: self._logic("and")) if op == "or" else self._comparison
        first = below()
        if not self.at(op):
            return first
        parts = [first]
        while self.take(op):
            parts.append(below())
        return Logic(op, tuple(parts), at=first.at)

    def _comparison(self) -> Node:
        left = self._sum()
        while True:
            if self.token.kind == "op" and self.token.text in _COMPARE:
                op = self.advance().text
                left = Binary(op, left, self._sum(), at=left.at)
            elif self.at("between"):
                self.advance()
                low = self._sum()
                self.expect("and")
                left = Between(left, low, self._sum(), at=left.at)
            elif self.at("in"):
                self.advance()
                left = In(left, self._in_tests(), at=left.at)
            else:
                return left

    def _in_tests(self) -> tuple[Node, ...]:
        if not self.at("("):
            return (self._test(),)
        start, depth = self.index, self.depth
        self.advance()
        try:
            tests = self._tests()
            closed = self.take(")")
        except RuleError:
            closed = False
        if closed and not self.at("+", "-", "*", "/", "**", ".", "[", "(", "..", "instance"):
            return tests
        self.index, self.depth = start, depth
        return (self._sum(),)

    def _tests(self) -> tuple[Node, ...]:
        tests = [self._test(whole=True)]
        while self.take(","):
            tests.append(self._test(whole=True))
        return tuple(tests)

    def _test(self, *, whole: bool = False) -> Node:
        if self.token.kind == "op" and self.token.text in _COMPARE:
            token = self.advance()
            return UnaryRange(token.text, self._sum(), at=token.at)
        return self.expression() if whole else self._sum()

    def _sum(self) -> Node:
        left = self._product()
        while self.token.kind == "op" and self.token.text in {"+", "-"}:
            op = self.advance().text
            left = Binary(op, left, self._product(), at=left.at)
        return left

    def _product(self) -> Node:
        left = self._power()
        while self.token.kind == "op" and self.token.text in {"*", "/"}:
            op = self.advance().text
            left = Binary(op, left, self._power(), at=left.at)
        return left

    def _power(self) -> Node:
        left = self._signed()
        while self.token.kind == "op" and self.token.text == "**":
            self.advance()
            left = Binary("**", left, self._signed(), at=left.at)
        return left

    def _signed(self) -> Node:
        signs = []
        while self.token.kind == "op" and self.token.text == "-":
            signs.append(self.advance())
            if len(signs) > self.limits.depth:
                raise self.unexpected()
        node = self._postfix(self._primary())
        while self.at("instance"):
            self.advance()
            self.expect("of")
            node = InstanceOf(node, self.type(), at=node.at)
        for token in reversed(signs):
            node = Negate(node, at=token.at)
        return node

    def _postfix(self, node: Node) -> Node:
        while self.token.kind == "op":
            if self.token.text == ".":
                self.advance()
                node = Path(node, self._member(), at=node.at)
            elif self.token.text == "[" and not self._closes_range():
                self.advance()
                condition = self.expression()
                self.expect("]")
                node = Filter(node, condition, at=node.at)
            elif self.token.text == "(":
                node = self._call(node)
            else:
                break
        return node

    def _closes_range(self) -> bool:
        """Whether this `[` is the open end of a range `[1..5[`: nothing that could be a filter follows."""
        following = self.tokens[self.index + 1]
        if following.kind == "end":
            return True
        return following.kind == "op" and following.text in {
            ")",
            "]",
            ",",
            "}",
            "=",
            "!=",
            "+",
            "*",
            "/",
            ".",
        }

    def _member(self) -> str:
        known = self.names.match(self.tokens, self.index)
        if known and not any(part in _JOINERS for part in known[0]):
            self.index += known[1]
            return known[0]
        if known:
            self.index += known[1]
            return known[0]
        if self.token.kind != "name":
            raise self.unexpected("点号后应为属性名")
        return self._plain_name()

    def _plain_name(self) -> str:
        """A name of adjacent words; two neighbouring words can be nothing else."""
        words = [self.advance().text]
        while (self.token.kind == "name" and self.token.text not in STOPS) or (
            self.token.kind == "number" and self.token.text.isdigit()
        ):
            words.append(self.advance().text)
        return " ".join(words)

    def _call(self, function: Node) -> Node:
        self.expect("(")
        if self.take(")"):
            return Call(function, (), at=function.at)
        names: list[str] = []
        arguments: list[Node] = []
        named = self._name_before_colon() is not None
        while True:
            if named:
                name = self._name_before_colon()
                if name is None:
                    raise self.unexpected("按名称传参时，每个参数都要写名称")
                names.append(name)
                while not self.at(":"):
                    self.advance()
                self.advance()
            arguments.append(self.expression())
            if not self.take(","):
                break
        self.expect(")")
        return Call(function, tuple(arguments), tuple(names), at=function.at)

    def _name_before_colon(self) -> str | None:
        """The name that ends in a colon right here, without taking it; None if there is none."""
        index = self.index
        while self.tokens[index].kind in {"name", "number"} or (
            self.tokens[index].kind == "op"
            and self.tokens[index].text not in '()[]{},:"'
            and self.tokens[index].text != ".."
        ):
            index += 1
        if index == self.index or self.tokens[index].text != ":" or self.tokens[index].kind != "op":
            return None
        return normal(self.text[self.token.at : self.tokens[index - 1].end])

    # -- primaries

    def _primary(self) -> Node:  # noqa: PLR0911  (one return per kind of value)
        token = self.token
        if token.kind == "number":
            self.advance()
            return self._number(token)
        if token.kind == "string":
            self.advance()
            return Literal(unquote(token.text), at=token.at)
        if token.kind == "at":
            self.advance()
            return AtLiteral(unquote(token.text[1:]), at=token.at)
        if token.kind == "name":
            return self._word(token)
        if token.kind == "op":
            known = self.names.match(self.tokens, self.index)
            if known:
                self.index += known[1]
                return Name(known[0], at=token.at)
            if token.text == "(":
                return self._parenthesis()
            if token.text in {"[", "]"}:
                return self._bracket()
            if token.text == "{":
                return self._context()
        raise self.unexpected()

    def _number(self, token: Token) -> Node:
        if len(token.text) > self.limits.digits:
            raise RuleError(
                Sentence("数字超过 {digits} 位。", digits=self.limits.digits),
                position=token.at,
                hint="请改用较短的数字。",
            )
        value = Decimal(token.text)
        if value.adjusted() > self.limits.exponent:
            raise RuleError(
                "数字过大。",
                position=token.at,
                hint=Sentence("请小于 1e{exponent}。", exponent=self.limits.exponent),
            )
        return Literal(value, at=token.at)

    def _word(self, token: Token) -> Node:
        known = self.names.match(self.tokens, self.index)
        if known:
            self.index += known[1]
            return Name(known[0], at=token.at)
        special: dict[str, Callable[[], Node]] = {
            "if": self._if,
            "for": self._for,
            "some": self._quantified,
            "every": self._quantified,
            "function": self._function,
        }
        if token.text in special:
            return special[token.text]()
        constants: dict[str, bool | None] = {"true": True, "false": False, "null": None}
        if token.text in constants:
            self.advance()
            return Literal(constants[token.text], at=token.at)
        if token.text in KEYWORDS:
            raise self.unexpected("保留字不能作名称")
        if token.text == "?":
            self.advance()
            return Name("?", at=token.at)
        return Name(self._plain_name(), at=token.at)

    def _if(self) -> Node:
        at = self.advance().at
        condition = self.expression()
        self.expect("then")
        yes = self.expression()
        self.expect("else")
        return If(condition, yes, self.expression(), at=at)

    def _variable(self, stops: tuple[str, ...]) -> str:
        """A name being introduced: everything up to one of the stop signs."""
        start = self.token
        if start.kind != "name":
            raise self.unexpected("此处应为变量名")
        last = self.advance()
        while self.token.kind != "end" and not self.at(*stops):
            if self.at("(", ")", "[", "]", "{", "}", ",", ":") or self.token.kind in {"string", "at"}:
                raise self.unexpected(Sentence("此处应为 {text}", text=stops[0]))
            last = self.advance()
        return normal(self.text[start.at : last.end])

    def _iterators(self, *, ranges: bool) -> tuple[tuple[str, Node], ...]:
        found = []
        while True:
            name = self._variable(("in",))
            self.expect("in")
            source = self.expression()
            if ranges and self.at(".."):
                self.advance()
                source = IterationRange(source, self.expression(), at=source.at)
            self.names = self.names.copy()
            self.names.add(name)
            found.append((name, source))
            if not self.take(","):
                return tuple(found)

    def _for(self) -> Node:
        outer, at = self.names, self.advance().at
        iterators = self._iterators(ranges=True)
        self.expect("return")
        node = For(iterators, self.expression(), at=at)
        self.names = outer
        return node

    def _quantified(self) -> Node:
        outer, token = self.names, self.advance()
        iterators = self._iterators(ranges=True)
        self.expect("satisfies")
        node = Quantified(token.text, iterators, self.expression(), at=token.at)
        self.names = outer
        return node

    def _function(self) -> Node:
        outer, at = self.names, self.advance().at
        self.expect("(")
        parameters: list[tuple[str, TypeNode | None]] = []
        self.names = outer.copy()
        while not self.at(")"):
            name = self._variable((":", ",", ")"))
            parameters.append((name, self.type() if self.take(":") else None))
            self.names.add(name)
            if not self.take(","):
                break
        self.expect(")")
        external = self.take("external")
        node = FunctionNode(tuple(parameters), self.expression(), external, at=at)
        self.names = outer
        return node

    def _parenthesis(self) -> Node:
        token = self.advance()
        if self.token.kind == "op" and self.token.text in _COMPARE:
            op = self.advance().text
            node: Node = UnaryRange(op, self._sum(), at=token.at)
            self.expect(")")
            return node
        node = self.expression()
        if self.at(".."):
            return self._range(token.at, False, node)
        self.expect(")")
        return node

    def _bracket(self) -> Node:
        token = self.advance()
        if token.text == "]":
            return self._range(token.at, False, self.expression())
        if self.take("]"):
            return ListNode((), at=token.at)
        items = [self._list_item()]
        if self.at("..") and not isinstance(items[0], UnaryRange):
            return self._range(token.at, True, items[0])
        while self.take(","):
            items.append(self._list_item())
        self.expect("]")
        return ListNode(tuple(items), at=token.at)

    def _list_item(self) -> Node:
        if self.token.kind == "op" and self.token.text in _COMPARE:
            token = self.advance()
            return UnaryRange(token.text, self._sum(), at=token.at)
        return self.expression()

    def _range(self, at: int, low_included: bool, low: Node) -> Node:
        self.expect("..")
        high = self.expression()
        if not self.at("]", ")", "["):
            raise self.unexpected("区间应以 ] ) 或 [ 结束")
        return RangeNode(low_included, low, high, self.advance().text == "]", at=at)

    def _context(self) -> Node:
        at = self.advance().at
        outer = self.names
        self.names = outer.copy()
        entries: list[tuple[str, Node]] = []
        while not self.at("}"):
            if self.token.kind == "string":
                name = unquote(self.advance().text)
            else:
                found = self._name_before_colon()
                if found is None:
                    raise self.unexpected("此处应为“名称: 值”")
                name = found
                while not self.at(":"):
                    self.advance()
            self.expect(":")
            if any(name == other for other, _ in entries):
                raise RuleError(
                    Sentence("上下文中“{name}”重复。", name=name),
                    position=self.token.at,
                    hint="请改名或删去一项。",
                )
            entries.append((name, self.expression()))
            self.names.add(name)
            if not self.take(","):
                break
        self.expect("}")
        self.names = outer
        return ContextNode(tuple(entries), at=at)

    # -- types

    def type(self) -> TypeNode:
        """A type expression."""
        at = self.token.at
        known = _TYPES.match(self.tokens, self.index) or self.names.match(self.tokens, self.index)
        if known:
            self.index += known[1]
            return TypeNode(known[0], at=at)
        if self.token.kind != "name":
            raise self.unexpected("此处应为类型")
        name = self._plain_name() if self.token.text != "function" else self.advance().text
        while self.at(".") and self.tokens[self.index + 1].kind == "name":
            self.advance()
            name += "." + self._plain_name()
        if not self.at("<") or name not in {"list", "range", "context", "function"}:
            return TypeNode(name, at=at)
        self.advance()
        self.depth += 1
        if self.depth > self.limits.depth:
            raise RuleError("类型嵌套过深。", position=at, hint="请简化类型。")
        node = self._generic(name, at)
        self.depth -= 1
        return node

    def _generic(self, name: str, at: int) -> TypeNode:
        parts: list[TypeNode] = []
        keys: list[str] = []
        while not self.at(">"):
            if name == "context":
                keys.append(self._variable((":",)))
                self.expect(":")
            parts.append(self.type())
            if not self.take(","):
                break
        self.expect(">")
        if name == "function":
            self.expect("->")
            parts.append(self.type())
        return TypeNode(name, tuple(parts), tuple(keys), at=at)


_TYPES = NameBook(_TYPE_NAMES)
