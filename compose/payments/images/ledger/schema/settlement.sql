-- What the settlement workers do. Each function may be called again, by anyone, after any crash: who comes second
-- finds the payment settled and changes nothing. The locks and their order: lifecycle.sql.
--
-- Exactly once, whatever dies in between: an item stays in the outbox until the transaction that posts its settlement
-- also takes it out. A worker that dies before that is followed by another after the lease; the acquirer answers the
-- same key the same way for ever, so both learn the same, and one of them posts.

-- Takes up to so many items that are due, and lends them for so long. A worker waits for no other (SKIP LOCKED). The
-- items as JSON: one row, for a session that reads one. The caller may act on them when this is committed and
-- replicated: by then the approvals are, too.
--
-- What is due further ahead than any lease or delay reaches was written by a clock that was wrong: it is due now, and
-- does not wait until the right one gets there. Should somebody have it still, one of the two posts, as ever.
CREATE FUNCTION books.take_from_outbox(p_most integer, p_lease interval) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = books, pg_temp AS $$
    WITH due AS (
        SELECT payment_id FROM outbox
        WHERE NOT parked AND (next_at <= clock_timestamp() OR next_at > clock_timestamp() + p_lease + interval '1 min')
        ORDER BY next_at LIMIT p_most FOR NO KEY UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE outbox o SET attempts = attempts + 1, next_at = clock_timestamp() + p_lease
        FROM due WHERE o.payment_id = due.payment_id RETURNING o.payment_id, o.attempts, o.strikes
    )
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'payment_id', p.payment_id, 'key', p.key, 'amount', p.amount, 'currency', p.currency, 'creditor', p.creditor,
        'attempts', t.attempts, 'strikes', t.strikes)), '[]')
    FROM taken t JOIN payments p USING (payment_id)
$$;

-- The acquirer accepted it ('settled'): hold -> creditor. It refused it ('failed'): hold -> debtor. Returns the status
-- that stands; another than the one asked for says that the acquirer gave two answers, which it must not.
CREATE FUNCTION books.finish(p_payment_id uuid, p_worker text, p_status text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = books, pg_temp AS $$
DECLARE
    payment books.payments;
    goes_to text;
BEGIN
    SELECT * INTO payment FROM payments WHERE payment_id = p_payment_id;
    IF NOT FOUND OR p_status NOT IN ('settled', 'failed') THEN
        RAISE EXCEPTION 'there is no payment % to be %', p_payment_id, p_status USING ERRCODE = 'PY005';
    END IF;
    goes_to := CASE p_status WHEN 'settled' THEN payment.creditor ELSE payment.debtor END;
    PERFORM lock_hold_and(payment, goes_to);
    SELECT * INTO STRICT payment FROM payments WHERE payment_id = p_payment_id FOR NO KEY UPDATE;
    IF payment.status IN ('settled', 'failed') THEN
        RETURN payment.status;
    END IF;
    IF payment.status <> 'approved' THEN
        RAISE EXCEPTION 'payment % is %', p_payment_id, payment.status USING ERRCODE = 'PY008';
    END IF;
    PERFORM move(payment, 1, payment.hold, goes_to);
    DELETE FROM outbox WHERE payment_id = p_payment_id;
    UPDATE payments SET status = p_status, changed_by = p_worker WHERE payment_id = p_payment_id;
    RETURN p_status;
END $$;

-- Nobody knows, or the answer made no sense (a strike): again after the delay, or never when it is parked. False when
-- the item is not there any more.
CREATE FUNCTION books.postpone(p_payment_id uuid, p_delay interval, p_strike boolean, p_park boolean, p_error text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = books, pg_temp AS $$
BEGIN
    UPDATE outbox SET next_at = clock_timestamp() + p_delay, strikes = strikes + p_strike::integer,
                      parked = p_park, last_error = p_error
        WHERE payment_id = p_payment_id;
    RETURN FOUND;
END $$;

-- An operator has looked at what made an item poison and mended it: it is due again at once, with all its strikes
-- ahead of it. Who did so and why is kept for ever. An item that is not parked is refused, so that a slip of the hand
-- is no silence; two who do it at once do it once.
CREATE FUNCTION books.unpark(p_payment_id uuid, p_operator text, p_reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = books, pg_temp AS $$
DECLARE
    item outbox;
BEGIN
    SELECT * INTO item FROM outbox WHERE payment_id = p_payment_id AND parked FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no item of payment % is parked', p_payment_id USING ERRCODE = 'PY009',
            HINT = 'SELECT payment_id, last_error FROM books.outbox WHERE parked shows those that are.';
    END IF;
    INSERT INTO interventions (operator, reason, action, payment_id, item)
        VALUES (p_operator, p_reason, 'unpark', p_payment_id, to_jsonb(item));
    UPDATE outbox SET parked = false, strikes = 0, next_at = clock_timestamp() WHERE payment_id = p_payment_id;
END $$;
