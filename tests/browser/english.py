"""What may be Chinese on an English page: data of the installation, its released files, articles of the regulation."""

from __future__ import annotations

import re

from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Session

from engine.desk import proposal
from engine.runtime.proposal import Proposal
from engine.storage.base import Base, Bounded

RUN = re.compile(r"[\u3400-\u9fff]+")
OURS = {"notice.title", "notice.detail", "bulk_row.text", "registry_intake.said", "registry_intake.report", "job.last_error",
        "handing.reason", "history.detail", "work_item.due_why", "audit_entry.reason"}  # fmt: skip
"""Columns that keep remarks of ours: they are no data, their sentences must be recalled (`engine/sentence.py`)."""
UPLOADED = "什么店"
"""What the installation's imported file says and its report repeats."""
UNSEEN = re.compile(
    r"<(script|style|svg|textarea)\b.*?</\1>|<a [^>]*hreflang=.*?</a>|<desc.*?</desc>|<[a-z]+ [^>]*role=\"img\"[^>]*>",
    re.DOTALL,
)
"""Also the picture of a released diagram: its names, and what it tells of them in one sentence, are the diagram's."""
CITED = re.compile(
    r"[吉舞]医保发?〔20\d\d〕\d+号(第[一二三四五六七八九十]+条)?|第[一二三四五六七八九十]+条|《[^》]*》|国家档案局令"
)
SPOKEN = re.compile(r'(?:aria-label|placeholder|alt|data-l)="([^"]*)"')


def data(session: Session, pack: str) -> str:
    """Everything that people or released files have said, as one text."""
    files = [proposal.base_files(session, pack, "current")]
    files += [proposal.files_of(session, number) for number in session.scalars(select(Proposal.id))]
    found = [UPLOADED, *(content.decode() for each in files for content in each.values())]
    for table in Base.metadata.sorted_tables:
        texts = [
            column
            for column in table.columns
            if isinstance(column.type, String | Bounded | JSON) and f"{table.name}.{column.name}" not in OURS
        ]
        if texts:
            found += [" ".join(map(str, row)) for row in session.execute(select(*texts))]
    return "\n".join(found)


def left(html: str, known: str) -> set[str]:
    """The runs of Chinese that nobody but us can have said."""
    html = CITED.sub("", UNSEEN.sub("", html))
    said = " ".join([*SPOKEN.findall(html), re.sub(r"<[^>]+>", " ", html)])
    return {run for run in RUN.findall(said) if run not in known and not _of_a_diagram(run, known)}


def _of_a_diagram(run: str, known: str) -> bool:
    """Whether a run stands in the sentence that tells a picture: «检查组办收集证据», «收集证据等 21 项»."""
    names = run.removesuffix("等").split("办", 1)
    return run == "个环节" or all(name in known for name in names)
