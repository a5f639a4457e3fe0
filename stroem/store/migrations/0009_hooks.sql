-- hook_of: the job of which a job is a hook.

ALTER TABLE jobs ADD hook_of uuid;
