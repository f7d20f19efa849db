-- Registers a user, or finds him registered before by the same request. PY101: the login name is taken.
-- PY004: the key was used with another body.
--
-- Whether the password is the same, only the service can say (it holds it against account.password_hash); whoever
-- knows the key could try passwords that way, so a repetition counts as an attempt to log in: wait_s is above 0 when
-- there is none left.
CREATE FUNCTION identity.register(p_key text, p_login text, p_password_hash text, p_roles text[], p_profile jsonb,
                                  p_burst integer, p_refill_s double precision,
                                  OUT wait_s double precision, OUT replayed boolean, OUT account identity.users)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_temp AS $$
DECLARE
    asked jsonb := jsonb_build_object('login', p_login, 'roles', to_jsonb(p_roles), 'profile', p_profile);
BEGIN
    wait_s := 0;
    INSERT INTO users (key, login, password_hash, roles, profile, registration)
        VALUES (p_key, p_login, p_password_hash, p_roles, p_profile, asked)
        ON CONFLICT DO NOTHING RETURNING * INTO account;
    replayed := NOT FOUND;
    IF NOT replayed THEN
        RETURN;
    END IF;
    SELECT * INTO account FROM users WHERE key = p_key;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the login name % is taken', p_login USING ERRCODE = 'PY101';
    ELSIF account.registration <> asked THEN
        RAISE EXCEPTION 'the key % was used with another body', p_key USING ERRCODE = 'PY004';
    END IF;
    wait_s := count_attempt(p_login, p_burst, p_refill_s);
    PERFORM wait_behind();
END $$;
