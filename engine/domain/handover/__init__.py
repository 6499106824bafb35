"""移交、上报 (handover).

A superior's results down, the local bureau's report up, inside one installation or by file.
"""

from engine.domain.handover import shown
from engine.domain.handover.file import (
    Sign,
    export_decision,
    export_drawn,
    export_handover,
    export_report,
    import_decision,
    import_drawn,
    import_handover,
    import_report,
)
from engine.domain.handover.tables import Handover, HandoverReport, Partner
from engine.domain.handover.verbs import get, half_way, last_report, overdue

__all__ = [
    "Handover",
    "HandoverReport",
    "Partner",
    "Sign",
    "export_decision",
    "export_drawn",
    "export_handover",
    "export_report",
    "get",
    "half_way",
    "import_decision",
    "import_drawn",
    "import_handover",
    "import_report",
    "last_report",
    "overdue",
    "shown",
]
