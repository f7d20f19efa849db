-- Least rights: the service reads the books and writes them only through the functions.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA books FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA books TO payments, settlement;
GRANT SELECT ON ALL TABLES IN SCHEMA books TO payments, settlement;
GRANT EXECUTE ON FUNCTION books.pay, books.open_account, books.create_payment, books.decide, books.payment_at
    TO payments;
GRANT EXECUTE ON FUNCTION books.take_from_outbox, books.finish, books.postpone TO settlement;
