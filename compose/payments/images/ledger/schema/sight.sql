-- How far a node's copy has come: read your writes, on whichever node is asked.
--
-- A function that reads calls may_answer() first and sight() last, and is VOLATILE, so each of its statements looks
-- anew: when p_after was reached beforehand, everything up to it is seen, and what is seen was committed before or at
-- the position that is asked for after it.

-- The primary has everything: only its word makes something absent, and no position is ahead of it.
CREATE FUNCTION books.may_answer(p_after pg_lsn) RETURNS boolean
LANGUAGE sql VOLATILE AS $$
    SELECT NOT pg_is_in_recovery() OR p_after IS NULL OR p_after <= pg_last_wal_replay_lsn()
$$;

-- The node, and a position at or beyond all that was seen. On a replica a commit can be seen an instant before the
-- replayed position says so; the received position is beyond it.
CREATE FUNCTION books.sight(OUT reader text, OUT read_at pg_lsn)
LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(current_setting('ledger.node', true), 'ledger'),
           CASE WHEN pg_is_in_recovery() THEN greatest(pg_last_wal_replay_lsn(), pg_last_wal_receive_lsn())
                ELSE pg_current_wal_insert_lsn() END
$$;

-- A time as it is sent: UTC, with all of its microseconds.
CREATE FUNCTION books.zulu(p_at timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
