-- Who may ask for what: users, their sessions, and how often a log-in may be tried. docs/users.md explains it.
-- Nobody but the owner reads or writes these tables except through functions: those of register.sql, log_in.sql,
-- change_profile.sql and change_password.sql are the users service's; the payments service calls identity.principal alone.
CREATE SCHEMA identity;

CREATE TABLE identity.users (
    user_id       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    login         text COLLATE "C" NOT NULL UNIQUE CHECK (length(login) BETWEEN 1 AND 128),
    password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    roles         text[] NOT NULL
        CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['payer', 'approver', 'auditor']),
    profile       jsonb NOT NULL CHECK (jsonb_typeof(profile) = 'object'),
    version       bigint NOT NULL DEFAULT 1,      -- what ETag shows
    -- What a repeated request is held against. The registration's body stands here without its password.
    key           text COLLATE "C" NOT NULL UNIQUE CHECK (length(key) BETWEEN 1 AND 255),
    registration  jsonb NOT NULL,
    last_key      text COLLATE "C",
    last_change   jsonb,
    password_key  text COLLATE "C",               -- of the request that set this password; null: the registration
    registered_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE identity.sessions (
    token_sha256 bytea PRIMARY KEY CHECK (length(token_sha256) = 32),
    user_id      uuid NOT NULL REFERENCES identity.users,
    begun_at     timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz
);
CREATE INDEX sessions_expire ON identity.sessions (expires_at);
CREATE INDEX sessions_of_user ON identity.sessions (user_id) WHERE ended_at IS NULL;

-- A row that is full again says as much as none, so it may be deleted: made-up login names fill no disk.
CREATE TABLE identity.attempts (
    login   text COLLATE "C" PRIMARY KEY,
    full_at timestamptz NOT NULL                  -- when the allowance of attempts is whole again
);
CREATE INDEX attempts_full ON identity.attempts (full_at);

-- Whose token this is: no row when it is unknown, ended or expired.
CREATE FUNCTION identity.principal(p_token_sha256 bytea) RETURNS TABLE (user_id text, roles text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = identity, pg_temp AS $$
    SELECT u.user_id::text, u.roles FROM sessions s JOIN users u USING (user_id)
    WHERE s.token_sha256 = p_token_sha256 AND s.ended_at IS NULL AND s.expires_at > clock_timestamp()
$$;

-- A repeated answer may stand on a commit that no replica has: as in books.pay(), this makes the COMMIT of the
-- repetition wait for replication behind it.
CREATE FUNCTION identity.wait_behind() RETURNS void LANGUAGE sql AS $$
    SELECT pg_logical_emit_message(true, 'replay', '')
$$;
