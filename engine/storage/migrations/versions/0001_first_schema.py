"""The first schema: all tables, append-only logs, registries that a draw has locked.

There are no cases before it.

Revision 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from engine.storage.base import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TRIGGERS = {
    "postgresql": [
        "CREATE OR REPLACE FUNCTION registry_object_locked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'INSERT' THEN IF EXISTS (SELECT 1 FROM registry_lock WHERE released_at IS NULL AND kind = 'objects' AND bureau_id = OLD.bureau_id) THEN RAISE EXCEPTION 'registry_object is locked by a draw'; END IF; END IF; IF TG_OP <> 'DELETE' THEN IF EXISTS (SELECT 1 FROM registry_lock WHERE released_at IS NULL AND kind = 'objects' AND bureau_id = NEW.bureau_id) THEN RAISE EXCEPTION 'registry_object is locked by a draw'; END IF; RETURN NEW; END IF; RETURN OLD; END $$",
        "CREATE TRIGGER registry_object_locked BEFORE INSERT OR DELETE OR UPDATE OF bureau_id, code, kind, level, division, agreement_state, active, closed_on ON registry_object FOR EACH ROW EXECUTE FUNCTION registry_object_locked()",
        "CREATE OR REPLACE FUNCTION person_totp_forward() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.totp_step < OLD.totp_step AND NEW.totp_secret = OLD.totp_secret THEN RAISE EXCEPTION 'a one-time code is accepted once'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER person_totp_forward BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION person_totp_forward()",
        "CREATE OR REPLACE FUNCTION audit_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'audit_entry is append-only'; END $$",
        "CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_append_only()",
        "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_append_only()",
        "CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_append_only()",
        "CREATE OR REPLACE FUNCTION grant_administrator_alone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM grant_ other WHERE other.person_id = NEW.person_id AND other.id IS DISTINCT FROM NEW.id AND other.role <> NEW.role AND (other.role IN ('audit_admin','security_admin','system_admin') OR NEW.role IN ('audit_admin','security_admin','system_admin')) AND other.valid_from <= NEW.valid_to AND other.valid_to >= NEW.valid_from) THEN RAISE EXCEPTION 'an administrator holds no other post'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER grant_administrator_alone BEFORE INSERT OR UPDATE ON grant_ FOR EACH ROW EXECUTE FUNCTION grant_administrator_alone()",
        "CREATE OR REPLACE FUNCTION inspector_locked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'INSERT' THEN IF EXISTS (SELECT 1 FROM registry_lock WHERE released_at IS NULL AND kind = 'inspectors' AND bureau_id = OLD.bureau_id) THEN RAISE EXCEPTION 'inspector is locked by a draw'; END IF; END IF; IF TG_OP <> 'DELETE' THEN IF EXISTS (SELECT 1 FROM registry_lock WHERE released_at IS NULL AND kind = 'inspectors' AND bureau_id = NEW.bureau_id) THEN RAISE EXCEPTION 'inspector is locked by a draw'; END IF; RETURN NEW; END IF; RETURN OLD; END $$",
        "CREATE TRIGGER inspector_locked BEFORE INSERT OR DELETE OR UPDATE OF bureau_id, staff_no, specialties, can_lead, is_expert, relatives ON inspector FOR EACH ROW EXECUTE FUNCTION inspector_locked()",
        "CREATE OR REPLACE FUNCTION archive_open_followup() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state = 'sealed' AND EXISTS (SELECT 1 FROM followup WHERE inspection_id = NEW.inspection_id AND state = 'open') THEN RAISE EXCEPTION 'an open follow-up keeps the file open'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER archive_open_followup BEFORE INSERT OR UPDATE ON archive_package FOR EACH ROW EXECUTE FUNCTION archive_open_followup()",
        "CREATE OR REPLACE FUNCTION archive_sealed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state IN ('sealed','destroyed') AND (NEW.seal IS DISTINCT FROM OLD.seal OR NEW.retain_until IS DISTINCT FROM OLD.retain_until OR NEW.retention IS DISTINCT FROM OLD.retention OR NEW.archive_no IS DISTINCT FROM OLD.archive_no OR NEW.state = 'arranged') THEN RAISE EXCEPTION 'a sealed file never changes'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER archive_sealed BEFORE UPDATE ON archive_package FOR EACH ROW EXECUTE FUNCTION archive_sealed()",
        "CREATE OR REPLACE FUNCTION archive_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state <> 'arranged' THEN RAISE EXCEPTION 'a sealed file is never deleted'; END IF; RETURN OLD; END $$",
        "CREATE TRIGGER archive_kept BEFORE DELETE ON archive_package FOR EACH ROW EXECUTE FUNCTION archive_kept()",
        "CREATE OR REPLACE FUNCTION archive_destroyed_twice_approved() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state = 'destroyed' AND OLD.state <> 'destroyed' AND NOT EXISTS (SELECT 1 FROM destruction WHERE package_id = NEW.id AND state = 'destroyed') THEN RAISE EXCEPTION 'a file is destroyed by an approved destruction only'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER archive_destroyed_twice_approved BEFORE UPDATE ON archive_package FOR EACH ROW EXECUTE FUNCTION archive_destroyed_twice_approved()",
        "CREATE OR REPLACE FUNCTION audit_seal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'audit_seal is append-only'; END $$",
        "CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal FOR EACH STATEMENT EXECUTE FUNCTION audit_seal_append_only()",
        "CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal FOR EACH STATEMENT EXECUTE FUNCTION audit_seal_append_only()",
        "CREATE TRIGGER audit_seal_no_truncate BEFORE TRUNCATE ON audit_seal FOR EACH STATEMENT EXECUTE FUNCTION audit_seal_append_only()",
        "CREATE OR REPLACE FUNCTION audit_entry_waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit_waiting (entry_id) VALUES (NEW.id); RETURN NULL; END $$",
        "CREATE TRIGGER audit_entry_waits AFTER INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_entry_waits()",
        "CREATE OR REPLACE FUNCTION audit_waiting_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM audit_seal WHERE entry_id = OLD.entry_id) THEN RAISE EXCEPTION 'an entry waits until it is sealed'; END IF; RETURN OLD; END $$",
        "CREATE TRIGGER audit_waiting_unsealed BEFORE DELETE ON audit_waiting FOR EACH ROW EXECUTE FUNCTION audit_waiting_unsealed()",
        "CREATE OR REPLACE FUNCTION audit_waiting_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.entry_id IS DISTINCT FROM OLD.entry_id THEN RAISE EXCEPTION 'an entry waits until it is sealed'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER audit_waiting_kept BEFORE UPDATE ON audit_waiting FOR EACH ROW EXECUTE FUNCTION audit_waiting_kept()",
        "CREATE OR REPLACE FUNCTION certificate_locked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'INSERT' THEN IF EXISTS (SELECT 1 FROM registry_lock WHERE released_at IS NULL AND kind = 'inspectors' AND bureau_id = (SELECT bureau_id FROM inspector WHERE id = OLD.inspector_id)) THEN RAISE EXCEPTION 'certificate is locked by a draw'; END IF; END IF; IF TG_OP <> 'DELETE' THEN IF EXISTS (SELECT 1 FROM registry_lock WHERE released_at IS NULL AND kind = 'inspectors' AND bureau_id = (SELECT bureau_id FROM inspector WHERE id = NEW.inspector_id)) THEN RAISE EXCEPTION 'certificate is locked by a draw'; END IF; RETURN NEW; END IF; RETURN OLD; END $$",
        "CREATE TRIGGER certificate_locked BEFORE INSERT OR DELETE OR UPDATE OF inspector_id, type, number, valid_from, valid_to ON certificate FOR EACH ROW EXECUTE FUNCTION certificate_locked()",
        "CREATE OR REPLACE FUNCTION draw_never_deleted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a draw is never deleted'; END $$",
        "CREATE TRIGGER draw_never_deleted BEFORE DELETE ON draw FOR EACH ROW EXECUTE FUNCTION draw_never_deleted()",
        "CREATE OR REPLACE FUNCTION draw_sealed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a sealed roster does not change'; END $$",
        "CREATE TRIGGER draw_sealed BEFORE UPDATE OF id, bureau_id, year, serial, mode, hash, document, roster, aliases, alias_salt ON draw FOR EACH ROW WHEN (OLD.state NOT IN ('prepared','abandoned')) EXECUTE FUNCTION draw_sealed()",
        "CREATE OR REPLACE FUNCTION draw_ended() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a draw that ended does not go on'; END $$",
        "CREATE TRIGGER draw_ended BEFORE UPDATE OF events, head ON draw FOR EACH ROW WHEN (OLD.state IN ('closed','failed','void')) EXECUTE FUNCTION draw_ended()",
        "CREATE OR REPLACE FUNCTION archive_document_sealed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM archive_package WHERE id = OLD.package_id AND state = 'sealed') OR NEW.hash IS DISTINCT FROM OLD.hash THEN RAISE EXCEPTION 'a sealed document never changes'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER archive_document_sealed BEFORE UPDATE ON archive_document FOR EACH ROW EXECUTE FUNCTION archive_document_sealed()",
        "CREATE OR REPLACE FUNCTION archive_document_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM archive_package WHERE id = OLD.package_id AND state <> 'arranged') THEN RAISE EXCEPTION 'a sealed document is never deleted'; END IF; RETURN OLD; END $$",
        "CREATE TRIGGER archive_document_kept BEFORE DELETE ON archive_document FOR EACH ROW EXECUTE FUNCTION archive_document_kept()",
        "CREATE OR REPLACE FUNCTION publication_reviewer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.reviewed_by_id IS NOT NULL AND EXISTS (SELECT 1 FROM team_member WHERE inspection_id = NEW.inspection_id AND person_id = NEW.reviewed_by_id) THEN RAISE EXCEPTION 'the reviewer was on the team'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER publication_reviewer BEFORE INSERT OR UPDATE ON publication FOR EACH ROW EXECUTE FUNCTION publication_reviewer()",
        "CREATE OR REPLACE FUNCTION publication_stands() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state IN ('published','superseded') AND (NEW.view IS DISTINCT FROM OLD.view OR NEW.items IS DISTINCT FROM OLD.items OR NEW.summary IS DISTINCT FROM OLD.summary OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.version IS DISTINCT FROM OLD.version OR NEW.published_at IS DISTINCT FROM OLD.published_at) THEN RAISE EXCEPTION 'a published version never changes'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER publication_stands BEFORE UPDATE ON publication FOR EACH ROW EXECUTE FUNCTION publication_stands()",
        "CREATE OR REPLACE FUNCTION publication_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state IN ('published','superseded') THEN RAISE EXCEPTION 'a published version is never deleted'; END IF; RETURN OLD; END $$",
        "CREATE TRIGGER publication_stays BEFORE DELETE ON publication FOR EACH ROW EXECUTE FUNCTION publication_stays()",
    ],
    "sqlite": [
        "CREATE TRIGGER registry_object_locked_insert BEFORE INSERT ON registry_object WHEN EXISTS (SELECT 1 FROM registry_lock WHERE released_at IS NULL AND kind = 'objects' AND bureau_id = NEW.bureau_id) BEGIN SELECT RAISE(ABORT, 'registry_object is locked by a draw'); END",
        "CREATE TRIGGER registry_object_locked_update BEFORE UPDATE OF bureau_id, code, kind, level, division, agreement_state, active, closed_on ON registry_object WHEN EXISTS (SELECT 1 FROM registry_lock WHERE released_at IS NULL AND kind = 'objects' AND bureau_id = OLD.bureau_id) BEGIN SELECT RAISE(ABORT, 'registry_object is locked by a draw'); END",
        "CREATE TRIGGER registry_object_locked_delete BEFORE DELETE ON registry_object WHEN EXISTS (SELECT 1 FROM registry_lock WHERE released_at IS NULL AND kind = 'objects' AND bureau_id = OLD.bureau_id) BEGIN SELECT RAISE(ABORT, 'registry_object is locked by a draw'); END",
        "CREATE TRIGGER person_totp_forward_update BEFORE UPDATE ON person WHEN NEW.totp_step < OLD.totp_step AND NEW.totp_secret = OLD.totp_secret BEGIN SELECT RAISE(ABORT, 'a one-time code is accepted once'); END",
        "CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END",
        "CREATE TRIGGER audit_entry_no_replace BEFORE INSERT ON audit_entry WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END",
        "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END",
        "CREATE TRIGGER grant_administrator_alone_insert BEFORE INSERT ON grant_ WHEN EXISTS (SELECT 1 FROM grant_ other WHERE other.person_id = NEW.person_id AND other.id IS DISTINCT FROM NEW.id AND other.role <> NEW.role AND (other.role IN ('audit_admin','security_admin','system_admin') OR NEW.role IN ('audit_admin','security_admin','system_admin')) AND other.valid_from <= NEW.valid_to AND other.valid_to >= NEW.valid_from) BEGIN SELECT RAISE(ABORT, 'an administrator holds no other post'); END",
        "CREATE TRIGGER grant_administrator_alone_update BEFORE UPDATE ON grant_ WHEN EXISTS (SELECT 1 FROM grant_ other WHERE other.person_id = NEW.person_id AND other.id IS DISTINCT FROM NEW.id AND other.role <> NEW.role AND (other.role IN ('audit_admin','security_admin','system_admin') OR NEW.role IN ('audit_admin','security_admin','system_admin')) AND other.valid_from <= NEW.valid_to AND other.valid_to >= NEW.valid_from) BEGIN SELECT RAISE(ABORT, 'an administrator holds no other post'); END",
        "CREATE TRIGGER inspector_locked_insert BEFORE INSERT ON inspector WHEN EXISTS (SELECT 1 FROM registry_lock WHERE released_at IS NULL AND kind = 'inspectors' AND bureau_id = NEW.bureau_id) BEGIN SELECT RAISE(ABORT, 'inspector is locked by a draw'); END",
        "CREATE TRIGGER inspector_locked_update BEFORE UPDATE OF bureau_id, staff_no, specialties, can_lead, is_expert, relatives ON inspector WHEN EXISTS (SELECT 1 FROM registry_lock WHERE released_at IS NULL AND kind = 'inspectors' AND bureau_id = OLD.bureau_id) BEGIN SELECT RAISE(ABORT, 'inspector is locked by a draw'); END",
        "CREATE TRIGGER inspector_locked_delete BEFORE DELETE ON inspector WHEN EXISTS (SELECT 1 FROM registry_lock WHERE released_at IS NULL AND kind = 'inspectors' AND bureau_id = OLD.bureau_id) BEGIN SELECT RAISE(ABORT, 'inspector is locked by a draw'); END",
        "CREATE TRIGGER archive_open_followup_insert BEFORE INSERT ON archive_package WHEN NEW.state = 'sealed' AND EXISTS (SELECT 1 FROM followup WHERE inspection_id = NEW.inspection_id AND state = 'open') BEGIN SELECT RAISE(ABORT, 'an open follow-up keeps the file open'); END",
        "CREATE TRIGGER archive_open_followup_update BEFORE UPDATE ON archive_package WHEN NEW.state = 'sealed' AND EXISTS (SELECT 1 FROM followup WHERE inspection_id = NEW.inspection_id AND state = 'open') BEGIN SELECT RAISE(ABORT, 'an open follow-up keeps the file open'); END",
        "CREATE TRIGGER archive_sealed_update BEFORE UPDATE ON archive_package WHEN OLD.state IN ('sealed','destroyed') AND (NEW.seal IS DISTINCT FROM OLD.seal OR NEW.retain_until IS DISTINCT FROM OLD.retain_until OR NEW.retention IS DISTINCT FROM OLD.retention OR NEW.archive_no IS DISTINCT FROM OLD.archive_no OR NEW.state = 'arranged') BEGIN SELECT RAISE(ABORT, 'a sealed file never changes'); END",
        "CREATE TRIGGER archive_kept_delete BEFORE DELETE ON archive_package WHEN OLD.state <> 'arranged' BEGIN SELECT RAISE(ABORT, 'a sealed file is never deleted'); END",
        "CREATE TRIGGER archive_destroyed_twice_approved_update BEFORE UPDATE ON archive_package WHEN NEW.state = 'destroyed' AND OLD.state <> 'destroyed' AND NOT EXISTS (SELECT 1 FROM destruction WHERE package_id = NEW.id AND state = 'destroyed') BEGIN SELECT RAISE(ABORT, 'a file is destroyed by an approved destruction only'); END",
        "CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal BEGIN SELECT RAISE(ABORT, 'audit_seal is append-only'); END",
        "CREATE TRIGGER audit_seal_no_replace BEFORE INSERT ON audit_seal WHEN EXISTS (SELECT 1 FROM audit_seal WHERE seq = NEW.seq OR entry_id = NEW.entry_id OR hash = NEW.hash) BEGIN SELECT RAISE(ABORT, 'audit_seal is append-only'); END",
        "CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal BEGIN SELECT RAISE(ABORT, 'audit_seal is append-only'); END",
        "CREATE TRIGGER audit_entry_waits AFTER INSERT ON audit_entry BEGIN INSERT INTO audit_waiting (entry_id) VALUES (NEW.id); END",
        "CREATE TRIGGER audit_waiting_unsealed_delete BEFORE DELETE ON audit_waiting WHEN NOT EXISTS (SELECT 1 FROM audit_seal WHERE entry_id = OLD.entry_id) BEGIN SELECT RAISE(ABORT, 'an entry waits until it is sealed'); END",
        "CREATE TRIGGER audit_waiting_kept_update BEFORE UPDATE ON audit_waiting WHEN NEW.entry_id IS DISTINCT FROM OLD.entry_id BEGIN SELECT RAISE(ABORT, 'an entry waits until it is sealed'); END",
        "CREATE TRIGGER certificate_locked_insert BEFORE INSERT ON certificate WHEN EXISTS (SELECT 1 FROM registry_lock WHERE released_at IS NULL AND kind = 'inspectors' AND bureau_id = (SELECT bureau_id FROM inspector WHERE id = NEW.inspector_id)) BEGIN SELECT RAISE(ABORT, 'certificate is locked by a draw'); END",
        "CREATE TRIGGER certificate_locked_update BEFORE UPDATE OF inspector_id, type, number, valid_from, valid_to ON certificate WHEN EXISTS (SELECT 1 FROM registry_lock WHERE released_at IS NULL AND kind = 'inspectors' AND bureau_id = (SELECT bureau_id FROM inspector WHERE id = OLD.inspector_id)) BEGIN SELECT RAISE(ABORT, 'certificate is locked by a draw'); END",
        "CREATE TRIGGER certificate_locked_delete BEFORE DELETE ON certificate WHEN EXISTS (SELECT 1 FROM registry_lock WHERE released_at IS NULL AND kind = 'inspectors' AND bureau_id = (SELECT bureau_id FROM inspector WHERE id = OLD.inspector_id)) BEGIN SELECT RAISE(ABORT, 'certificate is locked by a draw'); END",
        "CREATE TRIGGER draw_never_deleted BEFORE DELETE ON draw BEGIN SELECT RAISE(ABORT, 'a draw is never deleted'); END",
        "CREATE TRIGGER draw_sealed BEFORE UPDATE OF id, bureau_id, year, serial, mode, hash, document, roster, aliases, alias_salt ON draw WHEN OLD.state NOT IN ('prepared','abandoned') BEGIN SELECT RAISE(ABORT, 'a sealed roster does not change'); END",
        "CREATE TRIGGER draw_ended BEFORE UPDATE OF events, head ON draw WHEN OLD.state IN ('closed','failed','void') BEGIN SELECT RAISE(ABORT, 'a draw that ended does not go on'); END",
        "CREATE TRIGGER archive_document_sealed_update BEFORE UPDATE ON archive_document WHEN EXISTS (SELECT 1 FROM archive_package WHERE id = OLD.package_id AND state = 'sealed') OR NEW.hash IS DISTINCT FROM OLD.hash BEGIN SELECT RAISE(ABORT, 'a sealed document never changes'); END",
        "CREATE TRIGGER archive_document_kept_delete BEFORE DELETE ON archive_document WHEN EXISTS (SELECT 1 FROM archive_package WHERE id = OLD.package_id AND state <> 'arranged') BEGIN SELECT RAISE(ABORT, 'a sealed document is never deleted'); END",
        "CREATE TRIGGER publication_reviewer_insert BEFORE INSERT ON publication WHEN NEW.reviewed_by_id IS NOT NULL AND EXISTS (SELECT 1 FROM team_member WHERE inspection_id = NEW.inspection_id AND person_id = NEW.reviewed_by_id) BEGIN SELECT RAISE(ABORT, 'the reviewer was on the team'); END",
        "CREATE TRIGGER publication_reviewer_update BEFORE UPDATE ON publication WHEN NEW.reviewed_by_id IS NOT NULL AND EXISTS (SELECT 1 FROM team_member WHERE inspection_id = NEW.inspection_id AND person_id = NEW.reviewed_by_id) BEGIN SELECT RAISE(ABORT, 'the reviewer was on the team'); END",
        "CREATE TRIGGER publication_stands_update BEFORE UPDATE ON publication WHEN OLD.state IN ('published','superseded') AND (NEW.view IS DISTINCT FROM OLD.view OR NEW.items IS DISTINCT FROM OLD.items OR NEW.summary IS DISTINCT FROM OLD.summary OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.version IS DISTINCT FROM OLD.version OR NEW.published_at IS DISTINCT FROM OLD.published_at) BEGIN SELECT RAISE(ABORT, 'a published version never changes'); END",
        "CREATE TRIGGER publication_stays_delete BEFORE DELETE ON publication WHEN OLD.state IN ('published','superseded') BEGIN SELECT RAISE(ABORT, 'a published version is never deleted'); END",
    ],
}
FUNCTIONS = (
    "registry_object_locked",
    "person_totp_forward",
    "audit_entry_append_only",
    "grant_administrator_alone",
    "inspector_locked",
    "archive_open_followup",
    "archive_sealed",
    "archive_kept",
    "archive_destroyed_twice_approved",
    "audit_seal_append_only",
    "audit_entry_waits",
    "audit_waiting_unsealed",
    "audit_waiting_kept",
    "certificate_locked",
    "draw_never_deleted",
    "draw_sealed",
    "draw_ended",
    "archive_document_sealed",
    "archive_document_kept",
    "publication_reviewer",
    "publication_stands",
    "publication_stays",
)


def upgrade() -> None:
    op.create_table(
        "bureau",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("division", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.String(length=80), nullable=False),
        sa.Column("level", sa.String(length=80), nullable=False),
        sa.Column("pack", sa.String(length=80), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("level in ('province','prefecture','county')", name=op.f("ck_bureau_level")),
        sa.ForeignKeyConstraint(["parent_id"], ["bureau.id"], name=op.f("fk_bureau_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bureau")),
        sa.UniqueConstraint("division", name=op.f("uq_bureau_division")),
    )
    with op.batch_alter_table("bureau", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bureau_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind in ('holiday','workday')", name=op.f("ck_calendar_day_kind")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "calendar_year",
        sa.Column(
            "year", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("year between 1990 and 2200", name=op.f("ck_calendar_year_year")),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_year")),
    )
    op.create_table(
        "health_mark",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_mark")),
    )
    op.create_table(
        "notice_mark",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("watch", sa.String(length=80), nullable=False),
        sa.Column("until", UtcDateTime(timezone=True), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_mark")),
        sa.UniqueConstraint("watch", name=op.f("uq_notice_mark_watch")),
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("division", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("public_key", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("division", name=op.f("uq_partner_division")),
    )
    op.create_table(
        "receipt",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "answer",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_receipt")),
    )
    op.create_table(
        "release_blob",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_release_blob")),
    )
    op.create_table(
        "sign_in_throttle",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.String(length=80), nullable=False),
        sa.Column("failures", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_throttle")),
        sa.UniqueConstraint("address", name=op.f("uq_sign_in_throttle_address")),
    )
    op.create_table(
        "item_list",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("approval_document", sa.Text(), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state <> 'published' or valid_from is not null", name=op.f("ck_item_list_published_since")
        ),
        sa.CheckConstraint(
            "state in ('draft','approved','published','superseded','withdrawn')",
            name=op.f("ck_item_list_state"),
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_item_list_bureau_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_list")),
        sa.UniqueConstraint("bureau_id", "version", name=op.f("uq_item_list_bureau_id_version")),
    )
    op.create_table(
        "registry_object",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("uscc", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("level", sa.String(length=80), nullable=False),
        sa.Column("ownership", sa.String(length=80), nullable=False),
        sa.Column("division", sa.String(length=80), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("coordinates", sa.String(length=80), nullable=False),
        sa.Column("legal_representative", sa.String(length=80), nullable=False),
        sa.Column("person_in_charge", sa.String(length=80), nullable=False),
        sa.Column("contact", sa.String(length=80), nullable=False),
        sa.Column("agreement_no", sa.String(length=80), nullable=False),
        sa.Column("agreement_state", sa.String(length=80), nullable=False),
        sa.Column("beds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("area", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fund", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_inspected_on", sa.Date(), nullable=True),
        sa.Column("credit_level", sa.String(length=80), nullable=False),
        sa.Column("complaints", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("penalties", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("blacklisted_from", sa.Date(), nullable=True),
        sa.Column("blacklisted_to", sa.Date(), nullable=True),
        sa.Column("blacklist_decision", sa.String(length=80), nullable=False),
        sa.Column(
            "tags",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("visits", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visits_year", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("superior_drawn_on", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("updated_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "agreement_state in ('active','suspended','terminated','none')",
            name=op.f("ck_registry_object_agreement_state"),
        ),
        sa.CheckConstraint(
            "blacklisted_from is null or (blacklist_decision <> '' and (blacklisted_to is null or blacklisted_from <= blacklisted_to))",
            name=op.f("ck_registry_object_blacklist"),
        ),
        sa.CheckConstraint(
            "credit_level in ('','A','B','C','D')", name=op.f("ck_registry_object_credit_level")
        ),
        sa.CheckConstraint(
            "type in ('institution','person','employer')", name=op.f("ck_registry_object_type")
        ),
        sa.CheckConstraint(
            "beds >= 0 and area >= 0 and staff >= 0 and fund >= 0", name=op.f("ck_registry_object_sizes")
        ),
        sa.CheckConstraint(
            "complaints >= 0 and penalties >= 0 and visits >= 0", name=op.f("ck_registry_object_counts")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_registry_object_bureau_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_object")),
        sa.UniqueConstraint("bureau_id", "code", name=op.f("uq_registry_object_bureau_id_code")),
    )
    with op.batch_alter_table("registry_object", schema=None) as batch_op:
        batch_op.create_index("ix_registry_object_code", ["code"], unique=False)
        batch_op.create_index("ix_registry_object_kind", ["bureau_id", "kind", "level"], unique=False)
        batch_op.create_index("ix_registry_object_uscc", ["uscc"], unique=False)

    op.create_table(
        "section",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_section_bureau_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_section")),
        sa.UniqueConstraint("bureau_id", "name", name=op.f("uq_section_bureau_id_name")),
    )
    with op.batch_alter_table("section", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_section_bureau_id"), ["bureau_id"], unique=False)

    op.create_table(
        "inspection_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sub_item", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("ratio", sa.String(length=80), nullable=False),
        sa.Column("frequency", sa.String(length=80), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("staff_requirement", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("power_item", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["item_list.id"], name=op.f("fk_inspection_item_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_item")),
        sa.UniqueConstraint("list_id", "no", name=op.f("uq_inspection_item_list_id_no")),
    )
    with op.batch_alter_table("inspection_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inspection_item_list_id"), ["list_id"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("section_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("staff_no", sa.String(length=80), nullable=False),
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=80), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("totp_secret", sa.Text(), nullable=False),
        sa.Column("totp_step", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("failed_logins", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("locked_until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_person_bureau_id")),
        sa.ForeignKeyConstraint(["section_id"], ["section.id"], name=op.f("fk_person_section_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("login", name=op.f("uq_person_login")),
        sa.UniqueConstraint("staff_no", name=op.f("uq_person_staff_no")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_bureau_id"), ["bureau_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_section_id"), ["section_id"], unique=False)

    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("acting_for_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "before",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "after",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("clause", sa.String(length=80), nullable=False),
        sa.Column("release_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("salt", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["acting_for_id"], ["person.id"], name=op.f("fk_audit_entry_acting_for_id")),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_audit_entry_actor_id")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_audit_entry_bureau_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_subject"), ["subject"], unique=False)

    op.create_table(
        "bulk",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("act", sa.String(length=80), nullable=False),
        sa.Column("to_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(act = 'transfer') = (to_id is not null)", name=op.f("ck_bulk_to_whom")),
        sa.CheckConstraint("act in ('claim','transfer','complete','urge')", name=op.f("ck_bulk_act")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_bulk_person_id")),
        sa.ForeignKeyConstraint(["to_id"], ["person.id"], name=op.f("fk_bulk_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk")),
    )
    with op.batch_alter_table("bulk", schema=None) as batch_op:
        batch_op.create_index("ix_bulk_person", ["person_id", "id"], unique=False)

    op.create_table(
        "channel_endpoint",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(length=80), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("turn", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "channel in ('website', 'gsxt', 'credit', 'platform') and channel <> 'website'",
            name=op.f("ck_channel_endpoint_channel"),
        ),
        sa.CheckConstraint("url like 'https://%'", name=op.f("ck_channel_endpoint_https")),
        sa.CheckConstraint("turn >= 1", name=op.f("ck_channel_endpoint_turn")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_channel_endpoint_bureau_id")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["person.id"], name=op.f("fk_channel_endpoint_created_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_endpoint")),
        sa.UniqueConstraint("bureau_id", "channel", name=op.f("uq_channel_endpoint_bureau_id_channel")),
    )
    op.create_table(
        "grant_",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "section",
                "supervision",
                "leader",
                "head",
                "witness",
                "inspector",
                "reviewer",
                "legal",
                "office",
                "archivist",
                "expert",
                "modeller",
                "releaser",
                "system_admin",
                "security_admin",
                "audit_admin",
                name="role",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("granted_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "granted_by_id is null or granted_by_id <> person_id", name=op.f("ck_grant__not_to_oneself")
        ),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_grant__dates")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_grant__bureau_id")),
        sa.ForeignKeyConstraint(["granted_by_id"], ["person.id"], name=op.f("fk_grant__granted_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_grant__person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_")),
    )
    with op.batch_alter_table("grant_", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grant__bureau_id"), ["bureau_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_grant__granted_by_id"), ["granted_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_grant__person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_grant_bureau_role", ["bureau_id", "role"], unique=False)

    op.create_table(
        "identity",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("linked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("issuer <> '' and subject <> ''", name=op.f("ck_identity_named")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_identity_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identity_issuer_subject")),
        sa.UniqueConstraint("person_id", "issuer", name=op.f("uq_identity_person_id_issuer")),
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=80), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column(
            "counts",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_import_run_actor_id")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_import_run_bureau_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_run_bureau_id"), ["bureau_id"], unique=False)

    op.create_table(
        "inbox_layout",
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "columns",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("density", sa.String(length=80), nullable=False),
        sa.CheckConstraint("density in ('roomy','dense')", name=op.f("ck_inbox_layout_density")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_inbox_layout_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_inbox_layout")),
    )
    op.create_table(
        "inbox_view",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column(
            "query",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("section_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(role = '') = (bureau_id is null)", name=op.f("ck_inbox_view_role_of_bureau")),
        sa.CheckConstraint("role = '' or section_id is null", name=op.f("ck_inbox_view_one_sharing")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_inbox_view_bureau_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_inbox_view_person_id")),
        sa.ForeignKeyConstraint(["section_id"], ["section.id"], name=op.f("fk_inbox_view_section_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_view")),
        sa.UniqueConstraint("person_id", "name", name=op.f("uq_inbox_view_person_id_name")),
    )
    with op.batch_alter_table("inbox_view", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_view_section", ["section_id"], unique=False)
        batch_op.create_index("ix_inbox_view_shared", ["bureau_id", "role"], unique=False)

    op.create_table(
        "inspection",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("local_bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("object_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("draw_id", sa.Text(), nullable=True),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("group_no", sa.String(length=80), nullable=False),
        sa.Column("year", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("serial", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_no", sa.String(length=80), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("method", sa.String(length=80), nullable=False),
        sa.Column("leader_reason", sa.Text(), nullable=False),
        sa.Column("leader_chosen_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("item_list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "items",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("documents", sa.Text(), nullable=False),
        sa.Column("paper_pledges", sa.Text(), nullable=False),
        sa.Column(
            "pledge_files",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("assistants", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("period_to", sa.Date(), nullable=True),
        sa.Column("notice_no", sa.String(length=80), nullable=False),
        sa.Column("applied_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("applied_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("approved_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approved_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("local_notified_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("local_notice", sa.Text(), nullable=False),
        sa.Column("arrived_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.String(length=80), nullable=False),
        sa.Column("cancel_reason", sa.Text(), nullable=False),
        sa.Column("opened_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("method in ('', 'onsite', 'online', 'visit')", name=op.f("ck_inspection_method")),
        sa.CheckConstraint(
            "state <> 'cancelled' or cancel_reason <> ''", name=op.f("ck_inspection_cancel_reason")
        ),
        sa.CheckConstraint(
            "state in ('preparing', 'approved', 'onsite', 'recorded', 'fed_back', 'disposed', 'reported', 'published', 'done', 'cancelled')",
            name=op.f("ck_inspection_state"),
        ),
        sa.CheckConstraint(
            "(draw_id is null) <> (lead_id is null)", name=op.f("ck_inspection_drawn_or_lead")
        ),
        sa.CheckConstraint(
            "approved_by_id is null or approved_by_id <> applied_by_id",
            name=op.f("ck_inspection_two_persons"),
        ),
        sa.CheckConstraint(
            "arrived_at is null or approved_at is not null", name=op.f("ck_inspection_approved_before_visit")
        ),
        sa.ForeignKeyConstraint(["applied_by_id"], ["person.id"], name=op.f("fk_inspection_applied_by_id")),
        sa.ForeignKeyConstraint(["approved_by_id"], ["person.id"], name=op.f("fk_inspection_approved_by_id")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_inspection_bureau_id")),
        sa.ForeignKeyConstraint(
            ["leader_chosen_by_id"], ["person.id"], name=op.f("fk_inspection_leader_chosen_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["local_bureau_id"], ["bureau.id"], name=op.f("fk_inspection_local_bureau_id")
        ),
        sa.ForeignKeyConstraint(["object_id"], ["registry_object.id"], name=op.f("fk_inspection_object_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
        sa.UniqueConstraint("bureau_id", "year", "serial", name=op.f("uq_inspection_bureau_id_year_serial")),
        sa.UniqueConstraint("draw_id", "object_id", name=op.f("uq_inspection_draw_id_object_id")),
        sa.UniqueConstraint("id", "bureau_id", name=op.f("uq_inspection_id_bureau_id")),
        sa.UniqueConstraint("lead_id", name=op.f("uq_inspection_lead_id")),
    )
    with op.batch_alter_table("inspection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inspection_bureau_id"), ["bureau_id"], unique=False)
        batch_op.create_index("ix_inspection_bureau_state", ["bureau_id", "state", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inspection_draw_id"), ["draw_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inspection_local_bureau_id"), ["local_bureau_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inspection_object_id"), ["object_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inspection_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "inspector",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("staff_no", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("gender", sa.String(length=80), nullable=False),
        sa.Column("id_card_masked", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=80), nullable=False),
        sa.Column("education", sa.String(length=80), nullable=False),
        sa.Column("major", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("post_category", sa.String(length=80), nullable=False),
        sa.Column("post_since", sa.Date(), nullable=True),
        sa.Column("qualification", sa.String(length=80), nullable=False),
        sa.Column("item_scope", sa.Text(), nullable=False),
        sa.Column("division", sa.String(length=80), nullable=False),
        sa.Column("level", sa.String(length=80), nullable=False),
        sa.Column("section", sa.String(length=80), nullable=False),
        sa.Column("position", sa.String(length=80), nullable=False),
        sa.Column(
            "specialties",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("can_lead", sa.Boolean(), nullable=False),
        sa.Column("is_expert", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("unavailable_from", sa.Date(), nullable=True),
        sa.Column("unavailable_to", sa.Date(), nullable=True),
        sa.Column("load", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("load_year", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column(
            "relatives",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("updated_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('active','leave','transferred','suspended','retired')", name=op.f("ck_inspector_state")
        ),
        sa.CheckConstraint("load >= 0", name=op.f("ck_inspector_load")),
        sa.CheckConstraint("not (is_expert and can_lead)", name=op.f("ck_inspector_experts_never_lead")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_inspector_bureau_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_inspector_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspector")),
        sa.UniqueConstraint("bureau_id", "staff_no", name=op.f("uq_inspector_bureau_id_staff_no")),
    )
    with op.batch_alter_table("inspector", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inspector_person_id"), ["person_id"], unique=True)

    op.create_table(
        "notice_choice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mail", sa.Boolean(), nullable=False),
        sa.Column("hook", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("digest_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("quiet_from", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quiet_to", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "muted",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.CheckConstraint("digest_at between 0 and 1439", name=op.f("ck_notice_choice_digest_at")),
        sa.CheckConstraint(
            "quiet_from between 0 and 1439 and quiet_to between 0 and 1439 and quiet_from <> quiet_to",
            name=op.f("ck_notice_choice_quiet"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_choice_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_choice")),
        sa.UniqueConstraint("person_id", name=op.f("uq_notice_choice_person_id")),
    )
    op.create_table(
        "notice_hook",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("turn", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("url like 'http://%' or url like 'https://%'", name=op.f("ck_notice_hook_url")),
        sa.CheckConstraint("turn >= 1", name=op.f("ck_notice_hook_turn")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_notice_hook_bureau_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_notice_hook_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_hook")),
        sa.UniqueConstraint("bureau_id", "url", name=op.f("uq_notice_hook_bureau_id_url")),
    )
    with op.batch_alter_table("notice_hook", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_hook_bureau_id"), ["bureau_id"], unique=False)

    op.create_table(
        "plan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quarter", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("document_no", sa.String(length=80), nullable=False),
        sa.Column("platform_no", sa.String(length=80), nullable=False),
        sa.Column("item_list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("item_list_version", sa.String(length=80), nullable=False),
        sa.Column("arrangement", sa.Text(), nullable=False),
        sa.Column("work_requirements", sa.Text(), nullable=False),
        sa.Column("discipline", sa.Text(), nullable=False),
        sa.Column("joint_departments", sa.Text(), nullable=False),
        sa.Column("joint_plan", sa.Text(), nullable=False),
        sa.Column(
            "coverage",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("coverage_reason", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opened_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approved_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("entered_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("entered_on", sa.Date(), nullable=True),
        sa.Column("published_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column(
            "channels",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("public_address", sa.Text(), nullable=False),
        sa.Column("closed_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('drafting','submitted') or approver_id is not null", name=op.f("ck_plan_approved_by")
        ),
        sa.CheckConstraint(
            "state in ('drafting','submitted','approved','published','closed')", name=op.f("ck_plan_state")
        ),
        sa.CheckConstraint(
            "state not in ('published','closed') or published_on is not null",
            name=op.f("ck_plan_published_on"),
        ),
        sa.CheckConstraint(
            "author_id is null or approver_id is null or author_id <> approver_id",
            name=op.f("ck_plan_self_approval"),
        ),
        sa.CheckConstraint("quarter between 0 and 4", name=op.f("ck_plan_quarter")),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_plan_approver_id")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_plan_author_id")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_plan_bureau_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["person.id"], name=op.f("fk_plan_entered_by_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["person.id"], name=op.f("fk_plan_opened_by_id")),
        sa.ForeignKeyConstraint(["published_by_id"], ["person.id"], name=op.f("fk_plan_published_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("no", name=op.f("uq_plan_no")),
    )
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_approver_id"), ["approver_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_bureau_id"), ["bureau_id"], unique=False)
        batch_op.create_index("ix_plan_bureau_year", ["bureau_id", "year", "quarter"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_opened_by_id"), ["opened_by_id"], unique=False)

    op.create_table(
        "principle_break",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("pack", sa.String(length=80), nullable=False),
        sa.Column("parameter", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("clause", sa.String(length=80), nullable=False),
        sa.Column("approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("requester_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("ck_principle_break_reason")),
        sa.CheckConstraint(
            "requester_id is null or requester_id <> approver_id", name=op.f("ck_principle_break_two_people")
        ),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_principle_break_approver_id")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_principle_break_bureau_id")),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["person.id"], name=op.f("fk_principle_break_requester_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_principle_break")),
    )
    with op.batch_alter_table("principle_break", schema=None) as batch_op:
        batch_op.create_index("ix_principle_break_bureau_at", ["bureau_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_principle_break_case_id"), ["case_id"], unique=False)

    op.create_table(
        "proxy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("principal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proxy_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column(
            "processes",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "steps",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("appointed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("appointed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revoked_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_proxy_reason")),
        sa.CheckConstraint(
            "(revoked_at is null) = (revoked_by_id is null)", name=op.f("ck_proxy_revoked_by")
        ),
        sa.CheckConstraint("appointed_by_id <> proxy_id", name=op.f("ck_proxy_not_to_oneself")),
        sa.CheckConstraint("principal_id <> proxy_id", name=op.f("ck_proxy_two_persons")),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_proxy_dates")),
        sa.ForeignKeyConstraint(["appointed_by_id"], ["person.id"], name=op.f("fk_proxy_appointed_by_id")),
        sa.ForeignKeyConstraint(["principal_id"], ["person.id"], name=op.f("fk_proxy_principal_id")),
        sa.ForeignKeyConstraint(["proxy_id"], ["person.id"], name=op.f("fk_proxy_proxy_id")),
        sa.ForeignKeyConstraint(["revoked_by_id"], ["person.id"], name=op.f("fk_proxy_revoked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proxy")),
    )
    with op.batch_alter_table("proxy", schema=None) as batch_op:
        batch_op.create_index("ix_proxy_principal", ["principal_id", "valid_to"], unique=False)
        batch_op.create_index("ix_proxy_proxy", ["proxy_id", "valid_to"], unique=False)

    op.create_table(
        "registry_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("serial", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("approval", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=80), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column(
            "rows",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("legal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "endorsements",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("approval_document", sa.Text(), nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=False),
        sa.Column("item_list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("published_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column(
            "channels",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "impact",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("opened_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "approval <> 'government' or state in ('drafting','drafted') or approval_document <> ''",
            name=op.f("ck_registry_change_government_document"),
        ),
        sa.CheckConstraint(
            "approval = 'leader' or kind = 'items'", name=op.f("ck_registry_change_approval_of_items")
        ),
        sa.CheckConstraint(
            "approval in ('leader','province','government')", name=op.f("ck_registry_change_approval")
        ),
        sa.CheckConstraint(
            "kind in ('items', 'objects', 'inspectors')", name=op.f("ck_registry_change_kind")
        ),
        sa.CheckConstraint(
            "state <> 'published' or published_on is not null", name=op.f("ck_registry_change_published_on")
        ),
        sa.CheckConstraint(
            "state in ('drafting', 'drafted', 'approved', 'applied', 'published')",
            name=op.f("ck_registry_change_state"),
        ),
        sa.CheckConstraint(
            "state in ('drafting','drafted') or approver_id is not null",
            name=op.f("ck_registry_change_approved_by"),
        ),
        sa.CheckConstraint(
            "approver_id is null or approver_id <> author_id", name=op.f("ck_registry_change_self_approval")
        ),
        sa.CheckConstraint(
            "legal_id is null or legal_id <> author_id", name=op.f("ck_registry_change_legal_is_author")
        ),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_registry_change_approver_id")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_registry_change_author_id")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_registry_change_bureau_id")),
        sa.ForeignKeyConstraint(
            ["item_list_id"], ["item_list.id"], name=op.f("fk_registry_change_item_list_id")
        ),
        sa.ForeignKeyConstraint(["legal_id"], ["person.id"], name=op.f("fk_registry_change_legal_id")),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["person.id"], name=op.f("fk_registry_change_published_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_change")),
        sa.UniqueConstraint(
            "bureau_id", "year", "serial", name=op.f("uq_registry_change_bureau_id_year_serial")
        ),
    )
    with op.batch_alter_table("registry_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registry_change_approver_id"), ["approver_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_registry_change_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_registry_change_bureau_id"), ["bureau_id"], unique=False)

    op.create_table(
        "registry_intake",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("accept_valid", sa.Boolean(), nullable=False),
        sa.Column("round", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stage", sa.String(length=80), nullable=False),
        sa.Column("done", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stop", sa.Boolean(), nullable=False),
        sa.Column(
            "counts",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state in ('entered','refused','dropped')) = (content is null)",
            name=op.f("ck_registry_intake_content"),
        ),
        sa.CheckConstraint(
            "state <> 'refused' or said <> ''", name=op.f("ck_registry_intake_refused_with_reason")
        ),
        sa.CheckConstraint(
            "state in ('checking','checked','entering','entered','stopped','refused','dropped')",
            name=op.f("ck_registry_intake_state"),
        ),
        sa.CheckConstraint(
            "(content is null) = (ended_at is not null)", name=op.f("ck_registry_intake_ended")
        ),
        sa.CheckConstraint("done between 0 and total", name=op.f("ck_registry_intake_count")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_registry_intake_bureau_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_registry_intake_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_intake")),
    )
    with op.batch_alter_table("registry_intake", schema=None) as batch_op:
        batch_op.create_index("ix_registry_intake_bureau", ["bureau_id", "id"], unique=False)

    op.create_table(
        "registry_lock",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("draw_id", sa.String(length=80), nullable=False),
        sa.Column("locked_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("locked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("released_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind in ('objects','inspectors','items','conflicts')", name=op.f("ck_registry_lock_kind")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_registry_lock_bureau_id")),
        sa.ForeignKeyConstraint(["locked_by_id"], ["person.id"], name=op.f("fk_registry_lock_locked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_lock")),
    )
    with op.batch_alter_table("registry_lock", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registry_lock_draw_id"), ["draw_id"], unique=False)
        batch_op.create_index(
            "uq_registry_lock_open",
            ["bureau_id", "kind"],
            unique=True,
            postgresql_where=sa.text("released_at is null"),
            sqlite_where=sa.text("released_at is null"),
        )

    op.create_table(
        "release",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pack", sa.String(length=80), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("releaser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("restores_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deployed_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "author_id is null or author_id <> releaser_id", name=op.f("ck_release_two_persons")
        ),
        sa.CheckConstraint("restores_id is null or restores_id < id", name=op.f("ck_release_restores_older")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_release_author_id")),
        sa.ForeignKeyConstraint(["releaser_id"], ["person.id"], name=op.f("fk_release_releaser_id")),
        sa.ForeignKeyConstraint(["restores_id"], ["release.id"], name=op.f("fk_release_restores_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("pack", "version", name=op.f("uq_release_pack_version")),
    )
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_release_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_release_releaser_id"), ["releaser_id"], unique=False)
        batch_op.create_index(
            "uq_release_content",
            ["pack", "hash"],
            unique=True,
            sqlite_where=sa.text("restores_id is null"),
            postgresql_where=sa.text("restores_id is null"),
        )

    op.create_table(
        "session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.String(length=80), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("second_factor_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("proved_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_session_digest")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index("ix_session_open", ["person_id", "revoked_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_session_person_id"), ["person_id"], unique=False)

    op.create_table(
        "archive_package",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("archive_no", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("retention", sa.String(length=80), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=True),
        sa.Column("secrecy", sa.String(length=80), nullable=False),
        sa.Column("pages", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("open_followups", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("arranged_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sealed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sealed_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(retention = 'permanent') = (retain_until is null)", name=op.f("ck_archive_package_retain_until")
        ),
        sa.CheckConstraint(
            "retention in ('permanent', '30', '10')", name=op.f("ck_archive_package_retention")
        ),
        sa.CheckConstraint(
            "secrecy in ('public', 'internal', 'secret')", name=op.f("ck_archive_package_secrecy")
        ),
        sa.CheckConstraint(
            "state = 'arranged' or (seal <> '' and sealed_by_id is not null)",
            name=op.f("ck_archive_package_sealed"),
        ),
        sa.CheckConstraint(
            "state in ('arranged','sealed','destroyed')", name=op.f("ck_archive_package_state")
        ),
        sa.CheckConstraint("open_followups = 0", name=op.f("ck_archive_package_no_open_followup")),
        sa.ForeignKeyConstraint(
            ["arranged_by_id"], ["person.id"], name=op.f("fk_archive_package_arranged_by_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_archive_package_bureau_id")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_archive_package_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["sealed_by_id"], ["person.id"], name=op.f("fk_archive_package_sealed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_package")),
        sa.UniqueConstraint("bureau_id", "archive_no", name=op.f("uq_archive_package_bureau_id_archive_no")),
    )
    with op.batch_alter_table("archive_package", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_archive_package_inspection_id"), ["inspection_id"], unique=True)

    op.create_table(
        "archive_supplement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("piece", sa.String(length=80), nullable=False),
        sa.Column("file_id", sa.String(length=80), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("file_id <> '' or statement <> ''", name=op.f("ck_archive_supplement_something")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_archive_supplement_by_id")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_archive_supplement_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_supplement")),
    )
    with op.batch_alter_table("archive_supplement", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_archive_supplement_inspection_id"), ["inspection_id"], unique=False
        )

    op.create_table(
        "audit_seal",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["audit_entry.id"], name=op.f("fk_audit_seal_entry_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_seal_hash")),
    )
    with op.batch_alter_table("audit_seal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_seal_entry_id"), ["entry_id"], unique=True)

    op.create_table(
        "audit_waiting",
        sa.Column(
            "entry_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["audit_entry.id"], name=op.f("fk_audit_waiting_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_waiting")),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspector_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.CheckConstraint("state in ('valid','suspended','revoked')", name=op.f("ck_certificate_state")),
        sa.CheckConstraint("valid_from is null or valid_from <= valid_to", name=op.f("ck_certificate_dates")),
        sa.ForeignKeyConstraint(["inspector_id"], ["inspector.id"], name=op.f("fk_certificate_inspector_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("type", "number", name=op.f("uq_certificate_type_number")),
    )
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certificate_inspector_id"), ["inspector_id"], unique=False)

    op.create_table(
        "conflict",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspector_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("object_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("relation", sa.String(length=80), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("declared_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("object_id is not null or matter <> ''", name=op.f("ck_conflict_something")),
        sa.CheckConstraint(
            "inspector_id is not null or person_id is not null", name=op.f("ck_conflict_somebody")
        ),
        sa.CheckConstraint("until is null or declared_on <= until", name=op.f("ck_conflict_dates")),
        sa.ForeignKeyConstraint(["inspector_id"], ["inspector.id"], name=op.f("fk_conflict_inspector_id")),
        sa.ForeignKeyConstraint(["object_id"], ["registry_object.id"], name=op.f("fk_conflict_object_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_conflict_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict")),
    )
    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conflict_inspector_id"), ["inspector_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_conflict_object_id"), ["object_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_conflict_person_id"), ["person_id"], unique=False)

    op.create_table(
        "credit_record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("object_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("before", sa.String(length=80), nullable=False),
        sa.Column("level", sa.String(length=80), nullable=False),
        sa.Column("serious", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("joint", sa.Boolean(), nullable=False),
        sa.Column("joint_receiver", sa.String(length=80), nullable=False),
        sa.Column("joint_document", sa.String(length=80), nullable=False),
        sa.Column("joint_reason", sa.Text(), nullable=False),
        sa.Column("joint_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("joint_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("level in ('A', 'B', 'C', 'D')", name=op.f("ck_credit_record_level")),
        sa.CheckConstraint(
            "not joint or (serious and joint_receiver <> '' and joint_document <> '')",
            name=op.f("ck_credit_record_joint"),
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_credit_record_bureau_id")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_credit_record_inspection_id")
        ),
        sa.ForeignKeyConstraint(["joint_by_id"], ["person.id"], name=op.f("fk_credit_record_joint_by_id")),
        sa.ForeignKeyConstraint(
            ["object_id"], ["registry_object.id"], name=op.f("fk_credit_record_object_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_record")),
    )
    with op.batch_alter_table("credit_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credit_record_inspection_id"), ["inspection_id"], unique=True)
        batch_op.create_index(batch_op.f("ix_credit_record_object_id"), ["object_id"], unique=False)

    op.create_table(
        "disposition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proposed", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("deviation", sa.Text(), nullable=False),
        sa.Column("demand", sa.Text(), nullable=False),
        sa.Column("correct_by", sa.Date(), nullable=True),
        sa.Column("receiver", sa.String(length=80), nullable=False),
        sa.Column("letter_no", sa.String(length=80), nullable=False),
        sa.Column("letter_facts", sa.Text(), nullable=False),
        sa.Column("contact", sa.String(length=80), nullable=False),
        sa.Column("filing_no", sa.String(length=80), nullable=False),
        sa.Column("proposed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reviewed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approved_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind <> 'corrected' or correct_by is not null", name=op.f("ck_disposition_correct_by")
        ),
        sa.CheckConstraint(
            "kind in ('none', 'corrected', 'filing', 'transfer', 'local')", name=op.f("ck_disposition_kind")
        ),
        sa.CheckConstraint(
            "proposed in ('', kind) or deviation <> ''", name=op.f("ck_disposition_deviation")
        ),
        sa.CheckConstraint(
            "approved_by_id is null or approved_by_id <> proposed_by_id",
            name=op.f("ck_disposition_approve_by_another"),
        ),
        sa.CheckConstraint(
            "reviewed_by_id is null or reviewed_by_id <> proposed_by_id",
            name=op.f("ck_disposition_review_by_another"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["person.id"], name=op.f("fk_disposition_approved_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_disposition_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["person.id"], name=op.f("fk_disposition_proposed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["person.id"], name=op.f("fk_disposition_reviewed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposition")),
    )
    with op.batch_alter_table("disposition", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_disposition_inspection_id"), ["inspection_id"], unique=True)

    op.create_table(
        "draw",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("serial", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("round", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("previous_id", sa.String(length=40), nullable=True),
        sa.Column("mode", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("hash", sa.String(length=80), nullable=False),
        sa.Column(
            "settings",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "document",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "events",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("roster", sa.String(length=64), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column(
            "aliases",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("alias_salt", sa.String(length=64), nullable=False),
        sa.Column("reviewed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operator_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operator_commit", sa.String(length=64), nullable=False),
        sa.Column("operator_secret", sa.String(length=64), nullable=False),
        sa.Column("operator_signed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("operator_signature", sa.Text(), nullable=False),
        sa.Column("witness_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("witness_commit", sa.String(length=64), nullable=False),
        sa.Column("witness_secret", sa.String(length=64), nullable=False),
        sa.Column("witness_signed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("witness_signature", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("frozen_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("publish_by", sa.Date(), nullable=True),
        sa.Column("published_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("hash in ('sha256','sm3')", name=op.f("ck_draw_hash")),
        sa.CheckConstraint("mode in ('native','import')", name=op.f("ck_draw_mode")),
        sa.CheckConstraint(
            "published_at is null or state in ('closed','failed','void')",
            name=op.f("ck_draw_published_after"),
        ),
        sa.CheckConstraint(
            "state in ('prepared', 'frozen', 'placed', 'closed', 'failed', 'void', 'abandoned')",
            name=op.f("ck_draw_state"),
        ),
        sa.CheckConstraint("state in ('prepared','abandoned') or head <> ''", name=op.f("ck_draw_head")),
        sa.CheckConstraint(
            "state in ('prepared','frozen') or (operator_secret = '' and witness_secret = '')",
            name=op.f("ck_draw_secrets_opened"),
        ),
        sa.CheckConstraint(
            "state not in ('placed','closed') or mode = 'import' or roster <> ''", name=op.f("ck_draw_roster")
        ),
        sa.CheckConstraint(
            "operator_id is null or witness_id is null or operator_id <> witness_id",
            name=op.f("ck_draw_operator_is_witness"),
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_draw_bureau_id")),
        sa.ForeignKeyConstraint(["operator_id"], ["person.id"], name=op.f("fk_draw_operator_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_draw_plan_id")),
        sa.ForeignKeyConstraint(["reviewed_by_id"], ["person.id"], name=op.f("fk_draw_reviewed_by_id")),
        sa.ForeignKeyConstraint(["witness_id"], ["person.id"], name=op.f("fk_draw_witness_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw")),
        sa.UniqueConstraint("bureau_id", "year", "serial", name=op.f("uq_draw_bureau_id_year_serial")),
        sa.UniqueConstraint("plan_id", "batch", "round", name=op.f("uq_draw_plan_id_batch_round")),
    )
    with op.batch_alter_table("draw", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draw_bureau_id"), ["bureau_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_draw_operator_id"), ["operator_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_draw_plan_id"), ["plan_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_draw_witness_id"), ["witness_id"], unique=False)
        batch_op.create_index(
            "uq_draw_one_at_a_time",
            ["bureau_id"],
            unique=True,
            sqlite_where=sa.text("state in ('prepared','frozen')"),
            postgresql_where=sa.text("state in ('prepared','frozen')"),
        )

    op.create_table(
        "evidence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("taken_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("entered_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("file_id", sa.String(length=80), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("issuer", sa.String(length=80), nullable=False),
        sa.Column("document_no", sa.String(length=80), nullable=False),
        sa.Column("collected_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("(file_id = '') = (hash = '')", name=op.f("ck_evidence_hash_with_file")),
        sa.CheckConstraint(
            "kind <> 'reuse' or (issuer <> '' and document_no <> '')", name=op.f("ck_evidence_reuse_source")
        ),
        sa.CheckConstraint(
            "kind in ('copy', 'photo', 'av', 'physical', 'statement', 'data', 'reuse')",
            name=op.f("ck_evidence_kind"),
        ),
        sa.ForeignKeyConstraint(["collected_by_id"], ["person.id"], name=op.f("fk_evidence_collected_by_id")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_evidence_inspection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_inspection_id"), ["inspection_id"], unique=False)

    op.create_table(
        "finding",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_no", sa.String(length=80), nullable=False),
        sa.Column("item_name", sa.Text(), nullable=False),
        sa.Column("off_list", sa.Boolean(), nullable=False),
        sa.Column("result", sa.String(length=80), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("demand", sa.Text(), nullable=False),
        sa.Column("other_authority", sa.String(length=80), nullable=False),
        sa.Column("serious", sa.Boolean(), nullable=False),
        sa.Column("found_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("found_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(item_no = '') = off_list", name=op.f("ck_finding_on_or_off_list")),
        sa.CheckConstraint("result <> 'corrected' or demand <> ''", name=op.f("ck_finding_demand")),
        sa.CheckConstraint(
            "result in ('none', 'corrected', 'pending', 'no_activity', 'uncooperative', 'unreachable', 'closed')",
            name=op.f("ck_finding_result"),
        ),
        sa.CheckConstraint(
            "result in ('none','no_activity') or description <> ''", name=op.f("ck_finding_described")
        ),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_finding_amount")),
        sa.ForeignKeyConstraint(["found_by_id"], ["person.id"], name=op.f("fk_finding_found_by_id")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_finding_inspection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finding_inspection_id"), ["inspection_id"], unique=False)

    op.create_table(
        "followup",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("demand", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("extensions", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("document_no", sa.String(length=80), nullable=False),
        sa.Column("amount_fen", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("done_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("opened_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('correction', 'penalty', 'transfer', 'local')", name=op.f("ck_followup_kind")
        ),
        sa.CheckConstraint(
            "state = 'open' or (result <> '' and done_at is not null)", name=op.f("ck_followup_done")
        ),
        sa.CheckConstraint("state in ('open','done')", name=op.f("ck_followup_state")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_followup_bureau_id")),
        sa.ForeignKeyConstraint(["done_by_id"], ["person.id"], name=op.f("fk_followup_done_by_id")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_followup_inspection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup")),
    )
    with op.batch_alter_table("followup", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_followup_inspection_id"), ["inspection_id"], unique=False)
        batch_op.create_index("ix_followup_open", ["bureau_id", "state", "due_on"], unique=False)

    op.create_table(
        "handover",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(length=80), nullable=False),
        sa.Column("from_bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("to_bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("from_name", sa.String(length=80), nullable=False),
        sa.Column("to_name", sa.String(length=80), nullable=False),
        sa.Column("from_division", sa.String(length=80), nullable=False),
        sa.Column("to_division", sa.String(length=80), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("object_name", sa.Text(), nullable=False),
        sa.Column("object_code", sa.String(length=80), nullable=False),
        sa.Column("uscc", sa.String(length=80), nullable=False),
        sa.Column(
            "findings",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("document_no", sa.String(length=80), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("half_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("issued_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("issued_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("acknowledged_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("handling", sa.Text(), nullable=False),
        sa.Column("handled_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("recovered_fen", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("overdue_noted_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "side <> 'both' or (from_bureau_id is not null and to_bureau_id is not null)",
            name=op.f("ck_handover_both"),
        ),
        sa.CheckConstraint("side in ('both', 'sender', 'receiver')", name=op.f("ck_handover_side")),
        sa.CheckConstraint(
            "state = 'prepared' or (due_on is not null and document_no <> '')",
            name=op.f("ck_handover_issued"),
        ),
        sa.CheckConstraint(
            "state in ('prepared', 'sent', 'acknowledged', 'handled', 'reported', 'returned', 'accepted')",
            name=op.f("ck_handover_state"),
        ),
        sa.CheckConstraint(
            "from_bureau_id is null or from_bureau_id <> to_bureau_id", name=op.f("ck_handover_two_bureaus")
        ),
        sa.CheckConstraint("recovered_fen >= 0", name=op.f("ck_handover_recovered")),
        sa.ForeignKeyConstraint(
            ["acknowledged_by_id"], ["person.id"], name=op.f("fk_handover_acknowledged_by_id")
        ),
        sa.ForeignKeyConstraint(["from_bureau_id"], ["bureau.id"], name=op.f("fk_handover_from_bureau_id")),
        sa.ForeignKeyConstraint(["handled_by_id"], ["person.id"], name=op.f("fk_handover_handled_by_id")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_handover_inspection_id")),
        sa.ForeignKeyConstraint(["issued_by_id"], ["person.id"], name=op.f("fk_handover_issued_by_id")),
        sa.ForeignKeyConstraint(["to_bureau_id"], ["bureau.id"], name=op.f("fk_handover_to_bureau_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
        sa.UniqueConstraint("uid", name=op.f("uq_handover_uid")),
    )
    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handover_from_bureau_id"), ["from_bureau_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_handover_inspection_id"), ["inspection_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_handover_to_bureau_id"), ["to_bureau_id"], unique=False)

    op.create_table(
        "instance",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("release_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("process", sa.String(length=80), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("parent_activity", sa.String(length=80), nullable=False),
        sa.Column("parent_task", sa.String(length=80), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("case_no", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("object_name", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=80), nullable=False),
        sa.Column(
            "data",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("started_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("started_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("changed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('running','completed','cancelled','incident')", name=op.f("ck_instance_state")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_instance_bureau_id")),
        sa.ForeignKeyConstraint(["case_id"], ["instance.id"], name=op.f("fk_instance_case_id")),
        sa.ForeignKeyConstraint(["changed_by_id"], ["person.id"], name=op.f("fk_instance_changed_by_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["instance.id"], name=op.f("fk_instance_parent_id")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_instance_release_id")),
        sa.ForeignKeyConstraint(["started_by_id"], ["person.id"], name=op.f("fk_instance_started_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
        sa.UniqueConstraint(
            "parent_id", "parent_task", "item", name=op.f("uq_instance_parent_id_parent_task_item")
        ),
    )
    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_instance_bureau_id"), ["bureau_id"], unique=False)
        batch_op.create_index("ix_instance_bureau_state", ["bureau_id", "state", "id"], unique=False)
        batch_op.create_index("ix_instance_case", ["case_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_instance_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            "ix_instance_case_no",
            ["case_no"],
            unique=False,
            postgresql_ops={"case_no": "varchar_pattern_ops"},
        )
        batch_op.create_index(
            "ix_instance_object_name",
            ["object_name"],
            unique=False,
            postgresql_ops={"object_name": "text_pattern_ops"},
        )
        batch_op.create_index(batch_op.f("ix_instance_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_instance_release_id"), ["release_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_instance_started_by_id"), ["started_by_id"], unique=False)

    op.create_table(
        "lead",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("serial", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=80), nullable=False),
        sa.Column("source_kind", sa.String(length=80), nullable=False),
        sa.Column("source_document", sa.Text(), nullable=False),
        sa.Column(
            "source_proof",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("object_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("publication_owed", sa.Boolean(), nullable=False),
        sa.Column("registered_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("verified_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approved_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("assigned_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "assigned",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("assign_reason", sa.Text(), nullable=False),
        sa.Column("late_reason", sa.Text(), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("closed_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "source_kind in ('', 'complaint', 'referral', 'monitoring', 'superior', 'department')",
            name=op.f("ck_lead_source"),
        ),
        sa.CheckConstraint(
            "state = 'received' or source_document <> ''", name=op.f("ck_lead_source_document")
        ),
        sa.CheckConstraint(
            "state in ('received','registered','filed') or object_id is not null",
            name=op.f("ck_lead_about_an_object"),
        ),
        sa.CheckConstraint(
            "state in ('received','registered','verified','approved','assigned','done','filed')",
            name=op.f("ck_lead_state"),
        ),
        sa.CheckConstraint(
            "approver_id is null or approver_id <> verified_by_id", name=op.f("ck_lead_self_approval")
        ),
        sa.CheckConstraint(
            "inspection_id is null or approver_id is not null", name=op.f("ck_lead_approved_first")
        ),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_lead_approver_id")),
        sa.ForeignKeyConstraint(["assigned_by_id"], ["person.id"], name=op.f("fk_lead_assigned_by_id")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_lead_bureau_id")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_lead_inspection_id")),
        sa.ForeignKeyConstraint(["object_id"], ["registry_object.id"], name=op.f("fk_lead_object_id")),
        sa.ForeignKeyConstraint(["registered_by_id"], ["person.id"], name=op.f("fk_lead_registered_by_id")),
        sa.ForeignKeyConstraint(["verified_by_id"], ["person.id"], name=op.f("fk_lead_verified_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead")),
        sa.UniqueConstraint("bureau_id", "year", "serial", name=op.f("uq_lead_bureau_id_year_serial")),
    )
    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lead_bureau_id"), ["bureau_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lead_inspection_id"), ["inspection_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lead_object_id"), ["object_id"], unique=False)

    op.create_table(
        "ledger_row",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("archive_no", sa.String(length=80), nullable=False),
        sa.Column(
            "line",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_ledger_row_bureau_id")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_ledger_row_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_row")),
    )
    with op.batch_alter_table("ledger_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_row_inspection_id"), ["inspection_id"], unique=True)
        batch_op.create_index("ix_ledger_row_year", ["bureau_id", "year", "id"], unique=False)

    op.create_table(
        "object_replacement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("draw_id", sa.Text(), nullable=False),
        sa.Column("object_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason_code", sa.String(length=80), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column(
            "proof",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("requester_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("requested_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decision", sa.String(length=80), nullable=False),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=80), nullable=False),
        sa.Column(
            "skipped",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("replaced_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "(decision = '') = (approver_id is null)", name=op.f("ck_object_replacement_decided_by")
        ),
        sa.CheckConstraint(
            "decision in ('', 'approve', 'return')", name=op.f("ck_object_replacement_decision")
        ),
        sa.CheckConstraint("explanation <> ''", name=op.f("ck_object_replacement_explanation")),
        sa.CheckConstraint(
            "outcome = '' or decision = 'approve'", name=op.f("ck_object_replacement_approved_first")
        ),
        sa.CheckConstraint("outcome in ('', 'replaced', 'none')", name=op.f("ck_object_replacement_outcome")),
        sa.CheckConstraint("reason_code in ('closed','merged')", name=op.f("ck_object_replacement_reason")),
        sa.CheckConstraint(
            "approver_id is null or approver_id <> requester_id",
            name=op.f("ck_object_replacement_self_approval"),
        ),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["person.id"], name=op.f("fk_object_replacement_approver_id")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_object_replacement_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["object_id"], ["registry_object.id"], name=op.f("fk_object_replacement_object_id")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"], ["registry_object.id"], name=op.f("fk_object_replacement_replaced_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["person.id"], name=op.f("fk_object_replacement_requester_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_object_replacement")),
    )
    with op.batch_alter_table("object_replacement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_object_replacement_draw_id"), ["draw_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_object_replacement_inspection_id"), ["inspection_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_object_replacement_object_id"), ["object_id"], unique=False)
        batch_op.create_index(
            "uq_object_replacement_pending",
            ["inspection_id"],
            unique=True,
            sqlite_where=sa.text("decision = ''"),
            postgresql_where=sa.text("decision = ''"),
        )

    op.create_table(
        "obstruction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("reported_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reported_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("instruction", sa.Text(), nullable=False),
        sa.Column("instructed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("instructed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.Column("measures_basis", sa.Text(), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "measures = '' or (emergency and measures_basis <> '')", name=op.f("ck_obstruction_basis")
        ),
        sa.CheckConstraint(
            "instructed_by_id is null or instructed_by_id <> reported_by_id",
            name=op.f("ck_obstruction_two_persons"),
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_obstruction_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["instructed_by_id"], ["person.id"], name=op.f("fk_obstruction_instructed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["reported_by_id"], ["person.id"], name=op.f("fk_obstruction_reported_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obstruction")),
    )
    with op.batch_alter_table("obstruction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_obstruction_inspection_id"), ["inspection_id"], unique=False)

    op.create_table(
        "opinion",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("round", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("discussed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column(
            "attendance",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("expert_advice", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("how", sa.String(length=80), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("minority", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("convened_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "how <> 'bureau' or decided_by_id is not null", name=op.f("ck_opinion_bureau_decides")
        ),
        sa.CheckConstraint(
            "how in ('','consensus','majority','bureau','again')", name=op.f("ck_opinion_how")
        ),
        sa.CheckConstraint(
            "settled = (how in ('consensus','majority','bureau'))", name=op.f("ck_opinion_settled")
        ),
        sa.ForeignKeyConstraint(["convened_by_id"], ["person.id"], name=op.f("fk_opinion_convened_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_opinion_decided_by_id")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_opinion_inspection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion")),
        sa.UniqueConstraint("id", "settled", name=op.f("uq_opinion_id_settled")),
        sa.UniqueConstraint("inspection_id", "round", name=op.f("uq_opinion_inspection_id_round")),
    )
    with op.batch_alter_table("opinion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opinion_inspection_id"), ["inspection_id"], unique=False)

    op.create_table(
        "plan_amendment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("superior_document", sa.Text(), nullable=False),
        sa.Column(
            "proof",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column(
            "changes",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proposed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decision", sa.String(length=80), nullable=False),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("republished_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(decision = '') = (approver_id is null)", name=op.f("ck_plan_amendment_decided_by")
        ),
        sa.CheckConstraint("decision in ('','approve','return')", name=op.f("ck_plan_amendment_decision")),
        sa.CheckConstraint("superior_document <> ''", name=op.f("ck_plan_amendment_document")),
        sa.CheckConstraint(
            "approver_id is null or author_id <> approver_id", name=op.f("ck_plan_amendment_self_approval")
        ),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_plan_amendment_approver_id")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_plan_amendment_author_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_amendment_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_amendment")),
    )
    with op.batch_alter_table("plan_amendment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_amendment_approver_id"), ["approver_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_amendment_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_amendment_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "plan_redraw",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("previous_draw_id", sa.String(length=80), nullable=False),
        sa.Column("reason_code", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requester_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("requested_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decision", sa.String(length=80), nullable=False),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(decision = '') = (approver_id is null)", name=op.f("ck_plan_redraw_decided_by")),
        sa.CheckConstraint("decision in ('','approve','return')", name=op.f("ck_plan_redraw_decision")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_plan_redraw_reason")),
        sa.CheckConstraint(
            "approver_id is null or requester_id <> approver_id", name=op.f("ck_plan_redraw_self_approval")
        ),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_plan_redraw_approver_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_redraw_plan_id")),
        sa.ForeignKeyConstraint(["requester_id"], ["person.id"], name=op.f("fk_plan_redraw_requester_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_redraw")),
    )
    with op.batch_alter_table("plan_redraw", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_redraw_approver_id"), ["approver_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_redraw_plan_id"), ["plan_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_plan_redraw_previous_draw_id"), ["previous_draw_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_plan_redraw_requester_id"), ["requester_id"], unique=False)

    op.create_table(
        "plan_section",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("section_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("has_nothing", sa.Boolean(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_plan_section_author_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_section_plan_id")),
        sa.ForeignKeyConstraint(["section_id"], ["section.id"], name=op.f("fk_plan_section_section_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_section")),
        sa.UniqueConstraint("plan_id", "author_id", name=op.f("uq_plan_section_plan_id_author_id")),
    )
    with op.batch_alter_table("plan_section", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_section_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_section_plan_id"), ["plan_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_section_section_id"), ["section_id"], unique=False)

    op.create_table(
        "preservation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "items",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("keeper", sa.String(length=80), nullable=False),
        sa.Column("requested_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("requested_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("refused_reason", sa.Text(), nullable=False),
        sa.Column("approved_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approved_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=True),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("lapsed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=80), nullable=False),
        sa.Column("outcome_note", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "outcome = '' or approved_by_id is not null", name=op.f("ck_preservation_approved_first")
        ),
        sa.CheckConstraint(
            "outcome = '' or outcome in ('return', 'seal', 'case', 'release')",
            name=op.f("ck_preservation_outcome"),
        ),
        sa.CheckConstraint(
            "approved_by_id is null or approved_by_id <> requested_by_id",
            name=op.f("ck_preservation_two_persons"),
        ),
        sa.CheckConstraint("from_day is null or from_day <= until_day", name=op.f("ck_preservation_days")),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["person.id"], name=op.f("fk_preservation_approved_by_id")
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_preservation_decided_by_id")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_preservation_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["person.id"], name=op.f("fk_preservation_requested_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preservation")),
    )
    with op.batch_alter_table("preservation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_preservation_inspection_id"), ["inspection_id"], unique=False)

    op.create_table(
        "reinforcement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspector_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requester_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("requested_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=80), nullable=False),
        sa.Column("approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("joined_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(decision = '') = (approver_id is null)", name=op.f("ck_reinforcement_decided_by")
        ),
        sa.CheckConstraint("decision in ('','approve','return')", name=op.f("ck_reinforcement_decision")),
        sa.CheckConstraint(
            "joined_at is null or decision = 'approve'", name=op.f("ck_reinforcement_approved_first")
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_reinforcement_reason")),
        sa.CheckConstraint(
            "approver_id is null or approver_id <> requester_id", name=op.f("ck_reinforcement_self_approval")
        ),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_reinforcement_approver_id")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_reinforcement_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["inspector_id"], ["inspector.id"], name=op.f("fk_reinforcement_inspector_id")
        ),
        sa.ForeignKeyConstraint(["requester_id"], ["person.id"], name=op.f("fk_reinforcement_requester_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reinforcement")),
    )
    with op.batch_alter_table("reinforcement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reinforcement_inspection_id"), ["inspection_id"], unique=False)

    op.create_table(
        "release_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("release_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("path", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_file_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_file")),
        sa.UniqueConstraint("release_id", "path", name=op.f("uq_release_file_release_id_path")),
    )
    with op.batch_alter_table("release_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_release_file_release_id"), ["release_id"], unique=False)

    op.create_table(
        "release_proposal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pack", sa.String(length=80), nullable=False),
        sa.Column("base_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("restores_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column(
            "files",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "findings",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proposed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("release_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "(state = 'released') = (release_id is not null)", name=op.f("ck_release_proposal_released")
        ),
        sa.CheckConstraint(
            "(state in ('released', 'returned')) = (decided_by_id is not null and decided_at is not null)",
            name=op.f("ck_release_proposal_decided"),
        ),
        sa.CheckConstraint(
            "state <> 'returned' or reason <> ''", name=op.f("ck_release_proposal_returned_with_reason")
        ),
        sa.CheckConstraint(
            "state in ('refused', 'waiting', 'released', 'returned')", name=op.f("ck_release_proposal_state")
        ),
        sa.CheckConstraint(
            "decided_by_id is null or decided_by_id <> author_id",
            name=op.f("ck_release_proposal_two_persons"),
        ),
        sa.CheckConstraint(
            "restores_id is null or restores_id < base_id", name=op.f("ck_release_proposal_restores_older")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_release_proposal_author_id")),
        sa.ForeignKeyConstraint(["base_id"], ["release.id"], name=op.f("fk_release_proposal_base_id")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_release_proposal_decided_by_id")
        ),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_proposal_release_id")),
        sa.ForeignKeyConstraint(
            ["restores_id"], ["release.id"], name=op.f("fk_release_proposal_restores_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_proposal")),
    )
    with op.batch_alter_table("release_proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_release_proposal_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_release_proposal_base_id"), ["base_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_release_proposal_decided_by_id"), ["decided_by_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_release_proposal_release_id"), ["release_id"], unique=False)

    op.create_table(
        "report",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("situation", sa.Text(), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column(
            "attachments",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("attachment_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("overdue_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("overdue_reason", sa.Text(), nullable=False),
        sa.Column("submitted_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("submitted_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "period <> '' and content <> '' and situation <> '' and opinion <> ''",
            name=op.f("ck_report_complete"),
        ),
        sa.CheckConstraint("attachment_count >= 1", name=op.f("ck_report_attachments")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_report_inspection_id")),
        sa.ForeignKeyConstraint(["submitted_by_id"], ["person.id"], name=op.f("fk_report_submitted_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("inspection_id", "version", name=op.f("uq_report_inspection_id_version")),
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_inspection_id"), ["inspection_id"], unique=False)

    op.create_table(
        "site_record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("entered_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("present", sa.Text(), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(length=80), nullable=False),
        sa.Column("signer", sa.String(length=80), nullable=False),
        sa.Column("capacity", sa.String(length=80), nullable=False),
        sa.Column(
            "signature_data",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("witness_name", sa.String(length=80), nullable=False),
        sa.Column("witness_contact", sa.String(length=80), nullable=False),
        sa.Column(
            "witness_signature",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "inspectors_signature",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "attachments",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "signature in ('signed','sealed','refused','absent')", name=op.f("ck_site_record_signature")
        ),
        sa.CheckConstraint(
            "signature not in ('signed','sealed') or signer <> ''", name=op.f("ck_site_record_signer")
        ),
        sa.CheckConstraint("started_at <= ended_at", name=op.f("ck_site_record_times")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_site_record_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["person.id"], name=op.f("fk_site_record_recorded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_record")),
        sa.UniqueConstraint("inspection_id", "version", name=op.f("uq_site_record_inspection_id_version")),
    )
    with op.batch_alter_table("site_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_site_record_inspection_id"), ["inspection_id"], unique=False)

    op.create_table(
        "team_member",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspector_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("licensed", sa.Boolean(), nullable=False),
        sa.Column("expert", sa.Boolean(), nullable=False),
        sa.Column("certificate_no", sa.String(length=80), nullable=False),
        sa.Column("joined_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("left_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("left_reason", sa.Text(), nullable=False),
        sa.Column("pledged_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("conflict", sa.String(length=80), nullable=False),
        sa.Column("conflict_note", sa.Text(), nullable=False),
        sa.CheckConstraint("left_at is null or left_reason <> ''", name=op.f("ck_team_member_left_reason")),
        sa.CheckConstraint("not expert or role = 'expert'", name=op.f("ck_team_member_expert_advises")),
        sa.CheckConstraint(
            "role <> 'leader' or (licensed and not expert)", name=op.f("ck_team_member_leader_licensed")
        ),
        sa.CheckConstraint(
            "role <> 'leader' or source in ('drawn','substitute','assigned')",
            name=op.f("ck_team_member_leader_drawn"),
        ),
        sa.CheckConstraint(
            "role in ('leader', 'member', 'expert', 'helper')", name=op.f("ck_team_member_role")
        ),
        sa.CheckConstraint(
            "role not in ('expert','helper') or source not in ('drawn','substitute','assigned')",
            name=op.f("ck_team_member_helpers"),
        ),
        sa.CheckConstraint(
            "source in ('drawn','substitute','assigned','invited','local')",
            name=op.f("ck_team_member_source"),
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_team_member_inspection_id")
        ),
        sa.ForeignKeyConstraint(["inspector_id"], ["inspector.id"], name=op.f("fk_team_member_inspector_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_team_member_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_member")),
    )
    with op.batch_alter_table("team_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_team_member_inspection_id"), ["inspection_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_team_member_inspector_id"), ["inspector_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_team_member_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_team_member_leader",
            ["inspection_id"],
            unique=True,
            sqlite_where=sa.text("role = 'leader' and left_at is null"),
            postgresql_where=sa.text("role = 'leader' and left_at is null"),
        )
        batch_op.create_index(
            "uq_team_member_once",
            ["inspection_id", "inspector_id"],
            unique=True,
            sqlite_where=sa.text("left_at is null and inspector_id is not null"),
            postgresql_where=sa.text("left_at is null and inspector_id is not null"),
        )

    op.create_table(
        "urge",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("about", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("urged_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_urge_inspection_id")),
        sa.ForeignKeyConstraint(["urged_by_id"], ["person.id"], name=op.f("fk_urge_urged_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urge")),
    )
    with op.batch_alter_table("urge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_urge_inspection_id"), ["inspection_id"], unique=False)

    op.create_table(
        "visit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("arrived_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("entered_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column(
            "certificates",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("certificate_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("received_by", sa.String(length=80), nullable=False),
        sa.Column("rights_told", sa.Boolean(), nullable=False),
        sa.Column(
            "rights_signature",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "photos",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.CheckConstraint("certificate_count >= 2", name=op.f("ck_visit_two_certificates")),
        sa.CheckConstraint("rights_told", name=op.f("ck_visit_rights_told")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_visit_inspection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_inspection_id"), ["inspection_id"], unique=True)

    op.create_table(
        "archive_document",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("package_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("document_no", sa.String(length=80), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("file_id", sa.String(length=80), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "(content = '') <> (file_id = '')", name=op.f("ck_archive_document_content_or_file")
        ),
        sa.ForeignKeyConstraint(
            ["package_id"], ["archive_package.id"], name=op.f("fk_archive_document_package_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_document")),
        sa.UniqueConstraint("package_id", "no", name=op.f("uq_archive_document_package_id_no")),
        sa.UniqueConstraint("package_id", "path", name=op.f("uq_archive_document_package_id_path")),
    )
    with op.batch_alter_table("archive_document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_archive_document_package_id"), ["package_id"], unique=False)

    op.create_table(
        "archive_loan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("package_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("requested_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("requested_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("approved_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approved_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("handed_out_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("handed_out_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("taken_back_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("taken_back_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("damage", sa.Text(), nullable=False),
        sa.CheckConstraint("kind in ('copy', 'original')", name=op.f("ck_archive_loan_kind")),
        sa.CheckConstraint("purpose <> ''", name=op.f("ck_archive_loan_purpose")),
        sa.CheckConstraint(
            "state <> 'returned' or taken_back_at is not null", name=op.f("ck_archive_loan_taken_back")
        ),
        sa.CheckConstraint(
            "state in ('requested','approved','refused','out','returned')", name=op.f("ck_archive_loan_state")
        ),
        sa.CheckConstraint(
            "state not in ('approved','out','returned') or approved_by_id is not null",
            name=op.f("ck_archive_loan_approved_first"),
        ),
        sa.CheckConstraint(
            "approved_by_id is null or approved_by_id <> requested_by_id",
            name=op.f("ck_archive_loan_two_persons"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["person.id"], name=op.f("fk_archive_loan_approved_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["handed_out_by_id"], ["person.id"], name=op.f("fk_archive_loan_handed_out_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["package_id"], ["archive_package.id"], name=op.f("fk_archive_loan_package_id")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["person.id"], name=op.f("fk_archive_loan_requested_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["taken_back_by_id"], ["person.id"], name=op.f("fk_archive_loan_taken_back_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_loan")),
    )
    with op.batch_alter_table("archive_loan", schema=None) as batch_op:
        batch_op.create_index(
            "ix_archive_loan_out",
            ["package_id"],
            unique=True,
            sqlite_where=sa.text("state = 'out' and kind = 'original'"),
            postgresql_where=sa.text("state = 'out' and kind = 'original'"),
        )
        batch_op.create_index("ix_archive_loan_package", ["package_id", "id"], unique=False)

    op.create_table(
        "call",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task", sa.String(length=80), nullable=False),
        sa.Column("element", sa.String(length=80), nullable=False),
        sa.Column("process", sa.String(length=80), nullable=False),
        sa.Column("multiple", sa.Boolean(), nullable=False),
        sa.Column("feed", sa.String(length=80), nullable=False),
        sa.Column(
            "elements",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("total", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("started", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("finished", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("after", sa.String(length=80), nullable=False),
        sa.Column(
            "outcomes",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.CheckConstraint("finished <= total and started <= total", name=op.f("ck_call_count")),
        sa.CheckConstraint("multiple or total = 1", name=op.f("ck_call_single")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_call_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
        sa.UniqueConstraint("instance_id", "task", name=op.f("uq_call_instance_id_task")),
    )
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_instance_id"), ["instance_id"], unique=False)

    op.create_table(
        "destruction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("package_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("proposed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proposed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("appraised_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("approved_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("confirmed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "state in ('proposed','appraised','approved','confirmed','destroyed','kept')",
            name=op.f("ck_destruction_state"),
        ),
        sa.CheckConstraint('"on" > retain_until', name=op.f("ck_destruction_after_retention")),
        sa.CheckConstraint(
            "proposed_by_id <> appraised_by_id and proposed_by_id <> approved_by_id and proposed_by_id <> confirmed_by_id and approved_by_id <> confirmed_by_id",
            name=op.f("ck_destruction_two_persons"),
        ),
        sa.CheckConstraint(
            "state <> 'destroyed' or (\"on\" is not null and appraised_by_id is not null and approved_by_id is not null and confirmed_by_id is not null)",
            name=op.f("ck_destruction_two_approvals"),
        ),
        sa.ForeignKeyConstraint(
            ["appraised_by_id"], ["person.id"], name=op.f("fk_destruction_appraised_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["person.id"], name=op.f("fk_destruction_approved_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["person.id"], name=op.f("fk_destruction_confirmed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["package_id"], ["archive_package.id"], name=op.f("fk_destruction_package_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["person.id"], name=op.f("fk_destruction_proposed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction")),
    )
    with op.batch_alter_table("destruction", schema=None) as batch_op:
        batch_op.create_index(
            "ix_destruction_once",
            ["package_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'kept'"),
            postgresql_where=sa.text("state <> 'kept'"),
        )
        batch_op.create_index(batch_op.f("ix_destruction_package_id"), ["package_id"], unique=False)

    op.create_table(
        "draw_exception",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visits", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason_code", sa.String(length=80), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("requester_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.CheckConstraint("explanation <> ''", name=op.f("ck_draw_exception_explanation")),
        sa.CheckConstraint(
            "approver_id is null or approver_id <> requester_id", name=op.f("ck_draw_exception_self_approval")
        ),
        sa.CheckConstraint(
            "not approved or approver_id is not null", name=op.f("ck_draw_exception_approved_by")
        ),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_draw_exception_approver_id")),
        sa.ForeignKeyConstraint(["draw_id"], ["draw.id"], name=op.f("fk_draw_exception_draw_id")),
        sa.ForeignKeyConstraint(
            ["object_id"], ["registry_object.id"], name=op.f("fk_draw_exception_object_id")
        ),
        sa.ForeignKeyConstraint(["requester_id"], ["person.id"], name=op.f("fk_draw_exception_requester_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw_exception")),
        sa.UniqueConstraint("draw_id", "object_id", name=op.f("uq_draw_exception_draw_id_object_id")),
    )
    with op.batch_alter_table("draw_exception", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draw_exception_draw_id"), ["draw_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_draw_exception_object_id"), ["object_id"], unique=False)

    op.create_table(
        "drawn_object",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("group_id", sa.String(length=80), nullable=False),
        sa.Column("stratum", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.CheckConstraint("state in ('drawn','replaced')", name=op.f("ck_drawn_object_state")),
        sa.ForeignKeyConstraint(["draw_id"], ["draw.id"], name=op.f("fk_drawn_object_draw_id")),
        sa.ForeignKeyConstraint(
            ["object_id"], ["registry_object.id"], name=op.f("fk_drawn_object_object_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drawn_object")),
        sa.UniqueConstraint("draw_id", "object_id", name=op.f("uq_drawn_object_draw_id_object_id")),
    )
    with op.batch_alter_table("drawn_object", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drawn_object_draw_id"), ["draw_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_drawn_object_object_id"), ["object_id"], unique=False)

    op.create_table(
        "drawn_person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("group_id", sa.String(length=80), nullable=False),
        sa.Column("role_index", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("inspector_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alias", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('serving','left')", name=op.f("ck_drawn_person_state")),
        sa.ForeignKeyConstraint(["draw_id"], ["draw.id"], name=op.f("fk_drawn_person_draw_id")),
        sa.ForeignKeyConstraint(
            ["inspector_id"], ["inspector.id"], name=op.f("fk_drawn_person_inspector_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drawn_person")),
    )
    with op.batch_alter_table("drawn_person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drawn_person_draw_id"), ["draw_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_drawn_person_inspector_id"), ["inspector_id"], unique=False)
        batch_op.create_index(
            "uq_drawn_person_serving",
            ["draw_id", "inspector_id"],
            unique=True,
            sqlite_where=sa.text("state = 'serving'"),
            postgresql_where=sa.text("state = 'serving'"),
        )

    op.create_table(
        "feedback",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opinion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opinion_settled", sa.Boolean(), nullable=False),
        sa.Column("met_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("present", sa.Text(), nullable=False),
        sa.Column("object_view", sa.Text(), nullable=False),
        sa.Column("given_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("receipt_object", sa.String(length=80), nullable=False),
        sa.Column("receipt_object_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "receipt_signature",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("receipt_object_reason", sa.Text(), nullable=False),
        sa.Column("receipt_local_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("receipt_local_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("local_skipped", sa.Text(), nullable=False),
        sa.Column("finished_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "finished_at is null or (receipt_object_at is not null and (receipt_local_at is not null or local_skipped <> ''))",
            name=op.f("ck_feedback_both_receipts"),
        ),
        sa.CheckConstraint(
            "receipt_local_at is null or local_skipped = ''", name=op.f("ck_feedback_one_of_both")
        ),
        sa.CheckConstraint("finished = (finished_at is not null)", name=op.f("ck_feedback_finished")),
        sa.CheckConstraint("opinion_settled", name=op.f("ck_feedback_opinion_settled")),
        sa.ForeignKeyConstraint(["given_by_id"], ["person.id"], name=op.f("fk_feedback_given_by_id")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_feedback_inspection_id")),
        sa.ForeignKeyConstraint(
            ["opinion_id", "opinion_settled"],
            ["opinion.id", "opinion.settled"],
            name="fk_feedback_settled_opinion",
        ),
        sa.ForeignKeyConstraint(
            ["receipt_local_id"], ["person.id"], name=op.f("fk_feedback_receipt_local_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("id", "finished", name=op.f("uq_feedback_id_finished")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_inspection_id"), ["inspection_id"], unique=True)
        batch_op.create_index(batch_op.f("ix_feedback_opinion_id"), ["opinion_id"], unique=False)

    op.create_table(
        "handover_report",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("handover_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recovered_fen", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("overdue_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "peers",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("peer_document", sa.String(length=80), nullable=False),
        sa.Column("reported_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reported_by", sa.String(length=80), nullable=False),
        sa.Column("reported_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "answer",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "answer_proof",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "decision <> 'return' or reason <> ''", name=op.f("ck_handover_report_return_reason")
        ),
        sa.CheckConstraint("decision in ('','accept','return')", name=op.f("ck_handover_report_decision")),
        sa.CheckConstraint(
            "decided_by_id is null or decided_by_id <> reported_by_id",
            name=op.f("ck_handover_report_two_persons"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_handover_report_decided_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["handover_id"], ["handover.id"], name=op.f("fk_handover_report_handover_id")
        ),
        sa.ForeignKeyConstraint(
            ["reported_by_id"], ["person.id"], name=op.f("fk_handover_report_reported_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_report")),
        sa.UniqueConstraint("handover_id", "version", name=op.f("uq_handover_report_handover_id_version")),
    )
    with op.batch_alter_table("handover_report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handover_report_handover_id"), ["handover_id"], unique=False)

    op.create_table(
        "history",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("element", sa.String(length=80), nullable=False),
        sa.Column("step", sa.String(length=80), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("clause", sa.String(length=80), nullable=False),
        sa.Column(
            "detail",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["case_id"], ["instance.id"], name=op.f("fk_history_case_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_history_instance_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_history_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
    )
    with op.batch_alter_table("history", schema=None) as batch_op:
        batch_op.create_index("ix_history_case", ["case_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_history_instance_id"), ["instance_id"], unique=False)

    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "payload",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lock_token", sa.String(length=80), nullable=False),
        sa.Column("locked_until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('waiting','running','done','failed','cancelled')", name=op.f("ck_job_state")
        ),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_job_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("key", name=op.f("uq_job_key")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(
            "ix_job_due",
            ["due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'waiting'"),
            sqlite_where=sa.text("state = 'waiting'"),
        )
        batch_op.create_index(batch_op.f("ix_job_instance_id"), ["instance_id"], unique=False)
        batch_op.create_index(
            "ix_job_running",
            ["locked_until"],
            unique=False,
            postgresql_where=sa.text("state = 'running'"),
            sqlite_where=sa.text("state = 'running'"),
        )
        batch_op.create_index(
            "ix_job_stuck",
            ["id"],
            unique=False,
            postgresql_where=sa.text("attempts >= 6 and state in ('failed','waiting','running')"),
            sqlite_where=sa.text("attempts >= 6 and state in ('failed','waiting','running')"),
        )

    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "data",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("sent_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("taken_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("taken_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_message_name")),
        sa.CheckConstraint("(taken_by_id is null) = (taken_at is null)", name=op.f("ck_message_taken")),
        sa.ForeignKeyConstraint(["case_id"], ["instance.id"], name=op.f("fk_message_case_id")),
        sa.ForeignKeyConstraint(["taken_by_id"], ["instance.id"], name=op.f("fk_message_taken_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_message_kept",
            ["case_id", "id"],
            unique=False,
            postgresql_where=sa.text("taken_at is null"),
            sqlite_where=sa.text("taken_at is null"),
        )

    op.create_table(
        "opinion_vote",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opinion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("dissent", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("agrees or dissent <> ''", name=op.f("ck_opinion_vote_dissent")),
        sa.ForeignKeyConstraint(["opinion_id"], ["opinion.id"], name=op.f("fk_opinion_vote_opinion_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_opinion_vote_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion_vote")),
        sa.UniqueConstraint("opinion_id", "person_id", name=op.f("uq_opinion_vote_opinion_id_person_id")),
    )
    with op.batch_alter_table("opinion_vote", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opinion_vote_opinion_id"), ["opinion_id"], unique=False)

    op.create_table(
        "plan_task",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_name", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("directed", sa.Boolean(), nullable=False),
        sa.Column("object_kind", sa.String(length=80), nullable=False),
        sa.Column("level", sa.String(length=80), nullable=False),
        sa.Column("num", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("den", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rounding", sa.String(length=80), nullable=False),
        sa.Column("at_least", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("method", sa.String(length=80), nullable=False),
        sa.Column("frequency", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("staff_requirement", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.CheckConstraint("method in ('onsite','online','visit')", name=op.f("ck_plan_task_method")),
        sa.CheckConstraint("rounding in ('up','down','half-up')", name=op.f("ck_plan_task_rounding")),
        sa.CheckConstraint(
            "state in ('planned','drawing','drawn','done','ended')", name=op.f("ck_plan_task_state")
        ),
        sa.CheckConstraint(
            "at_least >= 0 and frequency >= 1 and batch >= 1", name=op.f("ck_plan_task_counts")
        ),
        sa.CheckConstraint("den >= 1 and num between 0 and den", name=op.f("ck_plan_task_ratio")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_plan_task_period")),
        sa.ForeignKeyConstraint(["part_id"], ["plan_section.id"], name=op.f("fk_plan_task_part_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_task_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_task")),
        sa.UniqueConstraint("plan_id", "no", name=op.f("uq_plan_task_plan_id_no")),
    )
    with op.batch_alter_table("plan_task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_task_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_task_part_id"), ["part_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_task_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "stored_file",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("uploaded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("uploaded_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_stored_file_sha256")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_stored_file_size")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_stored_file_bureau_id")),
        sa.ForeignKeyConstraint(["case_id"], ["instance.id"], name=op.f("fk_stored_file_case_id")),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["person.id"], name=op.f("fk_stored_file_uploaded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
    )
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stored_file_bureau_id"), ["bureau_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_stored_file_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_stored_file_sha256"), ["sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_stored_file_uploaded_by_id"), ["uploaded_by_id"], unique=False)

    op.create_table(
        "substitution",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("draw_id", sa.Text(), nullable=True),
        sa.Column("group_id", sa.String(length=80), nullable=False),
        sa.Column("mode", sa.String(length=80), nullable=False),
        sa.Column("member_out_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspector_out_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("was_leader", sa.Boolean(), nullable=False),
        sa.Column("reason_code", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column(
            "proof",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("requester_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("requested_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("approver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decision", sa.String(length=80), nullable=False),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column(
            "absent",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("witness_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("witnessed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("witness_signature", sa.Text(), nullable=False),
        sa.Column("inspector_in_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outcome", sa.String(length=80), nullable=False),
        sa.Column("postponed_to", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("concluded_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(decision = '') = (approver_id is null)", name=op.f("ck_substitution_decided_by")
        ),
        sa.CheckConstraint(
            "decision in ('','approve','return','reject')", name=op.f("ck_substitution_decision")
        ),
        sa.CheckConstraint("mode in ('draw', 'platform', 'manual')", name=op.f("ck_substitution_mode")),
        sa.CheckConstraint(
            "outcome in ('', 'replaced', 'leader_lost', 'none', 'postponed', 'borrowed', 'declined', 'returned')",
            name=op.f("ck_substitution_outcome"),
        ),
        sa.CheckConstraint(
            "outcome in ('','declined','returned') or decision = 'approve'",
            name=op.f("ck_substitution_approved_first"),
        ),
        sa.CheckConstraint(
            "reason_code <> 'other' or detail <> ''", name=op.f("ck_substitution_other_in_words")
        ),
        sa.CheckConstraint(
            "reason_code in ('post_change', 'work_clash', 'health', 'recusal', 'other')",
            name=op.f("ck_substitution_reason"),
        ),
        sa.CheckConstraint(
            "approver_id is null or approver_id <> requester_id", name=op.f("ck_substitution_self_approval")
        ),
        sa.CheckConstraint(
            "witness_id is null or witness_id <> requester_id",
            name=op.f("ck_substitution_witness_is_requester"),
        ),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_substitution_approver_id")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_substitution_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["inspector_in_id"], ["inspector.id"], name=op.f("fk_substitution_inspector_in_id")
        ),
        sa.ForeignKeyConstraint(
            ["inspector_out_id"], ["inspector.id"], name=op.f("fk_substitution_inspector_out_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_out_id"], ["team_member.id"], name=op.f("fk_substitution_member_out_id")
        ),
        sa.ForeignKeyConstraint(["requester_id"], ["person.id"], name=op.f("fk_substitution_requester_id")),
        sa.ForeignKeyConstraint(["witness_id"], ["person.id"], name=op.f("fk_substitution_witness_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitution")),
    )
    with op.batch_alter_table("substitution", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_substitution_approver_id"), ["approver_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_substitution_draw_id"), ["draw_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_substitution_inspection_id"), ["inspection_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_substitution_inspector_in_id"), ["inspector_in_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_substitution_inspector_out_id"), ["inspector_out_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_substitution_member_out_id"), ["member_out_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_substitution_requester_id"), ["requester_id"], unique=False)

    op.create_table(
        "third_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("issued_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issued_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("committed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("revealed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("expires_at > issued_at", name=op.f("ck_third_link_expires")),
        sa.CheckConstraint(
            "revoked_by_id is null or revoked_at is not null", name=op.f("ck_third_link_revoked_by")
        ),
        sa.CheckConstraint("tries between 0 and 20", name=op.f("ck_third_link_tries")),
        sa.ForeignKeyConstraint(["draw_id"], ["draw.id"], name=op.f("fk_third_link_draw_id")),
        sa.ForeignKeyConstraint(["issued_by_id"], ["person.id"], name=op.f("fk_third_link_issued_by_id")),
        sa.ForeignKeyConstraint(["revoked_by_id"], ["person.id"], name=op.f("fk_third_link_revoked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_third_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_third_link_digest")),
    )
    with op.batch_alter_table("third_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_third_link_draw_id"), ["draw_id"], unique=False)
        batch_op.create_index(
            "uq_third_link_open",
            ["draw_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at is null"),
            postgresql_where=sa.text("revoked_at is null"),
        )

    op.create_table(
        "work_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("release_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("process", sa.String(length=80), nullable=False),
        sa.Column("task", sa.String(length=80), nullable=False),
        sa.Column("element", sa.String(length=80), nullable=False),
        sa.Column("step", sa.String(length=80), nullable=False),
        sa.Column("lane", sa.String(length=80), nullable=False),
        sa.Column("form", sa.String(length=80), nullable=False),
        sa.Column("clause", sa.String(length=80), nullable=False),
        sa.Column("case_no", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("object_name", sa.Text(), nullable=False),
        sa.Column("pool", sa.String(length=80), nullable=False),
        sa.Column("home", sa.String(length=80), nullable=False),
        sa.Column("seat", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("opened_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "due_why",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("claimed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("claimed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("done_for_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "(state = 'cancelled') = (closed_at is not null)", name=op.f("ck_work_item_closed_at")
        ),
        sa.CheckConstraint("(state = 'done') = (done_by_id is not null)", name=op.f("ck_work_item_done_by")),
        sa.CheckConstraint("state in ('open','done','cancelled')", name=op.f("ck_work_item_state")),
        sa.CheckConstraint(
            "done_for_id is null or done_for_id <> done_by_id", name=op.f("ck_work_item_done_for_another")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_work_item_bureau_id")),
        sa.ForeignKeyConstraint(["case_id"], ["instance.id"], name=op.f("fk_work_item_case_id")),
        sa.ForeignKeyConstraint(["claimed_by_id"], ["person.id"], name=op.f("fk_work_item_claimed_by_id")),
        sa.ForeignKeyConstraint(["done_by_id"], ["person.id"], name=op.f("fk_work_item_done_by_id")),
        sa.ForeignKeyConstraint(["done_for_id"], ["person.id"], name=op.f("fk_work_item_done_for_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_work_item_instance_id")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_work_item_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_item")),
        sa.UniqueConstraint("instance_id", "task", "seat", name=op.f("uq_work_item_instance_id_task_seat")),
    )
    with op.batch_alter_table("work_item", schema=None) as batch_op:
        batch_op.create_index("ix_work_item_board", ["bureau_id", "state", "due_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_item_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_work_item_done", ["done_by_id", "done_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_item_done_by_id"), ["done_by_id"], unique=False)
        batch_op.create_index(
            "ix_work_item_heat", ["bureau_id", "state", "lane", "step", "due_at"], unique=False
        )
        batch_op.create_index(
            "ix_work_item_inbox",
            ["pool", "state", "due_at", "id", "process", "step", "bureau_id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_work_item_instance_id"), ["instance_id"], unique=False)
        batch_op.create_index(
            "ix_work_item_untold",
            ["opened_at"],
            unique=False,
            postgresql_where=sa.text("told IS false"),
            sqlite_where=sa.text("told IS 0"),
        )

    op.create_table(
        "bulk_row",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bulk_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("work_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "answers",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "chosen",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'waiting') = (at is null)", name=op.f("ck_bulk_row_done_at")),
        sa.CheckConstraint("state in ('waiting','done','refused','late')", name=op.f("ck_bulk_row_state")),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk.id"], name=op.f("fk_bulk_row_bulk_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_bulk_row_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_row")),
        sa.UniqueConstraint("bulk_id", "work_item_id", name=op.f("uq_bulk_row_bulk_id_work_item_id")),
    )
    op.create_table(
        "carbon_copy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("work_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("to_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("read_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_carbon_copy_not_to_oneself")),
        sa.CheckConstraint("read_at is null or read_at >= at", name=op.f("ck_carbon_copy_read_after")),
        sa.ForeignKeyConstraint(["case_id"], ["instance.id"], name=op.f("fk_carbon_copy_case_id")),
        sa.ForeignKeyConstraint(["from_id"], ["person.id"], name=op.f("fk_carbon_copy_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["person.id"], name=op.f("fk_carbon_copy_to_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_carbon_copy_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carbon_copy")),
        sa.UniqueConstraint("work_item_id", "to_id", name=op.f("uq_carbon_copy_work_item_id_to_id")),
    )
    with op.batch_alter_table("carbon_copy", schema=None) as batch_op:
        batch_op.create_index("ix_carbon_copy_to", ["to_id", "read_at", "id"], unique=False)

    op.create_table(
        "comment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("work_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(text) between 1 and 1000", name=op.f("ck_comment_text")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_comment_author_id")),
        sa.ForeignKeyConstraint(["case_id"], ["instance.id"], name=op.f("fk_comment_case_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_comment_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.create_index("ix_comment_case", ["case_id", "id"], unique=False)

    op.create_table(
        "draft",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("work_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "answers",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_draft_person_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_draft_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("work_item_id", "person_id", name=op.f("uq_draft_work_item_id_person_id")),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_draft_work_item_id"), ["work_item_id"], unique=False)

    op.create_table(
        "extra_task",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("done_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("paused_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("limit_before", UtcDateTime(timezone=True), nullable=True),
        sa.Column("limit_after", UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("(done_at is null) = (result = '')", name=op.f("ck_extra_task_result")),
        sa.CheckConstraint("title <> ''", name=op.f("ck_extra_task_title")),
        sa.CheckConstraint("done_at is null or withdrawn_at is null", name=op.f("ck_extra_task_one_end")),
        sa.CheckConstraint(
            "paused_days >= 0 and (paused_days = 0 or item_id is not null)", name=op.f("ck_extra_task_paused")
        ),
        sa.CheckConstraint("person_id <> asked_by_id", name=op.f("ck_extra_task_two_persons")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_extra_task_asked_by_id")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_extra_task_bureau_id")),
        sa.ForeignKeyConstraint(["case_id"], ["instance.id"], name=op.f("fk_extra_task_case_id")),
        sa.ForeignKeyConstraint(["item_id"], ["work_item.id"], name=op.f("fk_extra_task_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_extra_task_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extra_task")),
    )
    with op.batch_alter_table("extra_task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_extra_task_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_extra_task_item_id"), ["item_id"], unique=False)
        batch_op.create_index("ix_extra_task_person", ["person_id", "done_at", "withdrawn_at"], unique=False)
        batch_op.create_index(
            "uq_extra_task_open_question",
            ["item_id"],
            unique=True,
            sqlite_where=sa.text("item_id is not null and done_at is null and withdrawn_at is null"),
            postgresql_where=sa.text("item_id is not null and done_at is null and withdrawn_at is null"),
        )

    op.create_table(
        "handing",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("work_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("to_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("way", sa.String(length=80), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "way in ('transfer','delegate','back','reassign','close')", name=op.f("ck_handing_way")
        ),
        sa.CheckConstraint(
            "way not in ('transfer','delegate','back') or to_id is not null", name=op.f("ck_handing_to_whom")
        ),
        sa.CheckConstraint("to_id is null or to_id <> from_id", name=op.f("ck_handing_not_to_oneself")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_handing_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["instance.id"], name=op.f("fk_handing_case_id")),
        sa.ForeignKeyConstraint(["from_id"], ["person.id"], name=op.f("fk_handing_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["person.id"], name=op.f("fk_handing_to_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_handing_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handing")),
    )
    with op.batch_alter_table("handing", schema=None) as batch_op:
        batch_op.create_index("ix_handing_from", ["from_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_handing_work_item_id"), ["work_item_id"], unique=False)

    op.create_table(
        "import_finding",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("draw_id", sa.String(length=40), nullable=False),
        sa.Column("substitution_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("group_id", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("object_code", sa.String(length=80), nullable=False),
        sa.Column("excluded", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("settlement", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("settled_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("settled_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(settlement = '') = (settled_by_id is null)", name=op.f("ck_import_finding_settled_by")
        ),
        sa.CheckConstraint(
            "kind in ('unknown-object', 'excluded-object', 'unknown-person', 'excluded-person', 'conflict')",
            name=op.f("ck_import_finding_kind"),
        ),
        sa.CheckConstraint(
            "settlement <> 'accept' or kind not like 'unknown%'",
            name=op.f("ck_import_finding_unknown_never_kept"),
        ),
        sa.CheckConstraint("settlement = '' or reason <> ''", name=op.f("ck_import_finding_reason")),
        sa.CheckConstraint("settlement in ('','accept','drop')", name=op.f("ck_import_finding_settlement")),
        sa.CheckConstraint(
            "settled_by_id is null or settled_by_id <> recorded_by_id",
            name=op.f("ck_import_finding_self_approval"),
        ),
        sa.ForeignKeyConstraint(["draw_id"], ["draw.id"], name=op.f("fk_import_finding_draw_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["person.id"], name=op.f("fk_import_finding_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["person.id"], name=op.f("fk_import_finding_settled_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["substitution_id"], ["substitution.id"], name=op.f("fk_import_finding_substitution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_finding")),
    )
    with op.batch_alter_table("import_finding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_finding_draw_id"), ["draw_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_import_finding_substitution_id"), ["substitution_id"], unique=False
        )

    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("read_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("mail_due_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("mailed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("mail_fault", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind in ('assigned','offered','returned','given_back','withdrawn','copied','mentioned','urged','answered','due_soon','overdue','decided','delivery','account')",
            name=op.f("ck_notice_kind"),
        ),
        sa.CheckConstraint("path like '/%' and path not like '//%'", name=op.f("ck_notice_path")),
        sa.CheckConstraint(
            "actor_id is null or actor_id <> person_id", name=op.f("ck_notice_not_to_oneself")
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_notice_actor_id")),
        sa.ForeignKeyConstraint(["item_id"], ["work_item.id"], name=op.f("fk_notice_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_notice_key")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notice_mail",
            ["person_id", "mail_due_at"],
            unique=False,
            postgresql_where=sa.text("mailed_at is null and mail_due_at is not null"),
            sqlite_where=sa.text("mailed_at is null and mail_due_at is not null"),
        )
        batch_op.create_index("ix_notice_person", ["person_id", "id"], unique=False)
        batch_op.create_index(
            "ix_notice_unread",
            ["person_id"],
            unique=False,
            postgresql_where=sa.text("read_at is null"),
            sqlite_where=sa.text("read_at is null"),
        )

    op.create_table(
        "publication",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bureau_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("previous_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("feedback_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("feedback_finished", sa.Boolean(), nullable=False),
        sa.Column(
            "items",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column(
            "view",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "checks",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("overdue_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("requested_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approved_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approved_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("drafted_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reviewed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reviewed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("released_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("released_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("published_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(published_at is not null) = (state in ('published','superseded'))",
            name=op.f("ck_publication_published_at"),
        ),
        sa.CheckConstraint(
            "kind in ('result', 'penalty', 'correction', 'withdrawal')", name=op.f("ck_publication_kind")
        ),
        sa.CheckConstraint(
            "kind not in ('correction','withdrawal') or (reason <> '' and previous_id is not null)",
            name=op.f("ck_publication_reason"),
        ),
        sa.CheckConstraint(
            "kind not in ('correction','withdrawal') or state in ('requested','refused') or approved_by_id is not null",
            name=op.f("ck_publication_change_approved"),
        ),
        sa.CheckConstraint(
            "state in ('requested', 'approved', 'refused', 'draft', 'returned', 'reviewed', 'published', 'superseded', 'withdrawn')",
            name=op.f("ck_publication_state"),
        ),
        sa.CheckConstraint(
            "state not in ('published','superseded') or reviewed_by_id is not null",
            name=op.f("ck_publication_reviewed_first"),
        ),
        sa.CheckConstraint(
            "approved_by_id is null or approved_by_id <> requested_by_id",
            name=op.f("ck_publication_approval_by_another"),
        ),
        sa.CheckConstraint("feedback_finished", name=op.f("ck_publication_after_feedback")),
        sa.CheckConstraint(
            "reviewed_by_id is null or reviewed_by_id <> drafted_by_id",
            name=op.f("ck_publication_review_by_another"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["person.id"], name=op.f("fk_publication_approved_by_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_publication_bureau_id")),
        sa.ForeignKeyConstraint(["drafted_by_id"], ["person.id"], name=op.f("fk_publication_drafted_by_id")),
        sa.ForeignKeyConstraint(
            ["feedback_id", "feedback_finished"],
            ["feedback.id", "feedback.finished"],
            name="fk_publication_after_feedback",
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id", "bureau_id"],
            ["inspection.id", "inspection.bureau_id"],
            name="fk_publication_inspecting_unit",
        ),
        sa.ForeignKeyConstraint(["previous_id"], ["publication.id"], name=op.f("fk_publication_previous_id")),
        sa.ForeignKeyConstraint(
            ["released_by_id"], ["person.id"], name=op.f("fk_publication_released_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["person.id"], name=op.f("fk_publication_requested_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["person.id"], name=op.f("fk_publication_reviewed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        sa.UniqueConstraint("inspection_id", "version", name=op.f("uq_publication_inspection_id_version")),
    )
    with op.batch_alter_table("publication", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_publication_inspection_id"), ["inspection_id"], unique=False)
        batch_op.create_index(
            "ix_publication_public",
            ["bureau_id", "published_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'published'"),
            postgresql_where=sa.text("state = 'published'"),
        )

    op.create_table(
        "step_urge",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("work_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_step_urge_by_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_step_urge_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_urge")),
        sa.UniqueConstraint("work_item_id", "by_id", "day", name=op.f("uq_step_urge_work_item_id_by_id_day")),
    )
    with op.batch_alter_table("step_urge", schema=None) as batch_op:
        batch_op.create_index("ix_step_urge_by", ["by_id", "id"], unique=False)

    op.create_table(
        "submission",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("work_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("form", sa.String(length=80), nullable=False),
        sa.Column("form_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "answers",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "chosen",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["instance.id"], name=op.f("fk_submission_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_submission_person_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_submission_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submission_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_submission_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_submission_work_item_id"), ["work_item_id"], unique=False)

    op.create_table(
        "substitution_application",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inspection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("applicant", sa.Text(), nullable=False),
        sa.Column("relation", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "proof",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("filed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("substitution_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "asked_by in ('inspector','section','object')", name=op.f("ck_substitution_application_asked_by")
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_substitution_application_reason")),
        sa.ForeignKeyConstraint(
            ["filed_by_id"], ["person.id"], name=op.f("fk_substitution_application_filed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_substitution_application_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["team_member.id"], name=op.f("fk_substitution_application_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["substitution_id"], ["substitution.id"], name=op.f("fk_substitution_application_substitution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitution_application")),
    )
    with op.batch_alter_table("substitution_application", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_substitution_application_inspection_id"), ["inspection_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_substitution_application_substitution_id"), ["substitution_id"], unique=False
        )

    op.create_table(
        "work_item_seen",
        sa.Column("work_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_work_item_seen_person_id")),
        sa.ForeignKeyConstraint(
            ["work_item_id"], ["work_item.id"], name=op.f("fk_work_item_seen_work_item_id")
        ),
        sa.PrimaryKeyConstraint("work_item_id", "person_id", name=op.f("pk_work_item_seen")),
    )
    with op.batch_alter_table("work_item_seen", schema=None) as batch_op:
        batch_op.create_index("ix_work_item_seen_person", ["person_id", "work_item_id"], unique=False)

    op.create_table(
        "mention",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("comment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("read_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_mention_comment_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mention_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mention")),
        sa.UniqueConstraint("comment_id", "person_id", name=op.f("uq_mention_comment_id_person_id")),
    )
    with op.batch_alter_table("mention", schema=None) as batch_op:
        batch_op.create_index("ix_mention_person", ["person_id", "read_at", "id"], unique=False)

    op.create_table(
        "publication_receipt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("publication_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("receipt_no", sa.String(length=80), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("screenshot", sa.String(length=80), nullable=False),
        sa.Column("batch", sa.String(length=80), nullable=False),
        sa.Column("attempts", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "channel in ('website', 'gsxt', 'credit', 'platform')",
            name=op.f("ck_publication_receipt_channel"),
        ),
        sa.CheckConstraint(
            "state <> 'absent' or reason <> ''", name=op.f("ck_publication_receipt_absence_reason")
        ),
        sa.CheckConstraint(
            "state <> 'published' or confirmed_at is not null", name=op.f("ck_publication_receipt_confirmed")
        ),
        sa.CheckConstraint(
            "state in ('owed','queued','sent','published','absent')",
            name=op.f("ck_publication_receipt_state"),
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["person.id"], name=op.f("fk_publication_receipt_confirmed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publication.id"], name=op.f("fk_publication_receipt_publication_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_receipt")),
        sa.UniqueConstraint(
            "publication_id", "channel", name=op.f("uq_publication_receipt_publication_id_channel")
        ),
    )
    with op.batch_alter_table("publication_receipt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_publication_receipt_publication_id"), ["publication_id"], unique=False
        )

    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(sa.text(statement.replace(":", r"\:")))


def downgrade() -> None:
    with op.batch_alter_table("publication_receipt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_publication_receipt_publication_id"))

    op.drop_table("publication_receipt")
    with op.batch_alter_table("mention", schema=None) as batch_op:
        batch_op.drop_index("ix_mention_person")

    op.drop_table("mention")
    with op.batch_alter_table("work_item_seen", schema=None) as batch_op:
        batch_op.drop_index("ix_work_item_seen_person")

    op.drop_table("work_item_seen")
    with op.batch_alter_table("substitution_application", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_substitution_application_substitution_id"))
        batch_op.drop_index(batch_op.f("ix_substitution_application_inspection_id"))

    op.drop_table("substitution_application")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submission_work_item_id"))
        batch_op.drop_index(batch_op.f("ix_submission_person_id"))
        batch_op.drop_index(batch_op.f("ix_submission_case_id"))

    op.drop_table("submission")
    with op.batch_alter_table("step_urge", schema=None) as batch_op:
        batch_op.drop_index("ix_step_urge_by")

    op.drop_table("step_urge")
    with op.batch_alter_table("publication", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_publication_public",
            sqlite_where=sa.text("state = 'published'"),
            postgresql_where=sa.text("state = 'published'"),
        )
        batch_op.drop_index(batch_op.f("ix_publication_inspection_id"))

    op.drop_table("publication")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_notice_unread",
            postgresql_where=sa.text("read_at is null"),
            sqlite_where=sa.text("read_at is null"),
        )
        batch_op.drop_index("ix_notice_person")
        batch_op.drop_index(
            "ix_notice_mail",
            postgresql_where=sa.text("mailed_at is null and mail_due_at is not null"),
            sqlite_where=sa.text("mailed_at is null and mail_due_at is not null"),
        )

    op.drop_table("notice")
    with op.batch_alter_table("import_finding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_finding_substitution_id"))
        batch_op.drop_index(batch_op.f("ix_import_finding_draw_id"))

    op.drop_table("import_finding")
    with op.batch_alter_table("handing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_handing_work_item_id"))
        batch_op.drop_index("ix_handing_from")

    op.drop_table("handing")
    with op.batch_alter_table("extra_task", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_extra_task_open_question",
            sqlite_where=sa.text("item_id is not null and done_at is null and withdrawn_at is null"),
            postgresql_where=sa.text("item_id is not null and done_at is null and withdrawn_at is null"),
        )
        batch_op.drop_index("ix_extra_task_person")
        batch_op.drop_index(batch_op.f("ix_extra_task_item_id"))
        batch_op.drop_index(batch_op.f("ix_extra_task_case_id"))

    op.drop_table("extra_task")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_work_item_id"))
        batch_op.drop_index(batch_op.f("ix_draft_person_id"))

    op.drop_table("draft")
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.drop_index("ix_comment_case")

    op.drop_table("comment")
    with op.batch_alter_table("carbon_copy", schema=None) as batch_op:
        batch_op.drop_index("ix_carbon_copy_to")

    op.drop_table("carbon_copy")
    op.drop_table("bulk_row")
    with op.batch_alter_table("work_item", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_work_item_untold",
            postgresql_where=sa.text("told IS false"),
            sqlite_where=sa.text("told IS 0"),
        )
        batch_op.drop_index(batch_op.f("ix_work_item_instance_id"))
        batch_op.drop_index("ix_work_item_inbox")
        batch_op.drop_index("ix_work_item_heat")
        batch_op.drop_index(batch_op.f("ix_work_item_done_by_id"))
        batch_op.drop_index("ix_work_item_done")
        batch_op.drop_index(batch_op.f("ix_work_item_case_id"))
        batch_op.drop_index("ix_work_item_board")

    op.drop_table("work_item")
    with op.batch_alter_table("third_link", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_third_link_open",
            sqlite_where=sa.text("revoked_at is null"),
            postgresql_where=sa.text("revoked_at is null"),
        )
        batch_op.drop_index(batch_op.f("ix_third_link_draw_id"))

    op.drop_table("third_link")
    with op.batch_alter_table("substitution", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_substitution_requester_id"))
        batch_op.drop_index(batch_op.f("ix_substitution_member_out_id"))
        batch_op.drop_index(batch_op.f("ix_substitution_inspector_out_id"))
        batch_op.drop_index(batch_op.f("ix_substitution_inspector_in_id"))
        batch_op.drop_index(batch_op.f("ix_substitution_inspection_id"))
        batch_op.drop_index(batch_op.f("ix_substitution_draw_id"))
        batch_op.drop_index(batch_op.f("ix_substitution_approver_id"))

    op.drop_table("substitution")
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stored_file_uploaded_by_id"))
        batch_op.drop_index(batch_op.f("ix_stored_file_sha256"))
        batch_op.drop_index(batch_op.f("ix_stored_file_case_id"))
        batch_op.drop_index(batch_op.f("ix_stored_file_bureau_id"))

    op.drop_table("stored_file")
    with op.batch_alter_table("plan_task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_task_plan_id"))
        batch_op.drop_index(batch_op.f("ix_plan_task_part_id"))
        batch_op.drop_index(batch_op.f("ix_plan_task_item_id"))

    op.drop_table("plan_task")
    with op.batch_alter_table("opinion_vote", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opinion_vote_opinion_id"))

    op.drop_table("opinion_vote")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_message_kept",
            postgresql_where=sa.text("taken_at is null"),
            sqlite_where=sa.text("taken_at is null"),
        )

    op.drop_table("message")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_job_stuck",
            postgresql_where=sa.text("attempts >= 6 and state in ('failed','waiting','running')"),
            sqlite_where=sa.text("attempts >= 6 and state in ('failed','waiting','running')"),
        )
        batch_op.drop_index(
            "ix_job_running",
            postgresql_where=sa.text("state = 'running'"),
            sqlite_where=sa.text("state = 'running'"),
        )
        batch_op.drop_index(batch_op.f("ix_job_instance_id"))
        batch_op.drop_index(
            "ix_job_due",
            postgresql_where=sa.text("state = 'waiting'"),
            sqlite_where=sa.text("state = 'waiting'"),
        )

    op.drop_table("job")
    with op.batch_alter_table("history", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_history_instance_id"))
        batch_op.drop_index("ix_history_case")

    op.drop_table("history")
    with op.batch_alter_table("handover_report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_handover_report_handover_id"))

    op.drop_table("handover_report")
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_opinion_id"))
        batch_op.drop_index(batch_op.f("ix_feedback_inspection_id"))

    op.drop_table("feedback")
    with op.batch_alter_table("drawn_person", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_drawn_person_serving",
            sqlite_where=sa.text("state = 'serving'"),
            postgresql_where=sa.text("state = 'serving'"),
        )
        batch_op.drop_index(batch_op.f("ix_drawn_person_inspector_id"))
        batch_op.drop_index(batch_op.f("ix_drawn_person_draw_id"))

    op.drop_table("drawn_person")
    with op.batch_alter_table("drawn_object", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_drawn_object_object_id"))
        batch_op.drop_index(batch_op.f("ix_drawn_object_draw_id"))

    op.drop_table("drawn_object")
    with op.batch_alter_table("draw_exception", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draw_exception_object_id"))
        batch_op.drop_index(batch_op.f("ix_draw_exception_draw_id"))

    op.drop_table("draw_exception")
    with op.batch_alter_table("destruction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_destruction_package_id"))
        batch_op.drop_index(
            "ix_destruction_once",
            sqlite_where=sa.text("state <> 'kept'"),
            postgresql_where=sa.text("state <> 'kept'"),
        )

    op.drop_table("destruction")
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_call_instance_id"))

    op.drop_table("call")
    with op.batch_alter_table("archive_loan", schema=None) as batch_op:
        batch_op.drop_index("ix_archive_loan_package")
        batch_op.drop_index(
            "ix_archive_loan_out",
            sqlite_where=sa.text("state = 'out' and kind = 'original'"),
            postgresql_where=sa.text("state = 'out' and kind = 'original'"),
        )

    op.drop_table("archive_loan")
    with op.batch_alter_table("archive_document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_archive_document_package_id"))

    op.drop_table("archive_document")
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visit_inspection_id"))

    op.drop_table("visit")
    with op.batch_alter_table("urge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_urge_inspection_id"))

    op.drop_table("urge")
    with op.batch_alter_table("team_member", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_team_member_once",
            sqlite_where=sa.text("left_at is null and inspector_id is not null"),
            postgresql_where=sa.text("left_at is null and inspector_id is not null"),
        )
        batch_op.drop_index(
            "uq_team_member_leader",
            sqlite_where=sa.text("role = 'leader' and left_at is null"),
            postgresql_where=sa.text("role = 'leader' and left_at is null"),
        )
        batch_op.drop_index(batch_op.f("ix_team_member_person_id"))
        batch_op.drop_index(batch_op.f("ix_team_member_inspector_id"))
        batch_op.drop_index(batch_op.f("ix_team_member_inspection_id"))

    op.drop_table("team_member")
    with op.batch_alter_table("site_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_site_record_inspection_id"))

    op.drop_table("site_record")
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_report_inspection_id"))

    op.drop_table("report")
    with op.batch_alter_table("release_proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_release_proposal_release_id"))
        batch_op.drop_index(batch_op.f("ix_release_proposal_decided_by_id"))
        batch_op.drop_index(batch_op.f("ix_release_proposal_base_id"))
        batch_op.drop_index(batch_op.f("ix_release_proposal_author_id"))

    op.drop_table("release_proposal")
    with op.batch_alter_table("release_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_release_file_release_id"))

    op.drop_table("release_file")
    with op.batch_alter_table("reinforcement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reinforcement_inspection_id"))

    op.drop_table("reinforcement")
    with op.batch_alter_table("preservation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_preservation_inspection_id"))

    op.drop_table("preservation")
    with op.batch_alter_table("plan_section", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_section_section_id"))
        batch_op.drop_index(batch_op.f("ix_plan_section_plan_id"))
        batch_op.drop_index(batch_op.f("ix_plan_section_author_id"))

    op.drop_table("plan_section")
    with op.batch_alter_table("plan_redraw", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_redraw_requester_id"))
        batch_op.drop_index(batch_op.f("ix_plan_redraw_previous_draw_id"))
        batch_op.drop_index(batch_op.f("ix_plan_redraw_plan_id"))
        batch_op.drop_index(batch_op.f("ix_plan_redraw_approver_id"))

    op.drop_table("plan_redraw")
    with op.batch_alter_table("plan_amendment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_amendment_plan_id"))
        batch_op.drop_index(batch_op.f("ix_plan_amendment_author_id"))
        batch_op.drop_index(batch_op.f("ix_plan_amendment_approver_id"))

    op.drop_table("plan_amendment")
    with op.batch_alter_table("opinion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opinion_inspection_id"))

    op.drop_table("opinion")
    with op.batch_alter_table("obstruction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_obstruction_inspection_id"))

    op.drop_table("obstruction")
    with op.batch_alter_table("object_replacement", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_object_replacement_pending",
            sqlite_where=sa.text("decision = ''"),
            postgresql_where=sa.text("decision = ''"),
        )
        batch_op.drop_index(batch_op.f("ix_object_replacement_object_id"))
        batch_op.drop_index(batch_op.f("ix_object_replacement_inspection_id"))
        batch_op.drop_index(batch_op.f("ix_object_replacement_draw_id"))

    op.drop_table("object_replacement")
    with op.batch_alter_table("ledger_row", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_row_year")
        batch_op.drop_index(batch_op.f("ix_ledger_row_inspection_id"))

    op.drop_table("ledger_row")
    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lead_object_id"))
        batch_op.drop_index(batch_op.f("ix_lead_inspection_id"))
        batch_op.drop_index(batch_op.f("ix_lead_bureau_id"))

    op.drop_table("lead")
    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_instance_started_by_id"))
        batch_op.drop_index(batch_op.f("ix_instance_release_id"))
        batch_op.drop_index(batch_op.f("ix_instance_parent_id"))
        batch_op.drop_index("ix_instance_object_name", postgresql_ops={"object_name": "text_pattern_ops"})
        batch_op.drop_index("ix_instance_case_no", postgresql_ops={"case_no": "varchar_pattern_ops"})
        batch_op.drop_index(batch_op.f("ix_instance_case_id"))
        batch_op.drop_index("ix_instance_case")
        batch_op.drop_index("ix_instance_bureau_state")
        batch_op.drop_index(batch_op.f("ix_instance_bureau_id"))

    op.drop_table("instance")
    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_handover_to_bureau_id"))
        batch_op.drop_index(batch_op.f("ix_handover_inspection_id"))
        batch_op.drop_index(batch_op.f("ix_handover_from_bureau_id"))

    op.drop_table("handover")
    with op.batch_alter_table("followup", schema=None) as batch_op:
        batch_op.drop_index("ix_followup_open")
        batch_op.drop_index(batch_op.f("ix_followup_inspection_id"))

    op.drop_table("followup")
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finding_inspection_id"))

    op.drop_table("finding")
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_inspection_id"))

    op.drop_table("evidence")
    with op.batch_alter_table("draw", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_draw_one_at_a_time",
            sqlite_where=sa.text("state in ('prepared','frozen')"),
            postgresql_where=sa.text("state in ('prepared','frozen')"),
        )
        batch_op.drop_index(batch_op.f("ix_draw_witness_id"))
        batch_op.drop_index(batch_op.f("ix_draw_plan_id"))
        batch_op.drop_index(batch_op.f("ix_draw_operator_id"))
        batch_op.drop_index(batch_op.f("ix_draw_bureau_id"))

    op.drop_table("draw")
    with op.batch_alter_table("disposition", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_disposition_inspection_id"))

    op.drop_table("disposition")
    with op.batch_alter_table("credit_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_credit_record_object_id"))
        batch_op.drop_index(batch_op.f("ix_credit_record_inspection_id"))

    op.drop_table("credit_record")
    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conflict_person_id"))
        batch_op.drop_index(batch_op.f("ix_conflict_object_id"))
        batch_op.drop_index(batch_op.f("ix_conflict_inspector_id"))

    op.drop_table("conflict")
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certificate_inspector_id"))

    op.drop_table("certificate")
    op.drop_table("audit_waiting")
    with op.batch_alter_table("audit_seal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_seal_entry_id"))

    op.drop_table("audit_seal")
    with op.batch_alter_table("archive_supplement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_archive_supplement_inspection_id"))

    op.drop_table("archive_supplement")
    with op.batch_alter_table("archive_package", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_archive_package_inspection_id"))

    op.drop_table("archive_package")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_person_id"))
        batch_op.drop_index("ix_session_open")

    op.drop_table("session")
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_release_content",
            sqlite_where=sa.text("restores_id is null"),
            postgresql_where=sa.text("restores_id is null"),
        )
        batch_op.drop_index(batch_op.f("ix_release_releaser_id"))
        batch_op.drop_index(batch_op.f("ix_release_author_id"))

    op.drop_table("release")
    with op.batch_alter_table("registry_lock", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_registry_lock_open",
            postgresql_where=sa.text("released_at is null"),
            sqlite_where=sa.text("released_at is null"),
        )
        batch_op.drop_index(batch_op.f("ix_registry_lock_draw_id"))

    op.drop_table("registry_lock")
    with op.batch_alter_table("registry_intake", schema=None) as batch_op:
        batch_op.drop_index("ix_registry_intake_bureau")

    op.drop_table("registry_intake")
    with op.batch_alter_table("registry_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registry_change_bureau_id"))
        batch_op.drop_index(batch_op.f("ix_registry_change_author_id"))
        batch_op.drop_index(batch_op.f("ix_registry_change_approver_id"))

    op.drop_table("registry_change")
    with op.batch_alter_table("proxy", schema=None) as batch_op:
        batch_op.drop_index("ix_proxy_proxy")
        batch_op.drop_index("ix_proxy_principal")

    op.drop_table("proxy")
    with op.batch_alter_table("principle_break", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_principle_break_case_id"))
        batch_op.drop_index("ix_principle_break_bureau_at")

    op.drop_table("principle_break")
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_opened_by_id"))
        batch_op.drop_index("ix_plan_bureau_year")
        batch_op.drop_index(batch_op.f("ix_plan_bureau_id"))
        batch_op.drop_index(batch_op.f("ix_plan_author_id"))
        batch_op.drop_index(batch_op.f("ix_plan_approver_id"))

    op.drop_table("plan")
    with op.batch_alter_table("notice_hook", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_hook_bureau_id"))

    op.drop_table("notice_hook")
    op.drop_table("notice_choice")
    with op.batch_alter_table("inspector", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inspector_person_id"))

    op.drop_table("inspector")
    with op.batch_alter_table("inspection", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inspection_plan_id"))
        batch_op.drop_index(batch_op.f("ix_inspection_object_id"))
        batch_op.drop_index(batch_op.f("ix_inspection_local_bureau_id"))
        batch_op.drop_index(batch_op.f("ix_inspection_draw_id"))
        batch_op.drop_index("ix_inspection_bureau_state")
        batch_op.drop_index(batch_op.f("ix_inspection_bureau_id"))

    op.drop_table("inspection")
    with op.batch_alter_table("inbox_view", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_view_shared")
        batch_op.drop_index("ix_inbox_view_section")

    op.drop_table("inbox_view")
    op.drop_table("inbox_layout")
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_run_bureau_id"))

    op.drop_table("import_run")
    op.drop_table("identity")
    with op.batch_alter_table("grant_", schema=None) as batch_op:
        batch_op.drop_index("ix_grant_bureau_role")
        batch_op.drop_index(batch_op.f("ix_grant__person_id"))
        batch_op.drop_index(batch_op.f("ix_grant__granted_by_id"))
        batch_op.drop_index(batch_op.f("ix_grant__bureau_id"))

    op.drop_table("grant_")
    op.drop_table("channel_endpoint")
    with op.batch_alter_table("bulk", schema=None) as batch_op:
        batch_op.drop_index("ix_bulk_person")

    op.drop_table("bulk")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_subject"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_actor_id"))

    op.drop_table("audit_entry")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_section_id"))
        batch_op.drop_index(batch_op.f("ix_person_bureau_id"))

    op.drop_table("person")
    with op.batch_alter_table("inspection_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inspection_item_list_id"))

    op.drop_table("inspection_item")
    with op.batch_alter_table("section", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_section_bureau_id"))

    op.drop_table("section")
    with op.batch_alter_table("registry_object", schema=None) as batch_op:
        batch_op.drop_index("ix_registry_object_uscc")
        batch_op.drop_index("ix_registry_object_kind")
        batch_op.drop_index("ix_registry_object_code")

    op.drop_table("registry_object")
    op.drop_table("item_list")
    op.drop_table("sign_in_throttle")
    op.drop_table("release_blob")
    op.drop_table("receipt")
    op.drop_table("partner")
    op.drop_table("notice_mark")
    op.drop_table("health_mark")
    op.drop_table("calendar_year")
    op.drop_table("calendar_day")
    with op.batch_alter_table("bureau", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bureau_parent_id"))

    op.drop_table("bureau")
    if op.get_bind().dialect.name == "postgresql":
        for name in FUNCTIONS:
            op.execute(sa.text(f"DROP FUNCTION IF EXISTS {name}()"))
