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
