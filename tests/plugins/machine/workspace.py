"""A workspace with a state machine that goes back, waits and catches a failure, and its actions in YAML."""

from pathlib import Path

MACHINE = """\
ship:
  start: check
  states:
    check:
      {action: check, input: {tries: "{{ tries | default(0) }}"}, set: {tries: "{{ output.tries + 1 }}"}, go: [
        {if: "{{ check.output.ready }}", to: pack}, {to: pause}]}
    pause: {wait: 0.1, go: check}
    pack: {action: pack, go: send, catch: repair}
    repair: {action: repair, go: send}
    send: {action: send, input: {box: "{{ repair.output.box }}", key: "{{ secret.key }}"}}
"""
ACTIONS = """\
secrets: {key: "hunter22"}
actions:
  check: {type: script, script: 'echo "OUTPUT: {\\"tries\\": {{ input.tries }}, \\"ready\\": {{ input.tries >= 2 }}}"'}
  pack: {type: script, script: "exit 7"}
  repair: {type: script, script: 'echo "OUTPUT: {\\"box\\": \\"mended\\"}"'}
  send: {type: script, script: 'echo "OUTPUT: {\\"sent\\": \\"{{ input.box }}\\"}"'}
"""
FILES = {".workflows/ship.machine.yaml": MACHINE.encode(), ".workflows/actions.yaml": ACTIONS.encode()}


def write(folder: Path) -> Path:
    """Writes the files of the workspace into a new folder."""
    for path, data in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder
