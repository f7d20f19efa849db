-- Pages of an account: its payments, newest first, and its entries, oldest first. Read as sight.sql says.
--
-- A page costs what it shows: each is a walk of one index from a known place. The settings of the two functions keep
-- it so, because a session keeps a plan that was made while a table was nearly empty and a scan of it was cheap.

-- Payments from or to an account, in the order (booked_at, payment_id), which never changes: what is added meanwhile
-- is newer than every page. p_before_at, p_before_id: the last one of the page before; at first the end of the period
-- and the least id. owner is null for nobody's account, and known false when there is no such account.
CREATE FUNCTION books.payments_of(p_account_id text, p_statuses text[], p_from timestamptz, p_before_at timestamptz,
                                  p_before_id uuid, p_limit integer, p_after pg_lsn,
                                  OUT reached boolean, OUT known boolean, OUT owner text, OUT items jsonb,
                                  OUT reader text, OUT read_at pg_lsn)
LANGUAGE plpgsql VOLATILE
SET search_path = books, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
    reached := may_answer(p_after);
    IF reached THEN
        SELECT a.owner INTO owner FROM accounts a WHERE account_id = p_account_id;
        known := FOUND;
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'payment_id', p.payment_id, 'key', p.key, 'debtor', p.debtor, 'creditor', p.creditor, 'amount', p.amount,
            'currency', p.currency, 'status', p.status, 'created_at', zulu(p.booked_at))), '[]') INTO items
        FROM (
            SELECT o.* FROM unnest(p_statuses) s CROSS JOIN LATERAL (
                (SELECT * FROM payments WHERE debtor = p_account_id AND status = s AND booked_at >= p_from
                    AND (booked_at, payment_id) < (p_before_at, p_before_id)
                    ORDER BY booked_at DESC, payment_id DESC LIMIT p_limit)
                UNION ALL
                (SELECT * FROM payments WHERE creditor = p_account_id AND status = s AND booked_at >= p_from
                    AND (booked_at, payment_id) < (p_before_at, p_before_id)
                    ORDER BY booked_at DESC, payment_id DESC LIMIT p_limit)
            ) o ORDER BY o.booked_at DESC, o.payment_id DESC LIMIT p_limit
        ) p;
    END IF;
    SELECT s.reader, s.read_at INTO reader, read_at FROM sight() s;
END $$;

-- Entries of an account in [p_begin, p_to), and the balances around them: opening before p_from, brought before
-- p_begin (where the page begins), closing before p_to. One statement, so all of one moment. balance is the account's
-- own, and last the time of its newest entry before p_to: what ends the period for the pages that follow.
CREATE FUNCTION books.statement_of(p_account_id text, p_from timestamptz, p_begin timestamptz, p_to timestamptz,
                                   p_limit integer, p_after pg_lsn,
                                   OUT reached boolean, OUT known boolean, OUT owner text, OUT currency text,
                                   OUT opening bigint, OUT brought bigint, OUT closing bigint, OUT balance bigint,
                                   OUT last text, OUT items jsonb, OUT reader text, OUT read_at pg_lsn)
LANGUAGE plpgsql VOLATILE
SET search_path = books, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
    reached := may_answer(p_after);
    IF reached THEN
        SELECT a.owner, a.currency, a.balance,
               coalesce(before_from.balance, 0), coalesce(before_begin.balance, 0), coalesce(before_to.balance, 0),
               zulu(before_to.booked_at),
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'payment_id', e.payment_id, 'key', e.key, 'amount', e.amount, 'balance', e.balance,
                    'booked_at', zulu(e.booked_at)) ORDER BY e.booked_at), '[]')
                FROM (SELECT i.*, p.key FROM
                        (SELECT * FROM entries WHERE account_id = p_account_id AND booked_at >= p_begin
                         AND booked_at < p_to ORDER BY booked_at LIMIT p_limit) i
                      JOIN payments p USING (payment_id)) e)
        INTO owner, currency, balance, opening, brought, closing, last, items
        FROM accounts a
        LEFT JOIN LATERAL (SELECT e.balance FROM entries e WHERE account_id = p_account_id AND booked_at < p_from
                           ORDER BY booked_at DESC LIMIT 1) before_from ON true
        LEFT JOIN LATERAL (SELECT e.balance FROM entries e WHERE account_id = p_account_id AND booked_at < p_begin
                           ORDER BY booked_at DESC LIMIT 1) before_begin ON true
        LEFT JOIN LATERAL (SELECT e.balance, e.booked_at FROM entries e WHERE account_id = p_account_id
                           AND booked_at < p_to ORDER BY booked_at DESC LIMIT 1) before_to ON true
        WHERE a.account_id = p_account_id;
        known := FOUND;
    END IF;
    SELECT s.reader, s.read_at INTO reader, read_at FROM sight() s;
END $$;
