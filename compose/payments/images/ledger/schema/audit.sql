-- The audit trail is written by a trigger, so no move of a payment can be without its row. A direct payment has no
-- moves: it is booked or not there, and its entries say so; a row for it would hold a chain while it waits for its
-- standby, and sixteen chains would then bound all payments.
--
-- The head of a chain is the last lock that a transaction takes (see lifecycle.sql), so who holds one waits for
-- nobody but the standby.
CREATE FUNCTION books.record_move() RETURNS trigger LANGUAGE plpgsql SET search_path = books AS $$
DECLARE
    head audit_heads;
    was text := CASE TG_OP WHEN 'UPDATE' THEN OLD.status END;
    at timestamptz;
    content text;
    seal text;
BEGIN
    -- The last digit of a random UUID is as good a hash as any.
    SELECT * INTO STRICT head FROM audit_heads
        WHERE chain = ('x' || right(NEW.payment_id::text, 1))::bit(4)::integer FOR NO KEY UPDATE;
    at := clock_timestamp();
    content := jsonb_build_array(
        head.chain, head.number + 1, NEW.payment_id, was, NEW.status, NEW.changed_by,
        to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        NEW.debtor, NEW.creditor, NEW.amount, NEW.currency)::text;
    seal := encode(sha256(convert_to(head.hash || content, 'UTF8')), 'hex');
    INSERT INTO audit VALUES (head.chain, head.number + 1, NEW.payment_id, was, NEW.status, NEW.changed_by, at,
                              content, head.hash, seal);
    UPDATE audit_heads SET number = head.number + 1, hash = seal WHERE chain = head.chain;
    RETURN NULL;
END $$;

CREATE TRIGGER payments_recorded AFTER INSERT OR UPDATE ON books.payments
    FOR EACH ROW WHEN (NEW.creator IS NOT NULL) EXECUTE FUNCTION books.record_move();

CREATE FUNCTION books.only_append() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only appended to', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER audit_only_append BEFORE UPDATE OR DELETE OR TRUNCATE ON books.audit
    FOR EACH STATEMENT EXECUTE FUNCTION books.only_append();
CREATE TRIGGER interventions_only_append BEFORE UPDATE OR DELETE OR TRUNCATE ON books.interventions
    FOR EACH STATEMENT EXECUTE FUNCTION books.only_append();
