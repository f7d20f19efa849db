-- A negative control: the key is written down and nobody looks for it, as in a service whose keys were an afterthought.
-- Whoever sends a payment again, because its answer was lost, pays again.
ALTER TABLE books.payments DROP CONSTRAINT payments_key_key;
CREATE INDEX payments_key ON books.payments (key);
CREATE OR REPLACE FUNCTION books.saved(p_key text) RETURNS SETOF books.payments LANGUAGE sql STABLE AS $$
    SELECT * FROM books.payments WHERE false
$$;
