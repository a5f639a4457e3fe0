-- Requests to webhooks, and what became of them. trigger: the name of the trigger in its workspace. key: of the fire, if
-- it is an id of the sender's. fire: what a redelivery needs, {context, files}; NULL if it is too large, or of requests
-- that were refused. redelivery_of: the delivery that was delivered again.

CREATE TABLE hook_deliveries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace text NOT NULL,
    trigger text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    method text NOT NULL,
    remote text NOT NULL,
    size_bytes bigint NOT NULL,
    verdict text NOT NULL,
    reason text,
    key text,
    job_id uuid,
    redelivery_of bigint,
    actor text,
    fire jsonb
);
CREATE INDEX hook_deliveries_by_trigger ON hook_deliveries (workspace, trigger, id DESC);
CREATE INDEX hook_deliveries_by_age ON hook_deliveries (at);

-- Rates of webhooks: the requests of the current window of time, and of the one before. number: of the window.

CREATE TABLE hook_rates (
    workspace text NOT NULL,
    trigger text NOT NULL,
    number bigint NOT NULL,
    count bigint NOT NULL,
    former bigint NOT NULL,
    PRIMARY KEY (workspace, trigger)
);
