"""The file for a national system: an XLSX batch in the columns of its result page; all cells are text."""

from __future__ import annotations

import io
from collections.abc import Iterable

import xlsxwriter
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.domain.publication.tables import Publication, PublicationReceipt

COLUMNS = (
    ("序号", ""),
    ("抽查计划编号", "raninsPlanId"),
    ("抽查计划名称", "raninsPlaneName"),
    ("抽查任务编号", "raninsTaskId"),
    ("抽查任务名称", "raninsTaskName"),
    ("抽查类型", "raninsTypeName"),
    ("抽查机关", "insAuth"),
    ("抽查完成日期", "insDate"),
    ("市场主体名称", "objectName"),
    ("统一社会信用代码", "uscc"),
    ("抽查事项", "raninsItemName"),
    ("抽查结果", "raninsCheckResName"),
    ("结果代码", "code"),
    ("查处结果", "penalty"),
    ("备注", "remark"),
)


def pending(session: Session, bureau_id: int, channel: str) -> list[Publication]:
    """Publications that a channel still has to carry, oldest first."""
    query = (
        select(Publication)
        .join(PublicationReceipt, PublicationReceipt.publication_id == Publication.id)
        .where(Publication.bureau_id == bureau_id, PublicationReceipt.channel == channel)
        .where(PublicationReceipt.state.in_(("owed", "queued", "sent")), Publication.state == "reviewed")
        .order_by(Publication.id)
    )
    return list(session.scalars(query))


def workbook(publications: Iterable[Publication]) -> bytes:
    """The batch: one line per item and object. Text only, so that no cell is a formula."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet("双随机抽查结果信息")
        for column, (title, _) in enumerate(COLUMNS):
            sheet.write_string(0, column, title)
        line = 0
        for publication in publications:
            for detail in publication.view.get("details", []):
                line += 1
                values = {**publication.view, **detail, "": str(line)}
                for column, (_, key) in enumerate(COLUMNS):
                    sheet.write_string(line, column, str(values.get(key, "")))
    return stream.getvalue()
