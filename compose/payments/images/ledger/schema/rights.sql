-- Least rights: the service reads the books and writes them only through the functions.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA books FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA books TO payments;
GRANT SELECT ON ALL TABLES IN SCHEMA books TO payments;
GRANT EXECUTE ON FUNCTION books.pay, books.open_account TO payments;
