-- One payment, and one account, as a node knows them, read no earlier than a position of the log (sight.sql).

-- owners: of the debtor's and the creditor's account; empty when both are nobody's. An account's owner never changes, and
-- every copy that has the payment has both accounts.
CREATE FUNCTION books.payment_at(p_payment_id uuid, p_after pg_lsn, OUT reached boolean, OUT payment books.payments,
                                 OUT owners text[], OUT reader text, OUT read_at pg_lsn)
LANGUAGE plpgsql VOLATILE SET search_path = books, pg_temp AS $$
BEGIN
    reached := may_answer(p_after);
    IF reached THEN
        SELECT * INTO payment FROM payments WHERE payment_id = p_payment_id;
        owners := array_remove(ARRAY[(SELECT owner FROM accounts WHERE account_id = payment.debtor),
                                     (SELECT owner FROM accounts WHERE account_id = payment.creditor)], NULL);
    END IF;
    SELECT s.reader, s.read_at INTO reader, read_at FROM sight() s;
END $$;

CREATE FUNCTION books.account_at(p_account_id text, p_after pg_lsn, OUT reached boolean, OUT account books.accounts,
                                 OUT reader text, OUT read_at pg_lsn)
LANGUAGE plpgsql VOLATILE SET search_path = books, pg_temp AS $$
BEGIN
    reached := may_answer(p_after);
    IF reached THEN
        SELECT * INTO account FROM accounts WHERE account_id = p_account_id;
    END IF;
    SELECT s.reader, s.read_at INTO reader, read_at FROM sight() s;
END $$;
