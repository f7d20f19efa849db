-- Payments that two people make: created by one, approved or rejected by another. settlement.sql has the rest.
--
-- Why this is safe under READ COMMITTED, and why no two transactions wait in a circle: everybody, pay() too, takes
-- row locks in one order and skips what it does not need:
--
--   1. accounts, in the order of their names (a hold account has its debtor's name and '/hold', so it comes after)
--   2. the payment: the key of a new one, or the row of an old one
--   3. the key of a decision
--   4. the outbox's row
--   5. the head of an audit chain; one, because a transaction makes one move
--
-- Nothing that a step reads to decide can change under it: debtor, creditor, amount, currency and hold never change
-- (guards.sql), and status and balance are read after their row was locked.
--
-- Errors of our own, besides pay()'s: PY005 no such payment, PY006 the account is another's, PY007 who created it may
-- not decide, PY008 its status does not allow it.

CREATE FUNCTION books.create_payment(p_key text, p_debtor text, p_creditor text, p_amount bigint, p_currency text,
                                     p_creator text, OUT payment books.payments, OUT replayed boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = books, pg_temp AS $$
DECLARE
    hold_id text := p_debtor || '/hold';
    from_account books.accounts;
    to_account books.accounts;
BEGIN
    SELECT * INTO payment FROM saved(p_key);
    IF FOUND THEN
        replayed := true;
        PERFORM same_again(payment, p_debtor, p_creditor, p_amount, p_currency, p_creator);
        RETURN;
    END IF;

    -- 1. The debtor, then its hold account: who makes one holds the debtor, so nobody else makes it meanwhile. The
    -- creditor is not touched yet; its currency never changes.
    SELECT * INTO from_account FROM accounts WHERE account_id = p_debtor FOR NO KEY UPDATE;
    SELECT * INTO to_account FROM accounts WHERE account_id = p_creditor;
    IF from_account.account_id IS NULL OR to_account.account_id IS NULL THEN
        RAISE EXCEPTION 'there is no account %',
            CASE WHEN from_account.account_id IS NULL THEN p_debtor ELSE p_creditor END USING ERRCODE = 'PY001';
    END IF;
    IF from_account.currency <> p_currency OR to_account.currency <> p_currency THEN
        RAISE EXCEPTION 'accounts % and % are not both kept in %', p_debtor, p_creditor, p_currency
            USING ERRCODE = 'PY002';
    END IF;
    IF from_account.owner <> p_creator THEN
        RAISE EXCEPTION 'account % is another user''s', p_debtor USING ERRCODE = 'PY006';
    END IF;
    PERFORM FROM accounts WHERE account_id = hold_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO accounts (account_id, currency, may_be_negative, owner)
            VALUES (hold_id, p_currency, false, from_account.owner);
    END IF;

    -- 2. The key.
    INSERT INTO payments (key, debtor, creditor, amount, currency, status, creator, hold, changed_by)
        VALUES (p_key, p_debtor, p_creditor, p_amount, p_currency, 'created', p_creator, hold_id, p_creator)
        ON CONFLICT DO NOTHING RETURNING * INTO payment;
    replayed := NOT FOUND;
    IF replayed THEN
        SELECT * INTO STRICT payment FROM saved(p_key);
        PERFORM same_again(payment, p_debtor, p_creditor, p_amount, p_currency, p_creator);
        RETURN;
    END IF;

    IF NOT from_account.may_be_negative AND from_account.balance < p_amount THEN
        RAISE EXCEPTION 'account % has %, less than %', p_debtor, from_account.balance, p_amount
            USING ERRCODE = 'PY003';
    END IF;
    PERFORM move(payment, 0, p_debtor, hold_id);
END $$;

-- Locks the hold account and where its money will go, in the order of their names.
CREATE FUNCTION books.lock_hold_and(p books.payments, p_to text) RETURNS void
LANGUAGE sql SET search_path = books, pg_temp AS $$
    SELECT FROM accounts WHERE account_id IN (p.hold, p_to) ORDER BY account_id FOR NO KEY UPDATE
$$;

-- Approves (and puts it into the outbox) or rejects (and gives the money back); or gives the saved answer.
CREATE FUNCTION books.decide(p_payment_id uuid, p_key text, p_actor text, p_decision text,
                             OUT payment books.payments, OUT replayed boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = books, pg_temp AS $$
DECLARE
    saved books.decisions;
BEGIN
    SELECT * INTO payment FROM payments WHERE payment_id = p_payment_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no payment %', p_payment_id USING ERRCODE = 'PY005';
    END IF;
    IF p_decision = 'rejected' AND payment.hold IS NOT NULL THEN
        PERFORM lock_hold_and(payment, payment.debtor);
    END IF;
    SELECT * INTO STRICT payment FROM payments WHERE payment_id = p_payment_id FOR NO KEY UPDATE;

    SELECT * INTO saved FROM decisions WHERE key = p_key;
    replayed := FOUND;
    IF replayed THEN
        IF (saved.payment_id, saved.decision, saved.actor)
           IS DISTINCT FROM (p_payment_id, p_decision, p_actor) THEN
            RAISE EXCEPTION 'the key % was used for another decision', p_key USING ERRCODE = 'PY004';
        END IF;
        -- As in pay(): the answer waits for replication behind what it repeats.
        PERFORM pg_logical_emit_message(true, 'replay', '');
        RETURN;
    END IF;
    IF payment.creator = p_actor THEN
        RAISE EXCEPTION 'payment % was created by the same user', p_payment_id USING ERRCODE = 'PY007';
    END IF;
    IF payment.status <> 'created' THEN
        RAISE EXCEPTION 'payment % is %', p_payment_id, payment.status USING ERRCODE = 'PY008';
    END IF;

    INSERT INTO decisions (key, payment_id, decision, actor) VALUES (p_key, p_payment_id, p_decision, p_actor)
        ON CONFLICT (key) DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the key % was used for another decision', p_key USING ERRCODE = 'PY004';
    END IF;
    IF p_decision = 'approved' THEN
        INSERT INTO outbox (payment_id) VALUES (p_payment_id);
    ELSE
        PERFORM move(payment, 1, payment.hold, payment.debtor);
    END IF;
    UPDATE payments SET status = p_decision, changed_by = p_actor WHERE payment_id = p_payment_id
        RETURNING * INTO payment;
END $$;
