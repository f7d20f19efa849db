-- One payment as a node knows it, read no earlier than a position of the log: read your writes.
--
-- The function is VOLATILE, so each of its statements looks anew: what is read was committed before or at a position
-- that was asked after it, and when p_after was reached beforehand, everything up to it is seen. On a replica a
-- commit can be seen an instant before the replayed position says so; the received position is beyond it.
CREATE FUNCTION books.payment_at(p_payment_id uuid, p_after pg_lsn, OUT reached boolean, OUT payment books.payments,
                                 OUT read_at pg_lsn)
LANGUAGE plpgsql VOLATILE SET search_path = books, pg_temp AS $$
DECLARE
    copy boolean := pg_is_in_recovery();
BEGIN
    -- The primary has everything: only its word makes a payment absent, and no position is ahead of it.
    reached := NOT copy OR p_after IS NULL OR p_after <= pg_last_wal_replay_lsn();
    IF reached THEN
        SELECT * INTO payment FROM payments WHERE payment_id = p_payment_id;
    END IF;
    read_at := CASE WHEN copy THEN greatest(pg_last_wal_replay_lsn(), pg_last_wal_receive_lsn())
                    ELSE pg_current_wal_insert_lsn() END;
END $$;
