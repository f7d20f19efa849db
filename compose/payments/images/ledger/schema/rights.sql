-- Least rights: the payments service reads the books, writes them only through the functions, and of the users it
-- may ask whose token it was given. The users service has functions alone.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA books, identity FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA books TO payments, settlement;
GRANT SELECT ON ALL TABLES IN SCHEMA books TO payments, settlement;
GRANT EXECUTE ON FUNCTION books.pay, books.open_account, books.create_payment, books.decide TO payments;
GRANT EXECUTE ON FUNCTION books.may_answer, books.sight, books.zulu, books.payment_at, books.account_at,
    books.payments_of, books.statement_of TO payments;
GRANT EXECUTE ON FUNCTION books.take_from_outbox, books.finish, books.postpone TO settlement;
GRANT USAGE ON SCHEMA identity TO payments, users;
GRANT EXECUTE ON FUNCTION identity.principal TO payments, users;
GRANT EXECUTE ON FUNCTION identity.register, identity.try_log_in, identity.begin_session, identity.end_session,
    identity.me, identity.change_profile, identity.try_password, identity.change_password TO users;
