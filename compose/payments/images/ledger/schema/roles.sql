-- Who may come in. The passwords come from the environment and go into no log, not even when this fails.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
\getenv app_password LEDGER_APP_PASSWORD
\getenv settlement_password LEDGER_SETTLEMENT_PASSWORD
\getenv users_password LEDGER_USERS_PASSWORD
\getenv observer_password LEDGER_OBSERVER_PASSWORD

-- The service: may call the functions that keep the books, and read. It cannot write a table itself.
--
-- CONNECTION LIMIT: a commit that waits for a standby outlives the client that gave up on it, and its client comes
-- again on another session. Without a bound, a cluster that has no standby for some seconds runs out of sessions, and
-- the replica that has to be rewound before it can be that standby finds no slot (seen: 15 s more).
CREATE ROLE payments LOGIN CONNECTION LIMIT 140 PASSWORD :'app_password';
ALTER ROLE payments SET default_transaction_isolation = 'read committed';
ALTER ROLE payments SET synchronous_commit = 'on';
-- Shorter than the service's deadline (1.5 s): who waits for a lock is told so, surely without effect.
ALTER ROLE payments SET lock_timeout = '1s';

-- The settlement workers: may call the functions that settle, and look at the books.
CREATE ROLE settlement LOGIN CONNECTION LIMIT 40 PASSWORD :'settlement_password';
ALTER ROLE settlement SET default_transaction_isolation = 'read committed';
ALTER ROLE settlement SET synchronous_commit = 'on';
ALTER ROLE settlement SET lock_timeout = '1s';

-- The users service, in the same way: it may call the functions of schema identity, and read no table of it.
CREATE ROLE users LOGIN CONNECTION LIMIT 40 PASSWORD :'users_password';
ALTER ROLE users SET default_transaction_isolation = 'read committed';
ALTER ROLE users SET synchronous_commit = 'on';
ALTER ROLE users SET lock_timeout = '1s';

-- The operators: nobody logs in as one. Whoever may come in on a ledger node takes the role, to have no more rights
-- than its functions give.
CREATE ROLE operator NOLOGIN;

-- The observer of the final state: reads everything, writes nothing.
CREATE ROLE observer LOGIN PASSWORD :'observer_password';
GRANT pg_monitor, pg_read_all_data TO observer;
ALTER ROLE observer SET default_transaction_read_only = 'on';

CREATE DATABASE ledger;
REVOKE ALL ON DATABASE ledger FROM PUBLIC;
GRANT CONNECT ON DATABASE ledger TO payments, settlement, users, observer;
