-- One payment, or the saved answer to a payment that was made before with the same key. The proof that this is
-- safe under READ COMMITTED stands in services/payments/ledger.py.
--
-- Errors of our own: PY001 no such account, PY002 other currency than the account's, PY003 insufficient funds,
-- PY004 the key was used with another body, PY006 the account is another's (an owned account pays by four eyes).

-- The payment that was made with this key. (Inlined by the planner: it costs what the plain query does.)
CREATE FUNCTION books.saved(p_key text) RETURNS SETOF books.payments LANGUAGE sql STABLE AS $$
    SELECT * FROM books.payments WHERE key = p_key
$$;

-- The saved answer fits the body that asks for it, and may be given once it is replicated.
CREATE FUNCTION books.same_again(saved books.payments, p_debtor text, p_creditor text, p_amount bigint,
                                 p_currency text, p_creator text) RETURNS void
LANGUAGE plpgsql SET search_path = books, pg_temp AS $$
BEGIN
    IF (saved.debtor, saved.creditor, saved.amount, saved.currency, saved.creator)
       IS DISTINCT FROM (p_debtor, p_creditor, p_amount, p_currency, p_creator) THEN
        RAISE EXCEPTION 'the key % was used with another body', saved.key USING ERRCODE = 'PY004';
    END IF;
    -- The saved answer may stand on a commit that no replica has. This message makes the COMMIT of the
    -- answer itself a write, which waits for replication behind it. (An assigned transaction id alone
    -- would not: PostgreSQL waits only for transactions that wrote WAL before their commit record.)
    PERFORM pg_logical_emit_message(true, 'replay', '');
END $$;

CREATE FUNCTION books.pay(p_key text, p_debtor text, p_creditor text, p_amount bigint, p_currency text,
                          OUT payment books.payments, OUT replayed boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = books, pg_temp AS $$
DECLARE
    party books.accounts;
    found_parties integer := 0;
    funds bigint;
BEGIN
    -- 0. What was saved before is answered without any lock: direct payments never change.
    SELECT * INTO payment FROM saved(p_key);
    IF FOUND THEN
        replayed := true;
        PERFORM same_again(payment, p_debtor, p_creditor, p_amount, p_currency, NULL);
        RETURN;
    END IF;

    -- 1. Every transaction locks the two accounts in the order of their names, so two never wait in a circle.
    FOR party IN SELECT * FROM accounts WHERE account_id IN (p_debtor, p_creditor)
                 ORDER BY account_id FOR NO KEY UPDATE LOOP
        found_parties := found_parties + 1;
        IF party.currency <> p_currency THEN
            RAISE EXCEPTION 'account % is kept in %, not in %', party.account_id, party.currency, p_currency
                USING ERRCODE = 'PY002';
        END IF;
        IF party.account_id = p_debtor AND party.owner IS NOT NULL THEN
            RAISE EXCEPTION 'account % has an owner, who pays from it by four eyes', p_debtor
                USING ERRCODE = 'PY006';
        END IF;
        IF party.account_id = p_debtor AND NOT party.may_be_negative THEN
            funds := party.balance;
        END IF;
    END LOOP;
    IF found_parties <> 2 THEN
        RAISE EXCEPTION 'there is no account %', (SELECT string_agg(a, ' and no account ')
            FROM unnest(ARRAY[p_debtor, p_creditor]) a WHERE a NOT IN (SELECT account_id FROM accounts))
            USING ERRCODE = 'PY001';
    END IF;

    -- 2. The key is taken, or was: the unique index waits for whoever is taking it now.
    INSERT INTO payments (key, debtor, creditor, amount, currency)
        VALUES (p_key, p_debtor, p_creditor, p_amount, p_currency)
        ON CONFLICT DO NOTHING RETURNING * INTO payment;
    replayed := NOT FOUND;
    IF replayed THEN
        SELECT * INTO STRICT payment FROM saved(p_key);
        PERFORM same_again(payment, p_debtor, p_creditor, p_amount, p_currency, NULL);
        RETURN;
    END IF;

    -- 3. Money moves only when it is there.
    IF funds < p_amount THEN
        RAISE EXCEPTION 'account % has %, less than %', p_debtor, funds, p_amount USING ERRCODE = 'PY003';
    END IF;
    PERFORM move(payment, 0, p_debtor, p_creditor);
END $$;

-- Books one step of a payment. The caller holds both accounts, so each entry has the balance that it leads to.
CREATE FUNCTION books.move(p books.payments, p_step integer, p_from text, p_to text) RETURNS void
LANGUAGE plpgsql SET search_path = books, pg_temp AS $$
BEGIN
    WITH moved AS (
        UPDATE accounts SET balance = balance + CASE account_id WHEN p_to THEN p.amount ELSE -p.amount END,
                            booked_until = greatest(booked_until + interval '1 microsecond', clock_timestamp())
        WHERE account_id IN (p_from, p_to) RETURNING account_id, balance, booked_until
    )
    INSERT INTO entries (payment_id, account_id, amount, currency, step, booked_at, balance)
        SELECT p.payment_id, account_id, CASE account_id WHEN p_to THEN p.amount ELSE -p.amount END, p.currency,
               p_step, booked_until, balance FROM moved;
END $$;
