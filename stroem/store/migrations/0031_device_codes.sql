-- Programs that wait for a person to let them in (RFC 8628). hash, code_hash: SHA-256 of what the program knows, and of what the
-- person types. account_id: who has let it in. polled_at: when the program has asked last.

CREATE TABLE device_codes (
    hash bytea PRIMARY KEY,
    code_hash bytea NOT NULL UNIQUE,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'denied')),
    account_id uuid REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    address text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    polled_at timestamptz
);
CREATE INDEX device_codes_by_account ON device_codes (account_id);
CREATE INDEX device_codes_by_expiry ON device_codes (expires_at);
