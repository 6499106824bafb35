"""文书: what a case produces on paper, as tagged PDF/A, the same bytes on every machine.

A document is a typst template of the pack plus data as JSON. Two fonts are committed (`engine/domain/fonts`,
Noto Sans SC, OFL-1.1), system fonts are not looked at. What a template needs and lacks is told by name.

依据: 吉 第二十条, 第二十七条; 舞 第十二条, 第十四条, 第十五条.
"""

from __future__ import annotations

from engine.domain.document.catalogue import HEAD, TEMPLATES, Template
from engine.domain.document.render import check, missing_glyphs, produce, refuse_outside, render
from engine.domain.document.trial import blank, findings

__all__ = [
    "HEAD",
    "TEMPLATES",
    "Template",
    "blank",
    "check",
    "findings",
    "missing_glyphs",
    "produce",
    "refuse_outside",
    "render",
]
