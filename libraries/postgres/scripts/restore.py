"""A backup back into a database."""

import os
import sys

from tools import run, say, setting, verified

output = verified()
arguments = ["--no-password", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
if setting("CLEAN") == "true":
    arguments += ["--clean", "--if-exists"]
run("pg_restore", *arguments, f"--dbname={os.environ['PGDATABASE']}", "--", str(output["file"]))
sys.stdout.write(f"{output['file']} is restored: {output['tables']} tables\n")
say(output)
