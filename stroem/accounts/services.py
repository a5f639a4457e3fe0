"""Construction of the services of accounts."""

import hashlib
import hmac

import attrs

from stroem.accounts.access_tokens import AccessTokens
from stroem.accounts.authenticator import Authenticator
from stroem.accounts.devices import Devices
from stroem.accounts.keys import ApiKeys
from stroem.accounts.passwords import Passwords
from stroem.accounts.people import People
from stroem.accounts.provider_sign_in import ProviderSignIn
from stroem.accounts.providers import Providers
from stroem.accounts.pruner import SignInPruner
from stroem.accounts.rates import SignInRates
from stroem.accounts.refresh_tokens import RefreshTokens
from stroem.accounts.sessions import Sessions
from stroem.accounts.sign_in import SignIn
from stroem.accounts.sign_in_states import SignInStates
from stroem.orchestrator.notifier import Notifier
from stroem.protocol.api_token import api_secret
from stroem.settings.access import AuthSettings
from stroem.store.database import Database


@attrs.frozen(kw_only=True)
class Accounts:
    """The services of accounts."""

    database: Database
    authenticator: Authenticator
    sessions: Sessions
    sign_in: SignIn
    rates: SignInRates
    providers: Providers
    provider_sign_in: ProviderSignIn
    states: SignInStates
    devices: Devices
    people: People
    keys: ApiKeys
    pruner: SignInPruner


def build_accounts(
    database: Database, notifier: Notifier, settings: AuthSettings, server_key: bytes, providers: Providers
) -> Accounts:
    """The services of accounts. Secrets that the settings do not name are derived from the server's key."""
    access_secret = settings.jwt_secret or _derived(server_key, b"stroem access token")
    access = AccessTokens(access_secret)
    refresh = RefreshTokens(settings.refresh_secret or access_secret)
    rates, passwords = SignInRates(database), Passwords()
    sessions = Sessions(database, notifier, rates, access, refresh)
    return Accounts(
        database=database,
        authenticator=Authenticator(database, notifier, access, api_secret(server_key)),
        sessions=sessions,
        sign_in=SignIn(database, passwords, rates, sessions),
        rates=rates,
        providers=providers,
        provider_sign_in=ProviderSignIn(database, sessions),
        states=SignInStates(access_secret),
        devices=Devices(database, sessions, rates),
        people=People(database, passwords, sessions),
        keys=ApiKeys(database, sessions),
        pruner=SignInPruner(database),
    )


def _derived(key: bytes, purpose: bytes) -> str:
    return hmac.digest(key, purpose, hashlib.sha256).hex()
