"""Numeric functions (10.3.4.5)."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    DecimalException,
)

from engine.rules.feel.limits import Run
from engine.rules.feel.temporal import DaysTime, YearsMonths
from engine.rules.feel.values import NUMBERS
from engine.sentence import Sentence

from .registry import builtin, no

ZERO = Decimal(0)
_SCALES = (-6111, 6176)
# Room for the digits of any number at any scale allowed; the result is cut to 34 digits afterwards.
_WIDE = Context(prec=13_000, Emin=-20_000, Emax=20_000)


def _rounded(run: Run, name: str, number: Decimal, scale: Decimal, rounding: str) -> Decimal | None:
    if not _SCALES[0] <= scale <= _SCALES[1]:
        return no(
            run,
            Sentence(
                "{name}() 的小数位数 {scale} 不在 {low} 到 {high} 之间",
                name=name,
                scale=scale,
                low=_SCALES[0],
                high=_SCALES[1],
            ),
        )
    places = int(scale)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places:
        return number
    return NUMBERS.plus(number.quantize(Decimal(1).scaleb(-places, _WIDE), rounding, _WIDE))


@builtin("decimal", "n:number", "scale:number")
def decimal(run: Run, number: Decimal, scale: Decimal) -> Decimal | None:
    """Rounded half to even."""
    return _rounded(run, "decimal", number, scale, ROUND_HALF_EVEN)


@builtin("floor", "n:number")
@builtin("floor", "n:number", "scale:number")
def floor(run: Run, number: Decimal, scale: Decimal = ZERO) -> Decimal | None:
    """Rounded towards minus infinity."""
    return _rounded(run, "floor", number, scale, ROUND_FLOOR)


@builtin("ceiling", "n:number")
@builtin("ceiling", "n:number", "scale:number")
def ceiling(run: Run, number: Decimal, scale: Decimal = ZERO) -> Decimal | None:
    """Rounded towards infinity."""
    return _rounded(run, "ceiling", number, scale, ROUND_CEILING)


@builtin("round up", "n:number", "scale:number")
def round_up(run: Run, number: Decimal, scale: Decimal) -> Decimal | None:
    """Away from zero."""
    return _rounded(run, "round up", number, scale, ROUND_UP)


@builtin("round down", "n:number", "scale:number")
def round_down(run: Run, number: Decimal, scale: Decimal) -> Decimal | None:
    """Towards zero."""
    return _rounded(run, "round down", number, scale, ROUND_DOWN)


@builtin("round half up", "n:number", "scale:number")
def round_half_up(run: Run, number: Decimal, scale: Decimal) -> Decimal | None:
    """To the nearest; a half away from zero."""
    return _rounded(run, "round half up", number, scale, ROUND_HALF_UP)


@builtin("round half down", "n:number", "scale:number")
def round_half_down(run: Run, number: Decimal, scale: Decimal) -> Decimal | None:
    """To the nearest; a half towards zero."""
    return _rounded(run, "round half down", number, scale, ROUND_HALF_DOWN)


@builtin("abs", "n:number|duration")
def absolute(_run: Run, number: Decimal | YearsMonths | DaysTime) -> Decimal | YearsMonths | DaysTime:
    """Without its sign; durations too."""
    if isinstance(number, YearsMonths):
        return YearsMonths(abs(number.months))
    return DaysTime(abs(number.nanos)) if isinstance(number, DaysTime) else NUMBERS.abs(number)


@builtin("modulo", "dividend:number", "divisor:number")
def modulo(run: Run, dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """Dividend - divisor * floor(dividend / divisor): the sign is the divisor's."""
    if not divisor:
        return no(run, "modulo() 的除数为零")
    if dividend.adjusted() - divisor.adjusted() > NUMBERS.prec * 3:
        return no(run, "modulo() 的两个数相差过大")
    rest = _WIDE.remainder(dividend, divisor)
    if rest and (rest < 0) != (divisor < 0):
        rest = _WIDE.add(rest, divisor)
    return NUMBERS.plus(rest)


def _real(run: Run, name: str, work: str, number: Decimal) -> Decimal | None:
    try:
        result = getattr(NUMBERS, work)(number)
    except DecimalException:
        return no(run, Sentence("{name}() 对 {number} 没有结果", name=name, number=number))
    return (
        result
        if isinstance(result, Decimal) and result.is_finite()
        else no(run, Sentence("{name}() 没有结果", name=name))
    )


@builtin("sqrt", "number:number")
def sqrt(run: Run, number: Decimal) -> Decimal | None:
    """The square root; none of a negative number."""
    return _real(run, "sqrt", "sqrt", number)


@builtin("log", "number:number")
def log(run: Run, number: Decimal) -> Decimal | None:
    """The natural logarithm of a positive number."""
    return _real(run, "log", "ln", number) if number > 0 else no(run, "log() 只接受正数")


@builtin("exp", "number:number")
def exp(run: Run, number: Decimal) -> Decimal | None:
    """E to this power."""
    return _real(run, "exp", "exp", number)


@builtin("odd", "number:number")
def odd(run: Run, number: Decimal) -> bool | None:
    """Whether a whole number is odd."""
    if number != number.to_integral_value():
        return no(run, "odd() 只接受整数")
    return _WIDE.remainder(number, Decimal(2)) != 0


@builtin("even", "number:number")
def even(run: Run, number: Decimal) -> bool | None:
    """Whether a whole number is even."""
    if number != number.to_integral_value():
        return no(run, "even() 只接受整数")
    return _WIDE.remainder(number, Decimal(2)) == 0
