"""The scripts that the runner suite runs."""


class Scripts:
    """Scripts of the suite, for a POSIX shell.

    A runner that takes another language overrides these. One that cannot do what a script does calls `pytest.skip`.
    """

    def exits(self, code: int) -> str:
        """Ends with an exit code."""
        return f"exit {code}"

    def dies(self) -> str:
        """Ends itself by SIGKILL."""
        return "kill -KILL $$"

    def prints(self, data: bytes) -> str:
        """Prints these bytes and nothing else to standard output."""
        octal = "".join(f"\\{byte:03o}" for byte in data)
        return f"printf '{octal}'"

    def counts(self, lines: int) -> str:
        """Prints `out0`, `out1`, … to standard output and `err0`, … to standard error, by turns, a line each."""
        return f"i=0; while [ $i -lt {lines} ]; do echo out$i; echo err$i >&2; i=$((i+1)); done"

    def prints_much(self, *, stdout: int, stderr: int) -> str:
        """Prints so many `e` to standard error, then so many `o` to standard output."""
        return f"head -c {stderr} /dev/zero | tr '\\0' e >&2; head -c {stdout} /dev/zero | tr '\\0' o"

    def waits_for(self, file: str, *, before: str, after: str) -> str:
        """Prints a line, waits until there is a file in its directory, prints another line."""
        return f"echo {before}; while [ ! -e {file} ]; do sleep 0.01; done; echo {after}"

    def prints_environment(self) -> str:
        """Prints its environment as `/proc/self/environ` has it: `NAME=value`, a NUL after each."""
        return "env -0 2>/dev/null || tr '\\n' '\\0' </proc/self/environ"

    def uses_files(self) -> str:
        """Prints the file `given.txt`, then writes the line `changed` to it and the line `made` to `made.txt`."""
        return "cat given.txt; echo made > made.txt; echo changed > given.txt"

    def uses_folders(self) -> str:
        """Prints `given.txt` of the folder `$GIVEN`, and writes `made.txt` to the folder `$MADE`."""
        return 'cat "$GIVEN/given.txt"; echo made > "$MADE/made.txt"'

    def meets(self, others: int) -> str:
        """Prints the variable NAME as a line, makes a file `../../$NAME`, waits until there are so many files
        `../../ready-*`, and prints NAME again.
        """
        waits = f"while [ $(ls ../.. | grep -c ready-) -lt {others} ]; do sleep 0.01; done"
        return f'echo $NAME > "../../$NAME"; {waits}; echo $NAME'

    def tidies_up(self) -> str:
        """Prints the line `ready` and runs on; when it is asked to end, prints `tidied` and exits with 0."""
        return "trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.01; done"

    def refuses(self, marker: str) -> str:
        """Prints `ready` and runs on, with a child that has the marker as an argument; neither ends when asked to."""
        child = f"sh -c 'trap \"\" TERM; while :; do sleep 0.05; done' {marker}"
        return f"trap '' TERM; {child} & echo ready; wait; sleep 99"

    def waits_for_child(self, marker: str) -> str:
        """Prints `ready` and waits for a child that runs on, with the marker as an argument."""
        return f"{self._child(marker)} & echo ready; wait"

    def leaves_child(self, marker: str) -> str:
        """Prints `started` and ends with 0, while a child with the marker as an argument runs on."""
        return f"{self._child(marker)} & echo started"

    def leaves_session(self, marker: str) -> str:
        """The same, with a child in a session of its own."""
        return f"setsid {self._child(marker)} </dev/null >/dev/null 2>&1 & echo started"

    def _child(self, marker: str) -> str:
        return f"sh -c 'while :; do sleep 0.05; done' {marker}"
