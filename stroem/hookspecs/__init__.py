"""The hooks that a plugin can implement.

A plugin is a module named by an entry point of the group `stroem`. Its hooks are functions marked with `hookimpl`:

    # pyproject.toml:  [project.entry-points.stroem]
    #                  greeter = "stroem_greeter"

    # stroem_greeter/__init__.py
    from stroem.hookspecs import hookimpl

    @hookimpl
    def stroem_runners():
        from stroem_greeter.runner import GreeterRunner  # loaded only on use
        return [GreeterRunner]
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

from stroem.interfaces.authenticator import Authenticator
from stroem.interfaces.dialect import Dialect
from stroem.interfaces.event_sink import EventSink
from stroem.interfaces.push_hook import PushHook
from stroem.interfaces.runner import Runner
from stroem.interfaces.secret_store import SecretStore
from stroem.interfaces.source import Source
from stroem.interfaces.step_kind import StepKind
from stroem.interfaces.triggers.trigger_type import TriggerType

if TYPE_CHECKING:
    import click

PROJECT = "stroem"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def stroem_sources() -> Sequence[type[Source]]:
    """Sources of workspaces and libraries.

    Called once by the server, at start, by `stroem plan` and by `stroem schema`. A workspace or library with
    `type: {name}` in its settings gets an instance made from the other keys there.

        # stroem_shelf/source.py
        @attrs.frozen(kw_only=True)
        class ShelfSource(Source):
            name: ClassVar[str] = "shelf"
            url: str
            async def fetch(self, previous, ref=None): ...
            def read(self, snapshot, files): ...

        # stroem_shelf/__init__.py
        @hookimpl
        def stroem_sources():
            from stroem_shelf.source import ShelfSource
            return [ShelfSource]
    """
    raise NotImplementedError


@hookspec
def stroem_runners() -> Sequence[type[Runner]]:
    """Runners of steps.

    Called once by each worker, at start, by the server for the valid names under `runner:`, and by `stroem schema`.
    A worker makes one instance of each runner with an ability that it offers.

        # stroem_greeter/runner.py
        @attrs.frozen(kw_only=True)
        class GreeterRunner:
            name: ClassVar[str] = "greeter"
            ability: ClassVar[str] = "greeting"
            Options: ClassVar[type | None] = None
            word: str = "Hello"
            async def run(self, order, output):
                await output.write("stdout", f"{self.word}, {order.action.script}\\n".encode())
                return 0

        # stroem_greeter/__init__.py
        @hookimpl
        def stroem_runners():
            from stroem_greeter.runner import GreeterRunner
            return [GreeterRunner]
    """
    raise NotImplementedError


@hookspec
def stroem_push_hooks() -> Sequence[type[PushHook]]:
    """Kinds of push hooks.

    Called once by the server, at start. An entry `{key}: {type: {name}, …}` under `push_hooks:` in its settings gets
    an instance made from the other keys there, which reads the requests to `POST /hooks/_source/{key}`. The pushes
    that it returns start a poll of each workspace and library with a source that they concern.

        # stroem_shelf/push_hook.py
        @attrs.frozen(kw_only=True)
        class ShelfPushHook:
            name: ClassVar[str] = "shelf"
            token: str = attrs.field(repr=False)
            def read(self, request):
                if not hmac.compare_digest(request.headers.get("x-token", ""), self.token):
                    raise PushRefused("the header X-Token is not the token that is set")
                return [Push(urls=(orjson.loads(request.body)["url"],))]

        # stroem_shelf/__init__.py
        @hookimpl
        def stroem_push_hooks():
            from stroem_shelf.push_hook import ShelfPushHook
            return [ShelfPushHook]
    """
    raise NotImplementedError


@hookspec
def stroem_event_sinks() -> Sequence[type[EventSink]]:
    """Receivers of events.

    Called once by the server, at start. An entry `{key}: {type: {name}, …}` under `event_sinks:` in its settings, or
    in those of a workspace, gets an instance made from the other keys there. Each wanted event is delivered by one
    replica, again after a failure, until it is accepted or given up.

        # stroem_bell/event_sink.py
        @attrs.frozen(kw_only=True)
        class BellSink:
            name: ClassVar[str] = "bell"
            def wants(self, event):
                return event.severity == "error"
            async def deliver(self, event):
                await ring(event.message)
            async def close(self): ...

        # stroem_bell/__init__.py
        @hookimpl
        def stroem_event_sinks():
            from stroem_bell.event_sink import BellSink
            return [BellSink]
    """
    raise NotImplementedError


@hookspec
def stroem_secret_stores() -> Sequence[type[SecretStore]]:
    """Kinds of secret stores.

    Called once by the server, at start. An entry `{key}: {type: {name}, …}` under `secret_stores:` in its settings gets
    an instance made from the other keys there, which reads the references `ref+{key}://PATH` of workspaces. Values are
    read when a step that needs them starts, many in one call.

        # stroem_safe/secret_store.py
        @attrs.frozen(kw_only=True)
        class Safe:
            name: ClassVar[str] = "safe"
            token: str = attrs.field(repr=False)
            async def read(self, workspace, references):
                drawers = await open_drawers({one.path for one in references}, self.token)
                return {one: drawers.get(one.path, Unreadable("has no such drawer")) for one in references}
            async def close(self): ...

        # stroem_safe/__init__.py
        @hookimpl
        def stroem_secret_stores():
            from stroem_safe.secret_store import Safe
            return [Safe]
    """
    raise NotImplementedError


@hookspec
def stroem_dialects() -> Sequence[type[Dialect]]:
    """Dialects, the ways to write workflows.

    Called once by the server, at start, and by the commands that read workflow files. Files with an ending of a
    dialect, in the places of workflow files, are parsed by it; its tasks are compiled by it at the start of their first
    job. One instance of each dialect is made, without arguments.

        # stroem_machine/dialect.py
        class MachineDialect(Dialect):
            name: ClassVar[str] = "machine"
            endings: ClassVar[tuple[str, ...]] = (".machine.yaml",)
            def parse(self, path, data):
                return ParsedFile(path=path, definitions=Definitions(tasks={…: DialectTask(dialect="machine", …)}))
            def compile(self, name, task, definitions):
                return Flow(nodes=(Node(name="start", action=task.flow["start"].action, entry=True), …), output="last")

        # stroem_machine/__init__.py
        @hookimpl
        def stroem_dialects():
            from stroem_machine.dialect import MachineDialect
            return [MachineDialect]
    """
    raise NotImplementedError


@hookspec
def stroem_step_kinds() -> Sequence[type[StepKind]]:
    """Kinds of steps that the server runs itself, without a worker.

    Called once by the server, at start. A node of a plan with `kind="{name}"` is such a step. The server makes one
    instance of each kind, without arguments.

        # stroem_tide/step_kind.py
        class Tide(StepKind):
            name: ClassVar[str] = "tide"
            def begin(self, input):
                return Wait(waits_for="timer", secs=secs_until_tide(input["harbour"], input["now"]))
            def resume(self, input, answer):
                return Failed(error="a tide cannot be resumed")
            def expire(self, input):
                return Completed(output={"harbour": input["harbour"]})

        # stroem_tide/__init__.py
        @hookimpl
        def stroem_step_kinds():
            from stroem_tide.step_kind import Tide
            return [Tide]
    """
    raise NotImplementedError


@hookspec
def stroem_trigger_types() -> Sequence[type[TriggerType]]:
    """Types of triggers.

    Called once by the server, at start, and by the commands that read workflow files. A trigger with `type: {name}`
    gets an object of the class, made from its keys beside those that all triggers have.

        # stroem_tide/trigger_type.py
        @attrs.frozen(kw_only=True)
        class TideTrigger(TimeTrigger):
            name: ClassVar[str] = "tide"
            harbour: str
            def next_due(self, after, schedule):
                at = next_tide(self.harbour, after)
                return Instant(at=at, due=at)

        # stroem_tide/__init__.py
        @hookimpl
        def stroem_trigger_types():
            from stroem_tide.trigger_type import TideTrigger
            return [TideTrigger]
    """
    raise NotImplementedError


@hookspec
def stroem_authenticators() -> Sequence[type[Authenticator]]:
    """Ways to sign in.

    Called once by the server, at start. An entry `{id}: {provider_type: {name}, …}` under `auth.providers` in its
    settings gets an instance made from the other keys there that are not common to all providers.

        # stroem_badge/authenticator.py
        @attrs.frozen(kw_only=True)
        class Badge(RequestAuthenticator):
            name: ClassVar[str] = "badge"
            secret: str = attrs.field(repr=False)
            async def identify(self, request):
                person = read_badge(request.headers.get("x-badge", ""), self.secret)
                return ExternalIdentity(issuer="", subject=person.id, email=person.email, is_email_verified=True)

        # stroem_badge/__init__.py
        @hookimpl
        def stroem_authenticators():
            from stroem_badge.authenticator import Badge
            return [Badge]
    """
    raise NotImplementedError


@hookspec
def stroem_cli_commands() -> Sequence["click.Command"]:
    """Commands of the program `stroem`.

    Called for a command that `stroem` does not have itself, and for its help after plugins have changed. Commands of
    the core are never replaced.

        # stroem_greeter/greet.py
        @click.command("greet")
        @click.argument("name")
        def greet(name):
            \"""Greet somebody.\"""
            click.echo(f"Hello, {name}!")

        # stroem_greeter/__init__.py
        @hookimpl
        def stroem_cli_commands():
            from stroem_greeter.greet import greet
            return [greet]
    """
    raise NotImplementedError
