-- Accounts of people who sign in by a provider. issuer, subject: the names for good that the provider gives the person;
-- where nobody issues the subject but an entry of the settings, issuer is `provider:` and its id. provider: the id in the
-- settings by which the person came last.

CREATE TABLE account_links (
    issuer text NOT NULL,
    subject text NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    provider text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX account_links_by_account ON account_links (account_id);

-- provider: by which a session has begun, NULL for a password. logout_hint: what the provider wants to see at its end.

ALTER TABLE sessions ADD COLUMN provider text;
ALTER TABLE sessions ADD COLUMN logout_hint text;
