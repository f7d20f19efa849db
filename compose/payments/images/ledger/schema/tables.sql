-- The books. Names compare byte by byte (collation C), so that pages by key mean the same everywhere.
CREATE SCHEMA books;

CREATE TABLE books.accounts (
    account_id      text COLLATE "C" PRIMARY KEY CHECK (length(account_id) BETWEEN 1 AND 128),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    may_be_negative boolean NOT NULL,
    balance         bigint NOT NULL DEFAULT 0,   -- minor units; the sum of the account's entries
    opened_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT sufficient_funds CHECK (may_be_negative OR balance >= 0)
);

CREATE TABLE books.payments (
    payment_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    key        text COLLATE "C" NOT NULL UNIQUE CHECK (length(key) BETWEEN 1 AND 255),
    debtor     text COLLATE "C" NOT NULL REFERENCES books.accounts,
    creditor   text COLLATE "C" NOT NULL REFERENCES books.accounts,
    amount     bigint NOT NULL CHECK (amount > 0),   -- minor units
    currency   text NOT NULL,
    status     text NOT NULL DEFAULT 'booked' CHECK (status IN ('booked')),
    booked_at  timestamptz NOT NULL DEFAULT now(),
    CHECK (debtor <> creditor)
);

CREATE TABLE books.entries (
    payment_id uuid NOT NULL REFERENCES books.payments,
    account_id text COLLATE "C" NOT NULL REFERENCES books.accounts,
    amount     bigint NOT NULL CHECK (amount <> 0),  -- minor units; a credit is above 0
    currency   text NOT NULL,
    PRIMARY KEY (payment_id, account_id)
);
