-- Tasks whose jobs triggers hear. children: also jobs that steps of other jobs have started.

CREATE TABLE trigger_listens (
    heard_workspace text NOT NULL,
    heard_task text NOT NULL,
    workspace text NOT NULL,
    trigger text NOT NULL,
    children boolean NOT NULL,
    PRIMARY KEY (heard_workspace, heard_task, workspace, trigger)
);
CREATE INDEX trigger_listens_by_trigger ON trigger_listens (workspace, trigger);

-- Ends of jobs that triggers have yet to hear, in the order of their ids. depth: the number of such triggers that led to
-- the job.

CREATE TABLE job_outcomes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace text NOT NULL,
    trigger text NOT NULL,
    job_id uuid NOT NULL,
    depth integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX job_outcomes_by_trigger ON job_outcomes (workspace, trigger, id);
