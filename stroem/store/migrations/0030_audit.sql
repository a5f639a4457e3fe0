-- The audit log. Rows are only inserted; ids are settled in their order (decision 0011), and sealed in that order.
-- before, after: JSON as text, so that what is sealed is what is stored. count: how many requests the row stands for.
-- object: the name of what was changed, within its workspace if it has one.

CREATE SEQUENCE audit_id_seq AS bigint;

CREATE TABLE audit (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor_kind text NOT NULL,
    actor text NOT NULL,
    key text,
    verb text NOT NULL,
    route text,
    workspace text,
    object_kind text,
    object text,
    outcome text NOT NULL CHECK (outcome IN ('ok', 'refused', 'failed')),
    status int,
    count int NOT NULL DEFAULT 1,
    address text,
    request_id text,
    reason text,
    before text,
    after text
);

CREATE INDEX audit_at ON audit (at);

-- The hash of each sealed row, over the row and the hash before.

CREATE TABLE audit_seals (
    id bigint PRIMARY KEY,
    hash bytea NOT NULL
);

-- What the server has signed. head: the last sealed row. anchor: the last row that retention has removed. count: the
-- rows up to it, ever. fault, fault_id: the first mistake that was found when it was signed.

CREATE TABLE audit_marks (
    name text PRIMARY KEY CHECK (name IN ('head', 'anchor')),
    id bigint NOT NULL,
    hash bytea NOT NULL,
    count bigint NOT NULL,
    fault_id bigint,
    fault text,
    signed_at timestamptz NOT NULL DEFAULT now(),
    signature bytea NOT NULL
);

-- How far each sink of audit rows has got. due_at: when the next rows are tried, or another server may take over.

CREATE TABLE audit_sinks (
    sink text PRIMARY KEY,
    position bigint NOT NULL,
    due_at timestamptz NOT NULL DEFAULT now(),
    attempts int NOT NULL DEFAULT 0,
    error text
);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME <> 'audit_marks' AND current_setting('stroem.prunes_audit', true) = 'on' THEN
        IF OLD.id <= (SELECT id FROM audit_marks WHERE name = 'anchor') THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only: % of % is refused', TG_OP, TG_TABLE_NAME;
END
$$;

CREATE TRIGGER audit_rows_stay BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_stays BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_seals_stay BEFORE UPDATE OR DELETE ON audit_seals
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER all_audit_seals_stay BEFORE TRUNCATE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- Marks only move forward.

CREATE FUNCTION refuse_older_audit_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.name = OLD.name AND NEW.id >= OLD.id THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only: its % cannot be put back', OLD.name;
END
$$;

CREATE TRIGGER audit_marks_grow BEFORE UPDATE ON audit_marks
    FOR EACH ROW EXECUTE FUNCTION refuse_older_audit_mark();
CREATE TRIGGER audit_marks_stay BEFORE DELETE ON audit_marks
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER all_audit_marks_stay BEFORE TRUNCATE ON audit_marks
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- Removes rows and their seals up to an id, which must not be beyond the anchor, for retention.

CREATE FUNCTION prune_audit(up_to bigint) RETURNS bigint LANGUAGE plpgsql
    SET stroem.prunes_audit = 'on' AS $$
DECLARE
    removed bigint;
BEGIN
    DELETE FROM audit_seals WHERE id <= up_to;
    DELETE FROM audit WHERE id <= up_to;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$$;
