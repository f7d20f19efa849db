-- The books. Names compare byte by byte (collation C), so that pages by key mean the same everywhere.
CREATE SCHEMA books;

CREATE TABLE books.accounts (
    -- A client's name has 128 characters at most; the '/hold' of a hold account comes on top.
    account_id      text COLLATE "C" PRIMARY KEY CHECK (length(account_id) BETWEEN 1 AND 133),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    may_be_negative boolean NOT NULL,
    balance         bigint NOT NULL DEFAULT 0,   -- minor units; the sum of the account's entries
    owner           text,                        -- the user who alone may pay from it; null: anybody
    opened_at       timestamptz NOT NULL DEFAULT now(),
    booked_until    timestamptz NOT NULL DEFAULT '-infinity',  -- of the newest entry: the next one is later
    CONSTRAINT sufficient_funds CHECK (may_be_negative OR balance >= 0)
);

-- A direct payment is booked at once and never changes. One with a creator is approved by another person and then
-- settled; meanwhile its money waits on the debtor's own hold account, so that no row is hot.
CREATE TABLE books.payments (
    payment_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    key        text COLLATE "C" NOT NULL UNIQUE CHECK (length(key) BETWEEN 1 AND 255),
    debtor     text COLLATE "C" NOT NULL REFERENCES books.accounts,
    creditor   text COLLATE "C" NOT NULL REFERENCES books.accounts,
    amount     bigint NOT NULL CHECK (amount > 0),   -- minor units
    currency   text NOT NULL,
    status     text NOT NULL DEFAULT 'booked'
               CHECK (status IN ('booked', 'created', 'approved', 'settled', 'rejected', 'failed')),
    creator    text,                                 -- the user who asked for it
    hold       text COLLATE "C" REFERENCES books.accounts,
    changed_by text,                                 -- who made the last move: a user, or a settlement worker
    booked_at  timestamptz NOT NULL DEFAULT now(),
    CHECK (debtor <> creditor),
    CHECK (position('/' IN debtor || creditor) = 0), -- a hold account is no party
    CHECK (num_nulls(creator, hold, changed_by) = CASE status WHEN 'booked' THEN 3 ELSE 0 END)
);
-- A page of an account's payments in one status is one walk down an index, however many others there are.
CREATE INDEX payments_of_debtor ON books.payments (debtor, status, booked_at, payment_id);
CREATE INDEX payments_of_creditor ON books.payments (creditor, status, booked_at, payment_id);

-- Step 0 takes the money from the debtor, step 1 from the hold account. The key lets each happen once.
--
-- Each entry has the account's balance after it, so a statement of any period costs what it shows. An account's
-- entries are made one at a time (its row is locked), each at a later time than the one before, whatever the clocks
-- of two primaries say: booked_at is their order.
CREATE TABLE books.entries (
    payment_id uuid NOT NULL REFERENCES books.payments,
    account_id text COLLATE "C" NOT NULL REFERENCES books.accounts,
    amount     bigint NOT NULL CHECK (amount <> 0),  -- minor units; a credit is above 0
    currency   text NOT NULL,
    step       smallint NOT NULL CHECK (step IN (0, 1)),
    booked_at  timestamptz NOT NULL,
    balance    bigint NOT NULL,                      -- of the account, with this entry
    PRIMARY KEY (payment_id, step, account_id),
    UNIQUE (account_id, booked_at)
);

-- Who approved or rejected what, by the key of that request.
CREATE TABLE books.decisions (
    key        text COLLATE "C" PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 255),
    payment_id uuid NOT NULL UNIQUE REFERENCES books.payments,
    decision   text NOT NULL CHECK (decision IN ('approved', 'rejected')),
    actor      text NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now()
);

-- Approved and not yet settled: written with the approval, gone with the settlement.
CREATE TABLE books.outbox (
    payment_id  uuid PRIMARY KEY REFERENCES books.payments,
    approved_at timestamptz NOT NULL DEFAULT now(),
    attempts    integer NOT NULL DEFAULT 0,          -- how often a worker took it
    strikes     integer NOT NULL DEFAULT 0,          -- answers that were no answer to this item
    next_at     timestamptz NOT NULL DEFAULT now(),  -- nobody takes it before
    parked      boolean NOT NULL DEFAULT false,      -- nobody takes it at all, until an operator looks
    last_error  text
);
CREATE INDEX outbox_due ON books.outbox (next_at) WHERE NOT parked;

-- The audit trail: each row seals the one before it in its chain. Sixteen chains, so that the moves of different
-- payments seldom wait for each other.
CREATE TABLE books.audit (
    chain       smallint NOT NULL,
    number      bigint NOT NULL,                     -- from 1, without a gap
    payment_id  uuid NOT NULL REFERENCES books.payments,
    from_status text,                                -- null: it was made
    to_status   text NOT NULL,
    actor       text NOT NULL,
    at          timestamptz NOT NULL,
    content     text NOT NULL,                       -- all of the above and the terms, as a JSON array
    previous    text NOT NULL,                       -- hash of the row before; 64 zeros for the first
    hash        text NOT NULL,                       -- SHA-256 of previous and content, in hex
    PRIMARY KEY (chain, number),
    UNIQUE (payment_id, to_status)
);
CREATE TABLE books.audit_heads (
    chain  smallint PRIMARY KEY,
    number bigint NOT NULL,
    hash   text NOT NULL
);
INSERT INTO books.audit_heads SELECT chain, 0, repeat('0', 64) FROM generate_series(0, 15) chain;
