"""Startup of the server's resources, and their shutdown in reverse order."""

import asyncio
import contextlib
import functools
import logging
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any

from aiohttp import web

from stroem.accounts.providers import Providers
from stroem.accounts.services import build_accounts
from stroem.blobs.blob_store import BlobStore
from stroem.conversion.web_address import Authority
from stroem.files.key_file import key_in
from stroem.files.private import folder_of_setting
from stroem.machines.services import build_machines
from stroem.orchestrator.acts import release_rows, reload_row
from stroem.orchestrator.notifier import Notification
from stroem.orchestrator.periodic import run_periodically
from stroem.orchestrator.service_loops import run_services
from stroem.orchestrator.services import Services, build_services
from stroem.protocol.step_token import grant_secret
from stroem.reconciler.services import ReconcilerOptions, build_reconciler, run_reconciler
from stroem.reconciler.tarballs.tarballs import Tarballs
from stroem.records.event import NewEvent
from stroem.registry.providers import try_providers
from stroem.server.api.effective_settings import differences
from stroem.server.api.rights.live_rights import RIGHTS
from stroem.server.http.audit.recording import AUDIT
from stroem.server.http.disconnect_shield import drain
from stroem.server.http.streaming import CLOSING
from stroem.server.keys import (
    ACCOUNTS,
    ANNOUNCEMENTS,
    CATALOG,
    CONFIGURED,
    GRANT_SECRET,
    LOOPS,
    MACHINES,
    OPERATIONS,
    PUSH_HOOKS,
    RECONCILER,
    REGISTRY,
    SERVICES,
    SETTINGS,
    SETTINGS_FILE,
    SETTINGS_WATCH,
    STARTED,
    TARBALLS,
)
from stroem.server.service_options import service_options
from stroem.server.settings_check import check_available
from stroem.server.settings_watch import SettingsWatch
from stroem.settings.reload import reload
from stroem.settings.server import ServerSettings
from stroem.store import blob_garbage
from stroem.store.accounts.accounts import has_people
from stroem.store.audit.rows import add_rows_later
from stroem.store.database import Database
from stroem.store.events.events import add_events
from stroem.store.statement import Connection

LOGGER = logging.getLogger(__name__)


async def store(app: web.Application) -> AsyncIterator[None]:
    """The database, the blob store, and the verbs on them."""
    settings = app[SETTINGS]
    database = await Database.open(
        settings.db.url, pool_size=settings.db.pool_size, wait_secs=settings.db.startup_timeout
    )
    try:
        blobs = BlobStore(settings.blob_url, functools.partial(blob_garbage.reserve, database))
        folder_of_setting(settings.cache_folder, "cache_dir")
        app[SERVICES] = build_services(database, blobs, service_options(app))
        _warn_of_keys_in_cache(settings)
        await app[SERVICES].audit.sealer.begin()
        app[AUDIT] = app[SERVICES].audit.recorder
        app[TARBALLS] = Tarballs(database, blobs, settings.cache_folder / "tarballs")
        own_sinks = {name: workspace.event_sinks for name, workspace in settings.workspaces.items()}
        await app[SERVICES].sinks.replace(settings.event_sinks, own_sinks)
        await app[SERVICES].secrets.stores.replace(settings.secret_stores)
        yield
        await drain(app)
        await app[SERVICES].hooks.batches.close()
        await app[TARBALLS].close()
        await app[SERVICES].sinks.close()
        await app[SERVICES].secrets.stores.close()
        await app[AUDIT].close()
    finally:
        await database.close()  # its tasks would keep the program from ending after a failed start


def _warn_of_keys_in_cache(settings: ServerSettings) -> None:
    files = (settings.signing_key_file, settings.secret_key_file)
    if lost := [str(file) for file in files if file is not None and file.parent == settings.cache_folder]:
        LOGGER.warning(
            "the cache folder, which may be emptied, has keys: %s. While no server runs, move them and `audit.head` to "
            "another folder, and set `key_file` to the file server.key there",
            ", ".join(lost),
        )


async def accounts(app: web.Application) -> AsyncIterator[None]:
    """The services of accounts, and the administrator of the settings, if people sign in."""
    sign_in = app[SETTINGS].sign_in
    if sign_in is None:
        async with app[SERVICES].database.read() as connection:
            if await has_people(connection):
                LOGGER.warning("people have accounts in the database, but nobody signs in: has the section auth gone?")
        yield
        return
    services, key = app[SERVICES], key_in(app[SETTINGS].signing_key_file, "key_file")
    providers = Providers(try_providers(app[REGISTRY], sign_in)[0])
    app[ACCOUNTS] = build_accounts(services.database, services.notifier, sign_in, key, providers)

    def wake(notification: Notification) -> None:
        if notification.accounts or notification.is_cut:
            app[RIGHTS].wake()

    services.notifier.on_publish(wake)
    services.notifier.on_receive(wake)
    if sign_in.initial_user is not None:
        await app[ACCOUNTS].people.add_initial_user(sign_in.initial_user.email, sign_in.initial_user.password)
    elif not await app[ACCOUNTS].people.are_there() and not any(one.makes_admins for one in sign_in.providers.values()):
        LOGGER.warning(
            "nobody can sign in as an administrator yet: set `auth.initial_user`, or `admin_groups` of a provider"
        )
    try:
        async with (
            _running(run_periodically(app[ACCOUNTS].pruner, asyncio.Event()), "the pruner of sign-in"),
            _running(providers.run(), "the providers of sign-in"),
        ):
            yield
    finally:
        await providers.close()


async def machines(app: web.Application) -> AsyncIterator[None]:
    """The services of identities of workers."""
    services, settings = app[SERVICES], app[SETTINGS]
    key = key_in(settings.signing_key_file, "key_file")
    app[GRANT_SECRET] = grant_secret(key)
    app[MACHINES] = build_machines(services.database, services.notifier, key, settings.worker_token)
    is_reached = settings.sign_in is not None and not Authority(settings.address[0]).is_loopback
    if settings.worker_token is not None and (is_reached or await app[MACHINES].identities.are_in_use()):
        LOGGER.warning(
            "`worker_token` is set: whoever knows it may be a worker, and run and read the steps of all workspaces. "
            "Let workers join by tokens of their own (`stroem workers create-join-token`), then remove it"
        )
    async with _running(run_periodically(app[MACHINES].pruner, asyncio.Event()), "the pruner of identities"):
        yield


async def loops(app: web.Application) -> AsyncIterator[None]:
    """The loops of the orchestrator."""
    async with _running(_run(app[SERVICES]), "the loops") as task:
        app[LOOPS] = task
        yield


async def workspaces(app: web.Application) -> AsyncIterator[None]:
    """The workspaces, restored from the database, and the reconciler."""
    services, settings, registry = app[SERVICES], app[SETTINGS], app[REGISTRY]
    options = ReconcilerOptions(
        registry=registry,
        settings=settings,
        record=functools.partial(_record, services),
        tell_others=services.notifier.publish_workspaces,
        replace_sinks=services.sinks.replace,
    )
    reconciler = build_reconciler(services.database, services.blobs, options)
    services.notifier.on_workspaces_received(reconciler.replicas.hear)
    await reconciler.replicas.restore()
    app[RIGHTS].follow(reconciler.catalog)
    app[RECONCILER] = reconciler
    app[OPERATIONS] = reconciler.operations
    app[CATALOG] = reconciler.catalog
    app[CONFIGURED] = reconciler.configured
    app[ANNOUNCEMENTS] = reconciler.announcements
    app[STARTED] = asyncio.get_running_loop().time()
    await reconciler.configured.start()
    async with _running(run_reconciler(reconciler), "the reconciler"):
        yield


async def settings_file(app: web.Application) -> AsyncIterator[None]:
    """The watch of the settings file, if the settings came from one."""
    if SETTINGS_FILE not in app:
        yield
        return
    services, registry = app[SERVICES], app[REGISTRY]

    async def apply(former: ServerSettings, wanted: ServerSettings) -> None:
        app[RIGHTS].replace(wanted)
        app[PUSH_HOOKS].replace(wanted.push_hooks)
        await app[SERVICES].secrets.stores.replace(wanted.secret_stores)
        await app[CONFIGURED].change(wanted)
        before, after = await asyncio.to_thread(differences, former, wanted, registry)
        await app[AUDIT].add(reload_row(reload(former, wanted).changed, before, after))

    async def report(event: NewEvent) -> None:
        async with services.database.begin() as connection:
            await _record(services, connection, [event])

    watch = SettingsWatch(
        app[SETTINGS_FILE],
        app[SETTINGS],
        check=lambda settings: check_available(settings, registry),
        apply=apply,
        report=report,
    )
    app[SETTINGS_WATCH] = watch
    async with _running(watch.run(), "the watch of the settings file"):
        yield


async def _record(services: Services, connection: Connection, events: Sequence[NewEvent]) -> None:
    await add_events(connection, events, services.sinks.wanted_by)
    await add_rows_later(connection, release_rows(events))
    services.notifier.publish(Notification(events=True))


async def end_long_polls(app: web.Application) -> None:
    """Ends all long polls and streams (shutdown)."""
    app[CLOSING].set()
    app[SERVICES].notifier.close()


async def _run(services: Services) -> None:
    async with run_services(services):
        await asyncio.Future()


@contextlib.asynccontextmanager
async def _running(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[asyncio.Task[None]]:
    """A task that runs during the block; an early end is logged."""

    def tell(task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            LOGGER.critical("%s ended; restart the server", name, exc_info=task.exception())

    task = asyncio.create_task(work, name=name)
    task.add_done_callback(tell)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
