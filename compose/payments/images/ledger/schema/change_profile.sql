-- The user whose token this is; no row when it is nobody's.
CREATE FUNCTION identity.me(p_token_sha256 bytea) RETURNS SETOF identity.users
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = identity, pg_temp AS $$
    SELECT u.* FROM users u JOIN principal(p_token_sha256) p ON u.user_id = p.user_id::uuid
$$;

-- Changes the profile of the user whose token this is, if his version is one of p_versions (null: whichever it is).
-- A field that the patch sets to null goes. Without a valid token, account is null; with another version, changed is
-- false and account shows what is there. The same change again, by the key of the last one, changes nothing and is
-- answered as the first was. PY004: that key came with another patch.
CREATE FUNCTION identity.change_profile(p_token_sha256 bytea, p_versions bigint[], p_patch jsonb, p_key text,
                                        OUT changed boolean, OUT replayed boolean, OUT account identity.users)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = identity, pg_temp AS $$
BEGIN
    changed := false;
    replayed := false;
    -- The row is locked before its version is looked at: of two changes on one version the second sees the first.
    SELECT u.* INTO account FROM users u
        WHERE user_id = (SELECT p.user_id::uuid FROM principal(p_token_sha256) p) FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF account.last_key = p_key THEN
        IF account.last_change <> p_patch THEN
            RAISE EXCEPTION 'the key % was used with another body', p_key USING ERRCODE = 'PY004';
        END IF;
        changed := true;
        replayed := true;
        PERFORM wait_behind();
    ELSIF p_versions IS NULL OR account.version = ANY (p_versions) THEN
        UPDATE users SET profile = jsonb_strip_nulls(profile || p_patch), version = version + 1,
                last_key = p_key, last_change = p_patch
            WHERE user_id = account.user_id RETURNING * INTO STRICT account;
        changed := true;
    END IF;
END $$;
