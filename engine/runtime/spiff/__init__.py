"""The only room that knows SpiffWorkflow: parse, restore, advance, dump.

The kernel knows BPMN's tokens and nothing else. It has no clock (a timer fires when we say so), no scripts
(nothing here executes text), no store, no rights. A state row holds tokens only; specs are parsed once per
release and shared. `stock` is the kernel as its makers ship it, the ruler of the differential tests and of
`casework bench step`.
"""

from engine.runtime.spiff.kernel import MAX_SECONDS, MAX_STEPS, MAX_TOKENS, World
from engine.runtime.spiff.parse import Spec, parse, schema_faults
from engine.runtime.spiff.state import State, Token, walked

__all__ = [
    "MAX_SECONDS",
    "MAX_STEPS",
    "MAX_TOKENS",
    "Spec",
    "State",
    "Token",
    "World",
    "parse",
    "schema_faults",
    "walked",
]
