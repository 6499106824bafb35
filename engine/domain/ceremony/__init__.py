"""抽取现场: the draw as rows and verbs.

What it computes is `engine.domain.draw`, pure; here it happens to people.

prepare (lock, eligibility, groups) → envelopes → sealed roster → opening → result → signatures; or, where
the platform draws, its result is imported with evidence.
"""

from engine.domain.ceremony import shown, shown_import
from engine.domain.ceremony.duty import (
    in_pool,
    refuse_excluded,
    refuse_licensed,
    refuse_open_draw,
    refuse_operator,
    refuse_repeat,
    refuse_team_size,
    refuse_witness,
)
from engine.domain.ceremony.findings import ImportFinding, settle_findings
from engine.domain.ceremony.guard import kept_ddl
from engine.domain.ceremony.link import ThirdLink
from engine.domain.ceremony.native import (
    commit_operator,
    commit_witness,
    compute_draw,
    freeze,
    open_envelope,
    reveal,
    reveal_operator,
    sign_operator,
    sign_witness,
)
from engine.domain.ceremony.platform import check_import, freeze_import, import_result, send
from engine.domain.ceremony.pool import Pool, pool_of, servants, visits
from engine.domain.ceremony.preparation import (
    abandon,
    approve_exceptions,
    fail,
    finish,
    open_draw,
    resolve_shortage,
    review,
    settings,
    void,
)
from engine.domain.ceremony.release import account_missed, drop_batch, publish_due, release_draw
from engine.domain.ceremony.store import (
    close_if_settled,
    document_of,
    get,
    latest,
    overdue,
    previous_head,
    rounds_of,
    transcript_of,
    waiting,
)
from engine.domain.ceremony.tables import Draw, DrawException, DrawnObject, DrawnPerson

__all__ = [
    "Draw",
    "DrawException",
    "DrawnObject",
    "DrawnPerson",
    "ImportFinding",
    "Pool",
    "ThirdLink",
    "abandon",
    "account_missed",
    "approve_exceptions",
    "check_import",
    "close_if_settled",
    "commit_operator",
    "commit_witness",
    "compute_draw",
    "document_of",
    "drop_batch",
    "fail",
    "finish",
    "freeze",
    "freeze_import",
    "get",
    "import_result",
    "in_pool",
    "kept_ddl",
    "latest",
    "open_draw",
    "open_envelope",
    "overdue",
    "pool_of",
    "previous_head",
    "publish_due",
    "refuse_excluded",
    "refuse_licensed",
    "refuse_open_draw",
    "refuse_operator",
    "refuse_repeat",
    "refuse_team_size",
    "refuse_witness",
    "release_draw",
    "resolve_shortage",
    "reveal",
    "reveal_operator",
    "review",
    "rounds_of",
    "send",
    "servants",
    "settings",
    "settle_findings",
    "shown",
    "shown_import",
    "sign_operator",
    "sign_witness",
    "transcript_of",
    "visits",
    "void",
    "waiting",
]
