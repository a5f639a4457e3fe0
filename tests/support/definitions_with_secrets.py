"""Definitions of a task whose steps see secrets of every kind."""

from stroem.definitions.action import Action
from stroem.definitions.connection import Connection, ConnectionProperty
from stroem.definitions.field import InputField
from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions

TOKEN, PASSWORD, DEFAULT, PIN, NUMBER = "tok-Zq7/é", "pass-of-warehouse", "default-Zq8", "pin-given-77", 8_412_773
ALL = (TOKEN, PASSWORD, DEFAULT, PIN, str(NUMBER))


def definitions() -> Definitions:
    """A task whose steps see a secret, a connection, a secret default, a secret input and a number."""
    show = Action(type="script", script="true", env={"ALL": "{{ input.all }}"})
    deploy = Action(
        type="script",
        script="deploy {{ input.key }}",
        input={"key": InputField(secret=True, default=DEFAULT), "db": InputField(type="postgres")},
    )
    said = "{{ secret.token }} {{ input.db.password }} {{ input.pin }} {{ input.code }}"
    return Definitions(
        tasks={
            "t": Task(
                input={
                    "db": InputField(type="postgres", default="main"),
                    "pin": InputField(secret=True),
                    "code": InputField(type="integer", default="{{ secret.code }}"),
                    "plain": InputField(default="seen"),
                },
                flow={
                    "show": Step(action="show", input={"all": said}),
                    "deploy": Step(action="deploy", input={"db": "main"}, depends_on=("show",)),
                    "again": Step(action="show", input={"all": "{{ show.output.said }}"}, depends_on=("deploy",)),
                },
            )
        },
        actions={"show": show, "deploy": deploy},
        secrets={"token": TOKEN, "code": NUMBER},
        connections={"main": Connection(type="postgres", values={"password": PASSWORD, "port": 5432})},
        connection_types={"postgres": {"password": ConnectionProperty(secret=True), "port": ConnectionProperty()}},
    )
