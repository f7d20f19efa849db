-- Opens an account, or finds it opened before in the same way. PY004: opened before, in another way.
CREATE FUNCTION books.open_account(p_account_id text, p_currency text, p_may_be_negative boolean, p_owner text,
                                   OUT account books.accounts, OUT replayed boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = books, pg_temp AS $$
BEGIN
    INSERT INTO accounts (account_id, currency, may_be_negative, owner)
        VALUES (p_account_id, p_currency, p_may_be_negative, p_owner)
        ON CONFLICT (account_id) DO NOTHING RETURNING * INTO account;
    replayed := NOT FOUND;
    IF replayed THEN
        SELECT * INTO STRICT account FROM accounts WHERE account_id = p_account_id;
        IF (account.currency, account.may_be_negative, account.owner)
           IS DISTINCT FROM (p_currency, p_may_be_negative, p_owner) THEN
            RAISE EXCEPTION 'account % was opened with another currency, rule or owner', p_account_id
                USING ERRCODE = 'PY004';
        END IF;
        -- As in pay(): the answer waits for replication behind what it repeats.
        PERFORM pg_logical_emit_message(true, 'replay', '');
    END IF;
END $$;
