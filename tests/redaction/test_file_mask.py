"""Texts of files are shown without secrets, and their lines stay where they are."""

import time

import pytest

from stroem.definitions.workspace import Definitions
from stroem.dialects.stroem_yaml.dialect import parse
from stroem.redaction.definition_secrets import Secrets
from stroem.redaction.file_mask import FileMask
from stroem.redaction.redactor import MARKER

NO_DEFINITIONS = FileMask(secrets=Secrets(sides=()))

FILE = """# ein Wört: password: of-a-comment
x-common: &shared hidden-by-alias
secrets:
  # api: in-a-remark
  db: {password: s3cr3t-value, "pin": 123}  # old: behind-a-value
  list: [one-of-them, 'two of them']
  key: |
    -----BEGIN-----
    abcdef

    -----END-----
  folded: "a text
    on two lines"
  anchored: *shared
connection_types:
  postgres:
    host: {type: string}
    pin: {type: string, secret: true, default: default-of-pin}
connections:
  warehouse: {type: postgres, host: wh.example.org, pin: pa55word}
  other: {type: unheard, host: of-unknown-type}
tasks:
  hello:
    input:
      token: {type: string, secret: true, default: default-token}
      name: {type: string, default: shown}
    flow:
      one:
        type: script
        script: echo pa55word 😀 "{{ secret.db.password }}"
        env: {API_TOKEN: token-of-env, PLAIN: plain-of-env, TEMPLATE: "{{ secret.key }}"}
"""
HIDDEN = (
    "of-a-comment", "in-a-remark", "behind-a-value",
    "s3cr3t-value", "123", "one-of-them", "two of them", "BEGIN", "abcdef", "on two lines",
    "hidden-by-alias", "default-of-pin", "pa55word", "of-unknown-type", "default-token", "token-of-env",
)  # fmt: skip
SHOWN = (
    "wh.example.org",
    "shown",
    "plain-of-env",
    "{{ secret.key }}",
    "{{ secret.db.password }}",
    "key: |",
    "postgres",
)


def definitions(text: str) -> Definitions:
    found = parse("main.yaml", text.encode(), {}).definitions
    assert found is not None
    return found


@pytest.mark.parametrize("knows", [True, False], ids=["with definitions", "without"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_secrets_of_a_file_are_dots(knows: bool, ending: str) -> None:
    mask = FileMask(secrets=Secrets(sides=(definitions(FILE),))) if knows else NO_DEFINITIONS
    text = FILE.replace("\n", ending)
    masked = mask.text("main.yaml", text)
    assert [secret for secret in HIDDEN if secret in masked] == []
    assert [word for word in SHOWN[0 if knows else 1 :] if word not in masked] == []
    assert masked.count(ending) == text.count(ending)
    assert masked.splitlines()[-3].lstrip().startswith("type: script")
    assert mask.text("main.yaml", masked).count(ending) == text.count(ending)


@pytest.mark.parametrize(
    "broken",
    [
        "secrets:\n  db: {password: s3cr3t\n  key: s3cr3t\ntasks: [\n",
        "secrets: {db: s3cr3t,\nkey: s3cr3t\n",
        "connections:\n  warehouse:\n    host: s3cr3t\n   bad: s3cr3t\n",
        "tasks:\n  a: {env: {API_TOKEN: s3cr3t}}\n b: [\n",
        "tasks:\n  a:\n    password: >\n      s3cr3t\n      s3cr3t\n b: [\n",
        "'secrets':\n- s3cr3t\n- s3cr3t\n b: [\n",
        "a: [\nPASSWORD=s3cr3t\nx: 'token: s3cr3t'",
        "\tsecrets:\n\t\tdb: s3cr3t\n",
        "secrets: *nowhere\n# s3cr3t-less\n  password: s3cr3t",
        "bad: [\n? secrets\n: a: s3cr3t\n",
        "bad: [\nx: {connections: {a: {host: s3cr3t, other: s3cr3t}}}\n",
        "{secrets: {a: s3cr3t, b: s3cr3t,\nc: s3cr3t}\n",
        "a: 1\n---\nsecrets:\n  db: s3cr3t\n",
    ],
)
def test_what_is_no_yaml_is_masked_by_its_names(broken: str) -> None:
    masked = NO_DEFINITIONS.text("main.yaml", broken)
    assert "s3cr3t" not in masked.replace("# s3cr3t-less", "")
    assert masked.count("\n") == broken.count("\n")


def test_broken_definitions_hide_what_sounds_secret() -> None:
    text = (
        "connections:\n  a: {tipe: x, password: s3cr3t-1}\n  l: [s3cr3t-6]\n"
        "triggers:\n  w: {type: webhook, secret: s3cr3t-2, tusk: hello}\n"
        "actions:\n  b: {input: {pin: {type: string, secret: true, default: s3cr3t-3}}, kind: no}\n"
        "mcp_servers:\n  m: {auth_token: s3cr3t-4}\n"
        "on_error: [{action: b, input: {password: s3cr3t-5}}]\n"
    )
    masked = NO_DEFINITIONS.text("main.yaml", text)
    assert "s3cr3t" not in masked
    assert masked.count(MARKER) == 6


def test_scripts_hide_the_secrets_of_definitions_and_passwords_in_addresses() -> None:
    mask = FileMask(secrets=Secrets(sides=(definitions(FILE),)))
    text = "curl https://ada:pass-of-address@example.org\necho pa55word\n"
    assert mask.text("run.sh", text) == f"curl https://ada:{MARKER}@example.org\necho {MARKER}\n"


def test_many_aliases_end_in_masks_by_name() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]\n" for n in range(1, 9)
    )
    masked = NO_DEFINITIONS.text("main.yaml", bomb + "secrets: {db: s3cr3t}\n")
    assert "s3cr3t" not in masked


@pytest.mark.parametrize(
    "hostile",
    [" " * 500_000, "\n" * 500_000, "-" * 500_000, "- " * 200_000, "x: " * 200_000, '"' * 300_000, "a" * 500_000,
     'password: "' * 30_000, "://a:" * 100_000, "#" * 300_000, "a" + " " * 500_000, "a-" * 200_000],
)  # fmt: skip
def test_hostile_lines_take_no_long_time(hostile: str) -> None:
    begin = time.process_time()
    NO_DEFINITIONS.text("main.yaml", f"a: [\n{hostile}\nb: }}\n")
    assert time.process_time() - begin < 5
