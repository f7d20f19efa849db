-- Logging in, in two transactions: the attempt is counted before the password is looked at, so that neither a crash
-- nor many attempts at once give a guess for nothing; and the session begins when the password was right.

-- Counts one attempt, if the allowance has one left. The seconds to wait for the next, 0 when this one was counted.
-- An account has p_burst attempts; each comes back after p_refill_s. (Kept as one moment: the generic cell rate
-- algorithm, one row and one statement.)
CREATE FUNCTION identity.count_attempt(p_login text, p_burst integer, p_refill_s double precision)
RETURNS double precision LANGUAGE plpgsql SET search_path = identity, pg_temp AS $$
DECLARE
    refill  interval := make_interval(secs => p_refill_s);
    now_at  timestamptz := clock_timestamp();
    wait_s  double precision := 0;
BEGIN
    INSERT INTO attempts AS a (login, full_at) VALUES (p_login, now_at + refill)
        ON CONFLICT (login) DO UPDATE SET full_at = greatest(a.full_at, now_at) + refill
        WHERE a.full_at <= now_at + refill * (p_burst - 1);
    IF NOT FOUND THEN
        SELECT greatest(extract(epoch FROM full_at - refill * (p_burst - 1) - now_at), 0.001) INTO wait_s
            FROM attempts WHERE login = p_login;
    END IF;
    -- Last, and without waiting for anybody: two that delete can never wait for each other.
    DELETE FROM attempts WHERE login IN
        (SELECT login FROM attempts WHERE full_at < now_at ORDER BY full_at LIMIT 5 FOR UPDATE SKIP LOCKED);
    RETURN wait_s;
END $$;

-- An attempt at this login name: the hash to hold the password against, null when there is no such user. A name that
-- nobody has is counted too: a limit that it lacks would tell that nobody has it.
CREATE FUNCTION identity.try_log_in(p_login text, p_burst integer, p_refill_s double precision,
                                    OUT wait_s double precision, OUT account identity.users)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_temp AS $$
BEGIN
    wait_s := count_attempt(p_login, p_burst, p_refill_s);
    IF wait_s = 0 THEN
        SELECT * INTO account FROM users WHERE login = p_login;
    END IF;
END $$;

-- The password was right, and is still the one of p_password_hash: a session begins, and the account's attempts are
-- whole again. Null when the password was changed meanwhile. The share lock makes the two wait for each other, so a
-- session either does not begin or is one of those that the change ends.
CREATE FUNCTION identity.begin_session(p_login text, p_password_hash text, p_token_sha256 bytea,
                                       p_lifetime_s double precision, OUT expires_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_temp AS $$
BEGIN
    DELETE FROM attempts WHERE login = p_login;
    INSERT INTO sessions AS s (token_sha256, user_id, expires_at)
        SELECT p_token_sha256, user_id, clock_timestamp() + make_interval(secs => p_lifetime_s)
        FROM users WHERE login = p_login AND password_hash = p_password_hash FOR SHARE
        RETURNING s.expires_at INTO begin_session.expires_at;
    -- What expired a day ago is of no use to anybody.
    DELETE FROM sessions WHERE token_sha256 IN (SELECT o.token_sha256 FROM sessions o
        WHERE o.expires_at < now() - interval '1 day' ORDER BY o.expires_at LIMIT 5 FOR UPDATE SKIP LOCKED);
END $$;

-- The session ends; one that ended before stays ended at its time. Whether there is such a session.
CREATE FUNCTION identity.end_session(p_token_sha256 bytea, OUT known boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_temp AS $$
BEGIN
    -- A repetition writes the row too, so that its COMMIT waits for replication behind the first one.
    UPDATE sessions SET ended_at = coalesce(ended_at, clock_timestamp()) WHERE token_sha256 = p_token_sha256;
    known := FOUND;
END $$;
