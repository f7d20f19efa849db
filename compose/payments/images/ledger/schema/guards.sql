-- Double entry, held by the database: whoever writes an entry or a payment, at COMMIT the entries of each payment
-- touched must be there and sum to 0 in each currency, or the transaction is refused.
CREATE FUNCTION books.must_balance() RETURNS trigger LANGUAGE plpgsql SET search_path = books AS $$
DECLARE
    touched uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.payment_id ELSE NEW.payment_id END;
BEGIN
    IF EXISTS (SELECT FROM entries WHERE payment_id = touched GROUP BY currency HAVING sum(amount) <> 0)
       OR (TG_TABLE_NAME = 'payments' AND NOT EXISTS (SELECT FROM entries WHERE payment_id = touched)) THEN
        RAISE EXCEPTION 'the entries of payment % do not balance', touched USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER entries_balance AFTER INSERT OR UPDATE OR DELETE ON books.entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION books.must_balance();
CREATE CONSTRAINT TRIGGER payments_have_entries AFTER INSERT ON books.payments
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION books.must_balance();

-- A status moves on, never back and without a jump; nothing else of a payment changes, and none goes away.
CREATE FUNCTION books.must_move_on() RETURNS trigger LANGUAGE plpgsql SET search_path = books AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        RAISE EXCEPTION 'a payment cannot begin as %', NEW.status USING ERRCODE = 'check_violation';
    ELSIF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'payment % cannot go away', OLD.payment_id USING ERRCODE = 'check_violation';
    ELSIF (OLD.status, NEW.status) NOT IN (('created', 'approved'), ('created', 'rejected'),
                                           ('approved', 'settled'), ('approved', 'failed')) THEN
        RAISE EXCEPTION 'payment % cannot move from % to %', OLD.payment_id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    ELSIF (OLD.payment_id, OLD.key, OLD.debtor, OLD.creditor, OLD.amount, OLD.currency, OLD.creator, OLD.hold,
           OLD.booked_at) IS DISTINCT FROM
          (NEW.payment_id, NEW.key, NEW.debtor, NEW.creditor, NEW.amount, NEW.currency, NEW.creator, NEW.hold,
           NEW.booked_at) THEN
        RAISE EXCEPTION 'the terms of payment % cannot change', OLD.payment_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payments_begin BEFORE INSERT ON books.payments
    FOR EACH ROW WHEN (NEW.status NOT IN ('booked', 'created')) EXECUTE FUNCTION books.must_move_on();
CREATE TRIGGER payments_move_on BEFORE UPDATE OR DELETE ON books.payments
    FOR EACH ROW EXECUTE FUNCTION books.must_move_on();

-- The money is where the status says: at COMMIT, whatever moved it.
CREATE FUNCTION books.must_be_where_it_says() RETURNS trigger LANGUAGE plpgsql SET search_path = books AS $$
DECLARE
    p payments;
    held boolean;
    moved boolean;
BEGIN
    SELECT * INTO STRICT p FROM payments WHERE payment_id = NEW.payment_id;
    held := p.status IN ('created', 'approved');
    moved := p.status = 'settled';
    IF (SELECT (coalesce(sum(amount) FILTER (WHERE account_id = p.debtor), 0),
                coalesce(sum(amount) FILTER (WHERE account_id = p.hold), 0),
                coalesce(sum(amount) FILTER (WHERE account_id = p.creditor), 0))
        FROM entries WHERE payment_id = p.payment_id)
       IS DISTINCT FROM (SELECT (CASE WHEN held OR moved THEN -p.amount ELSE 0 END::numeric,
                                 CASE WHEN held THEN p.amount ELSE 0 END::numeric,
                                 CASE WHEN moved THEN p.amount ELSE 0 END::numeric)) THEN
        RAISE EXCEPTION 'the money of payment % is not where % says', p.payment_id, p.status
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER payments_money AFTER INSERT OR UPDATE ON books.payments
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.creator IS NOT NULL)
    EXECUTE FUNCTION books.must_be_where_it_says();
