-- error_kind, exit_code: of the error of the last attempt of a step, and of its former attempts.

ALTER TABLE steps ADD error_kind text, ADD exit_code integer;
ALTER TABLE attempts ADD error_kind text, ADD exit_code integer;
