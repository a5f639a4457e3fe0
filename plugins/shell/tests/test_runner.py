"""The shell runner passes the suite of all runners; what only it does is tested here."""

import shutil
import sys
from pathlib import Path

import attrs
import pytest

from stroem.definitions.action import Action
from stroem.interfaces.runner import Runner, RunnerFailed, StepOrder
from stroem.testing.runner_conformance import CollectedOutput, RunnerConformance, make_order
from stroem_shell.command import TOOLCHAINS, languages_on
from stroem_shell.runner import ShellRunner


class TestShellRunner(RunnerConformance):
    """The suite of all runners."""

    def make_runner(self) -> Runner:
        return ShellRunner()


async def run(order: StepOrder, runner: ShellRunner | None = None) -> tuple[int, bytes, bytes]:
    """Exit code, standard output and standard error."""
    output = CollectedOutput()
    code = await (runner or ShellRunner()).run(order, output)
    return code, output.data["stdout"], output.data["stderr"]


def script(tmp_path: Path, text: str | None = None, **fields: object) -> StepOrder:
    """An order for a script action."""
    action = Action(type="script", script=text, **fields)  # type: ignore[arg-type]
    return make_order(tmp_path, "area", action)


def source(tmp_path: Path, content: str, *, mode: int, **fields: object) -> StepOrder:
    """An order for a script file."""
    order = script(tmp_path, source="run.sh", **fields)
    path = order.directory / "run.sh"
    path.write_text(content)
    path.chmod(mode)
    return attrs.evolve(order, source=path)


def only(tmp_path: Path, order: StepOrder, *programs: str) -> StepOrder:
    """The order with a PATH on which there are only these programs."""
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    for program in programs:
        found = shutil.which(program)
        assert found
        (bin_dir / program).symlink_to(found)
    return attrs.evolve(order, env={**order.env, "PATH": str(bin_dir)})


def fake(tmp_path: Path, order: StepOrder, program: str) -> StepOrder:
    """The order with a PATH on which there is one program, which prints its arguments."""
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    (bin_dir / program).write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (bin_dir / program).chmod(0o755)
    return attrs.evolve(order, env={**order.env, "PATH": str(bin_dir)})


async def test_arguments_reach_an_inline_script(tmp_path: Path) -> None:
    order = script(tmp_path, 'printf "%s|" "$@"', args=("a b", "", "$HOME"))
    assert await run(order) == (0, b"a b||$HOME|", b"")


async def test_a_script_longer_than_one_argument_may_be(tmp_path: Path) -> None:
    order = script(tmp_path, "x=1\n" * 60_000 + 'echo "$x $1"', args=("last",))
    assert await run(order) == (0, b"1 last\n", b"")
    assert list(order.directory.iterdir()) == []


async def test_an_executable_file_is_run_by_its_first_line(tmp_path: Path) -> None:
    order = source(tmp_path, "#!/usr/bin/env python3\nimport sys; print(sys.argv[1:])", mode=0o755, args=("x",))
    assert await run(order) == (0, b"['x']\n", b"")


async def test_an_executable_file_without_a_first_line_is_a_shell_script(tmp_path: Path) -> None:
    assert await run(source(tmp_path, "echo $1", mode=0o755, args=("x",))) == (0, b"x\n", b"")


async def test_a_file_that_is_not_executable_is_a_shell_script(tmp_path: Path) -> None:
    assert await run(source(tmp_path, "echo $1", mode=0o644, args=("x",))) == (0, b"x\n", b"")


async def test_a_missing_interpreter_is_named(tmp_path: Path) -> None:
    order = source(tmp_path, "#!/no/such/program\n", mode=0o755)
    with pytest.raises(RunnerFailed, match="interpreter that its first line names"):
        await run(order)


async def test_an_interpreter_of_ones_own(tmp_path: Path) -> None:
    order = script(tmp_path, 'echo "${BASH_VERSION:+bash} $1"', interpreter="bash", args=("x",))
    assert await run(order) == (0, b"bash x\n", b"")


async def test_python_inline_can_import_from_the_workspace(tmp_path: Path) -> None:
    order = script(tmp_path, "import helper, sys; print(helper.NAME, sys.argv[1:])", language="python", args=("x",))
    (order.directory / "helper.py").write_text("NAME = 'helper'")
    order = attrs.evolve(order, action=attrs.evolve(order.action, interpreter="python3"))
    assert await run(order) == (0, b"helper ['x']\n", b"")


async def test_python_without_uv(tmp_path: Path) -> None:
    order = fake(tmp_path, script(tmp_path, "print('plain')", language="python"), "python3")
    _, printed, _ = await run(order)
    assert printed.decode().split() == [str(order.directory / "stroem_script.py")]
    assert (order.directory / "stroem_script.py").read_text() == "print('plain')"


async def test_dependencies_without_uv_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    order = only(tmp_path, script(tmp_path, "x", language="python", dependencies=("rich",)), "python3")
    with pytest.raises(RunnerFailed, match="pip install uv") as failed:
        await run(order)
    assert "interpreter" not in str(failed.value)


async def test_dependencies_of_other_languages_are_refused(tmp_path: Path) -> None:
    for language, told in (("shell", "set `language`"), ("go", "go.mod")):
        with pytest.raises(RunnerFailed, match=told):
            await run(script(tmp_path / language, "x", dependencies=("rich",), language=language))


@pytest.mark.parametrize(
    ("language", "program", "arguments"),
    [
        ("javascript", "bun", ["run", "stroem_script.js"]),
        ("javascript", "node", ["stroem_script.js"]),
        ("typescript", "bun", ["run", "stroem_script.ts"]),
        ("typescript", "deno", ["run", "--allow-all", "stroem_script.ts"]),
        ("go", "go", ["run", "stroem_script.go"]),
    ],
)
async def test_each_language_has_its_programs(
    tmp_path: Path, language: str, program: str, arguments: list[str]
) -> None:
    order = fake(tmp_path, script(tmp_path, "x", language=language, args=("last",)), program)
    _, printed, _ = await run(order)
    *first, file, last = printed.decode().split()
    assert [*first, Path(file).name, last] == [*arguments, "last"]


async def test_a_language_without_a_program_says_what_to_install(tmp_path: Path) -> None:
    order = only(tmp_path, script(tmp_path, "x", language="typescript"))
    with pytest.raises(RunnerFailed, match="typescript needs bun or deno"):
        await run(order)


async def test_actions_for_containers_are_refused(tmp_path: Path) -> None:
    order = make_order(tmp_path, "area", Action(type="docker", image="alpine"))
    with pytest.raises(RunnerFailed, match="script actions only"):
        await run(order)


async def test_an_environment_that_is_too_large_is_explained(tmp_path: Path) -> None:
    order = attrs.evolve(script(tmp_path, "true"), env={"HUGE": "x" * 3_000_000})
    with pytest.raises(RunnerFailed, match="larger than the system takes"):
        await run(order)


async def test_the_operator_passes_variables_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    monkeypatch.setenv("OTHER", "no")
    monkeypatch.setenv("STROEM__WORKER_TOKEN", "secret")
    order = script(tmp_path, 'echo "$AWS_REGION,$OTHER,$STROEM__WORKER_TOKEN"')
    assert await run(order, ShellRunner(pass_env=("AWS_*", "STROEM*"))) == (0, b"eu-north-1,,\n", b"")


async def test_temporary_files_go_beside_the_workspace(tmp_path: Path) -> None:
    order = script(tmp_path, 'test -n "$(mktemp)" && ls "$TMPDIR" | wc -l')
    assert (await run(order))[1].strip() == b"1"
    assert len(list(order.scratch.iterdir())) == 1
    assert list(order.directory.iterdir()) == []


async def test_what_left_the_group_does_not_hold_the_step(tmp_path: Path) -> None:
    order = script(tmp_path, "setsid sh -c 'while :; do echo loud; done' & echo done >&2")
    code, _, complaint = await run(order)
    assert (code, complaint) == (0, b"done\n1 process that the script left running ended with the step\n")


async def test_an_output_that_fails_ends_the_step(tmp_path: Path) -> None:
    class BrokenOutput(CollectedOutput):
        async def write(self, stream: object, data: bytes) -> None:
            raise ValueError("nobody takes this")

    with pytest.raises(ValueError, match="nobody takes this"):
        await ShellRunner().run(script(tmp_path, "echo x; sleep 60"), BrokenOutput())


def test_languages_are_found_by_looking(tmp_path: Path) -> None:
    assert languages_on(str(tmp_path)) == ()
    for program, languages in (("node", ("javascript",)), ("deno", ("javascript", "typescript"))):
        (tmp_path / program).write_text("")
        (tmp_path / program).chmod(0o755)
        assert languages_on(str(tmp_path)) == languages


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "import sys; print('hello', sys.argv[1:])"),
        ("javascript", "console.log('hello', process.argv.slice(2))"),
        ("typescript", "const found: string[] = Deno.args; console.log('hello', found)"),
        pytest.param(
            *("go", 'package main\nimport ("fmt"; "os")\nfunc main() { fmt.Println("hello", os.Args[1:]) }'),
            marks=pytest.mark.slow("compiles Go"),
        ),
    ],
)
async def test_a_script_runs_in_its_language(tmp_path: Path, language: str, text: str) -> None:
    programs = [program for program, *_ in TOOLCHAINS[language]]
    wanted = programs if language != "typescript" else ["deno"]
    if not any(map(shutil.which, wanted)):
        pytest.skip(f"{' or '.join(wanted)} is not on this machine: scripts in {language} are not tested")
    order = script(tmp_path, text, language=language, args=("x",))
    code, printed, told = await run(order)
    assert code == 0, told
    assert printed.split()[0] == b"hello"
    assert b"x" in printed
