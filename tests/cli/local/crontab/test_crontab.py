"""Crontabs as workflow files: what their lines become, and what is said of them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from stroem.cli.local.crontab.task_names import task_names
from stroem.cli.main import stroem as program
from stroem.cli.output import exit_codes

CRONTAB = r"""
MAILTO=ops@example.com
PATH="/usr/local/bin:/usr/bin"

# Nightly backup
15 3 * * * /usr/local/bin/backup.sh --all > /tmp/backup.log 2>&1
CRON_TZ=Europe/Copenhagen
*/5 * * * 1-5 cd /srv/app && ./poll.py {{ here }}
0 0 */2 * mon /bin/report
0 9 1 * * cat%Dear\% all,%goodbye
@weekly python3 -u /srv/weekly.py
@reboot /usr/bin/start
61 24 * * * nope
0~59 * * * * spread
@every_day nope
RANDOM_DELAY=10
0 5 * * * backup.sh
* * * * *
"""


def imported(tmp_path: Path, text: str, *options: str) -> Result:
    (tmp_path / "crontab").write_text(text)
    arguments = ["import", "crontab", str(tmp_path / "crontab"), "--timezone", "UTC", *options]
    return CliRunner().invoke(program, arguments)


def workflow(tmp_path: Path, text: str, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(imported(tmp_path, text, *options).stdout)
    return found


def test_each_line_becomes_a_task_and_a_trigger(tmp_path: Path) -> None:
    found = workflow(tmp_path, CRONTAB)
    assert {name: (one["cron"], one.get("timezone")) for name, one in found["triggers"].items()} == {
        "backup": ("15 3 * * *", None),
        "poll": ("*/5 * * * 1-5", "Europe/Copenhagen"),
        "report": ("0 0 */2 * +mon", "Europe/Copenhagen"),
        "cat": ("0 9 1 * *", "Europe/Copenhagen"),
        "weekly": ("@weekly", "Europe/Copenhagen"),
        "backup-2": ("0 5 * * *", "Europe/Copenhagen"),
    }
    assert found["triggers"]["backup-2"]["jitter"] == "600s"
    backup = found["tasks"]["backup"]
    assert backup["description"] == "Nightly backup (crontab, line 6)"
    assert backup["flow"]["run"] == {
        "type": "script",
        "env": {"PATH": "/usr/local/bin:/usr/bin"},
        "script": "/usr/local/bin/backup.sh --all > /tmp/backup.log 2>&1\n",
    }
    assert found["tasks"]["cat"]["flow"]["run"]["script"] == "(cat) <<'END'\nDear% all,\ngoodbye\nEND\n"


def test_lines_that_cannot_be_triggers_are_told(tmp_path: Path) -> None:
    done = imported(tmp_path, CRONTAB)
    assert done.exit_code == exit_codes.FAILED
    said = done.stderr.splitlines()
    assert [line.partition(":")[0] for line in said] == [f"line {number}" for number in (2, 12, 13, 14, 15, 18)]
    assert said[0].startswith("line 2: MAILTO has no effect: ")
    assert said[1] == "line 12: left out: @reboot is no time: start it with systemd, or with the worker"
    assert said[2].startswith("line 13: left out: '61' cannot be the minute; '24' cannot be the hour; expected ")
    assert said[5] == "line 18: left out: there is no command after the times"


def test_a_file_is_written_that_is_valid(tmp_path: Path) -> None:
    output = tmp_path / "workspace" / ".workflows" / "crontab.yaml"
    done = imported(tmp_path, CRONTAB, "--output", str(output))
    assert done.stdout == ""
    assert f"6 triggers written to {output}." in done.stderr
    checked = CliRunner().invoke(program, ["validate", str(tmp_path / "workspace")])
    assert checked.stdout == "No mistakes.\n"
    again = imported(tmp_path, CRONTAB, "--output", str(output))
    assert again.exit_code == exit_codes.FAILED
    assert "exists already" in again.stderr


def test_a_system_crontab_has_users(tmp_path: Path) -> None:
    done = imported(tmp_path, "0 5 * * *\troot\tapt-get update\n@daily www-data /srv/x\n0 6 * * * root\n", "--system")
    found = yaml.safe_load(done.stdout)
    assert [task["flow"]["run"]["script"] for task in found["tasks"].values()] == ["apt-get update\n", "/srv/x\n"]
    assert "line 1: the user 'root' is not imported: steps run as the user of their worker" in done.stderr
    assert "line 3: left out: there is no command after the user 'root'" in done.stderr


def test_remarks_as_json(tmp_path: Path) -> None:
    done = imported(tmp_path, CRONTAB, "--json")
    assert (done.exit_code, done.stderr) == (exit_codes.FAILED, "")
    document = json.loads(done.stdout)
    assert document["workflow"] == imported(tmp_path, CRONTAB).stdout
    assert [one["line"] for one in document["remarks"] if one["is_left_out"]] == [12, 13, 14, 15, 18]


def test_a_wrong_zone_is_told(tmp_path: Path) -> None:
    done = imported(tmp_path, "CRON_TZ=Mars/Olympus\n0 5 * * * x\n")
    assert "line 1: there is no time zone 'Mars/Olympus': the times are those of UTC" in done.stderr
    assert done.exit_code == 0
    assert imported(tmp_path, "0 5 * * * x\n", "--timezone", "Mars/Olympus").exit_code == exit_codes.USAGE


@pytest.mark.parametrize("text", ["", "# nothing\n", "@reboot x\n", "SHELL=/bin/sh\n"])
def test_a_crontab_without_triggers(tmp_path: Path, text: str) -> None:
    done = imported(tmp_path, text)
    assert done.exit_code == exit_codes.FAILED
    assert "nothing in this crontab" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "text", ["0 5 * * * \x1b[31m\x00\u202e bad\n", "0 5 * * * é€ 😀 x: y # z\n", '0 5 * * * echo "a\tb"\n']
)
def test_odd_characters_stay_valid_yaml(tmp_path: Path, text: str) -> None:
    found = workflow(tmp_path, text)
    (task,) = found["tasks"].values()
    assert task["flow"]["run"]["script"].strip() == text.removeprefix("0 5 * * * ").strip()


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("/usr/local/bin/backup.sh --all", "backup"),
        ("cd / && run-parts --report /etc/cron.hourly", "run-parts"),
        ("test -x /usr/sbin/anacron || ( cd / && run-parts /etc/cron.daily )", "run-parts"),
        ("LANG=C nice -n 19 ionice /opt/Rotate_Logs.py", "rotate_logs"),
        ("[ -x /bin/x ] && /bin/x", "x"),
        ("/usr/bin/env python3 -m reports.daily", "reports"),
        ("...", "job"),
    ],
)
def test_names_come_from_programs(command: str, name: str) -> None:
    assert task_names([command, command]) == [name, f"{name}-2"]


@pytest.mark.slow("starts and stops whole programs")
def test_a_command_prints_what_it_did_under_cron(here, tmp_path: Path) -> None:
    text = "WHO=a{{b}}%\n0 5 * * * cat; echo \"$WHO\" '{{ x }} {\\% y \\%} {# z #}'%Dear\\% {{ all }}%bye\n"
    imported(tmp_path, text, "--output", str(tmp_path / "workspace" / ".workflows" / "crontab.yaml"))
    done = here("run", "cat", "--path", str(tmp_path / "workspace"))
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [
        "run | Dear% {{ all }}",
        "run | bye",
        "run | a{{b}}% {{ x }} {% y %} {# z #}",
    ]
