-- What people have set about workers. state: active, cordoned (it gets no more steps), or draining (it also ends once it
-- is idle). state_by, state_reason, state_at: who has set it, and when; null if nobody has. slots: the number of steps
-- that it runs at a time; null for older workers.

ALTER TABLE workers
    ADD state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'cordoned', 'draining')),
    ADD state_by text,
    ADD state_reason text,
    ADD state_at timestamptz,
    ADD slots integer;
