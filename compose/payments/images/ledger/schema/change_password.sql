-- A new password, in two transactions like a log-in: the attempt is counted before the old password is looked at, so
-- a token that somebody found is no way to try passwords without end.

-- An attempt by the user whose token this is: account has the hash to hold the old password against. Without a valid
-- token it is null, and nothing is counted.
CREATE FUNCTION identity.try_password(p_token_sha256 bytea, p_burst integer, p_refill_s double precision,
                                      OUT wait_s double precision, OUT account identity.users)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_temp AS $$
BEGIN
    wait_s := 0;
    SELECT * INTO account FROM me(p_token_sha256);
    IF FOUND THEN
        wait_s := count_attempt(account.login, p_burst, p_refill_s);
    END IF;
END $$;

-- The old password was right, and is still the one of p_old_hash: the new one stands from now on, every other session
-- of the user ends, and his attempts are whole again. Without a valid token, known is false; when the password was
-- changed meanwhile, changed is. Locks in the order of begin_session: attempts, the user, his sessions.
CREATE FUNCTION identity.change_password(p_token_sha256 bytea, p_old_hash text, p_new_hash text, p_key text,
                                         OUT known boolean, OUT changed boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_temp AS $$
DECLARE
    own users;
BEGIN
    changed := false;
    SELECT * INTO own FROM me(p_token_sha256);
    known := FOUND;
    IF NOT known THEN
        RETURN;
    END IF;
    DELETE FROM attempts WHERE login = own.login;
    UPDATE users SET password_hash = p_new_hash, password_key = p_key
        WHERE user_id = own.user_id AND password_hash = p_old_hash;
    changed := FOUND;
    IF changed THEN
        UPDATE sessions SET ended_at = clock_timestamp()
            WHERE user_id = own.user_id AND ended_at IS NULL AND token_sha256 <> p_token_sha256;
    END IF;
END $$;
