import pytest

from stroem.server.api.jobs.error_lines import error_line


@pytest.mark.parametrize(
    ("stderr", "line"),
    [
        ("fatal: not a git repository\n", "fatal: not a git repository"),
        ("error: one\nnote: see below\nerror: two\n2 problems", "error: two"),
        ("Traceback …\n    raise ValueError('x')\nValueError: x", "ValueError: x"),
        ("Traceback …\n    raise ValueError('x')\nshop.Missing: x", "shop.Missing: x"),
        (
            "thread 'main' panicked at src/main.rs:4:5:\nindex out of bounds\n",
            "thread 'main' panicked at src/main.rs:4:5: index out of bounds",
        ),
        ("panic: nil map\n\ngoroutine 1 [running]:\nexit status 2", "panic: nil map"),
        ("npm ERR! missing script: build\n\nsee the log", "npm ERR! missing script: build"),
        ("\x1b[31merror\x1b[0m: no space", "error: no space"),
        ("bash: line 1: foo: command not found\n\n", "bash: line 1: foo: command not found"),
        ("cannot open x\n0 errors before", "0 errors before"),
    ],
)
def test_of_an_exit_code_the_most_telling_line_of_standard_error(stderr: str, line: str) -> None:
    assert error_line(f"Exit code: 1\nStderr: {stderr}") == line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        ("Exit code: 137 (as a shell reports SIGKILL)", "Exit code: 137 (as a shell reports SIGKILL)"),
        ("\nno such table\nerror at line 3", "no such table"),
        ("", ""),
    ],
)
def test_of_other_errors_the_first_line(error: str, line: str) -> None:
    assert error_line(error) == line
