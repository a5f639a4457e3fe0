"""Annotated tags whose signature counts for the commit that they lead to."""

import pysequoia
import pytest

from plugins.git.tests.conftest import packs
from plugins.git.tests.signing import SshSigner, pgp_signer, sign_commit, sign_tag
from stroem.interfaces.source import SourceRejected
from stroem_git.clone import Clone
from stroem_git.helper.trust import clone_folder
from tests.support.git.http import git_http_server

ADA = SshSigner()
BOB = SshSigner()


async def refusal(source):
    """Why nothing is taken over."""
    with pytest.raises(SourceRejected) as caught:
        await source.fetch(None)
    return str(caught.value)


async def test_a_signed_tag_counts_for_its_commit(repository, make_source):
    pgp = pysequoia.Tsk.generate("Ada")
    commit = repository.commit({"a": b"1"})
    keys = (ADA.line, str(pgp.extract_certificate()))
    for name, sign in (("v1", ADA), ("v2", pgp_signer(pgp))):
        sign_tag(repository, name, commit, sign)
        assert (await make_source(ref=name, trusted_keys=keys).fetch(None)).revision == commit
    assert "is not signed" in await refusal(make_source(ref="main", trusted_keys=keys))
    sign_tag(repository, "v3", commit, BOB)
    said = await refusal(make_source(ref="v3", trusted_keys=keys))
    assert f"commit {commit[:12]} by Ada Lovelace <ada@example.org> is not signed; tag 'v3' by Bob" in said
    assert BOB.fingerprint in said


async def test_a_tag_counts_under_its_own_name_only(repository, make_source):
    commit = repository.commit({"a": b"1"})
    sign_tag(repository, "v2", commit, ADA, inside="v1")
    assert "is not signed" in await refusal(make_source(ref="v2", trusted_keys=(ADA.line,)))


async def test_a_tag_without_signature_may_lead_to_a_signed_commit(repository, make_source):
    repository.commit({"a": b"1"})
    commit = sign_commit(repository, ADA)
    repository.tag("v1", commit, "Version 1")
    assert (await make_source(ref="v1", trusted_keys=(ADA.line,)).fetch(None)).revision == commit


@pytest.mark.parametrize("depth", [0, 1])
async def test_a_signed_tag_on_a_commit_that_is_there_already(repository, make_source, depth):
    commit = repository.commit({"a": b"1"})
    async with git_http_server(repository.folder.parent) as http:
        url = http.url("repo.git")
        options = {"url": url, "depth": depth, "insecure_skip_verify": True}
        assert (await make_source(**options).fetch(None)).revision == commit
        sign_tag(repository, "v1", commit, ADA)
        tagged = make_source(ref="v1", trusted_keys=(ADA.line,), **options)
        assert (await tagged.fetch(None)).revision == commit


@pytest.mark.parametrize("way", ["file", "http"])
async def test_a_tag_outlives_the_tidying_that_follows_its_download(repository, make_source, cache, way):
    commit = repository.commit({"a": b"1"})
    tag = sign_tag(repository, "v1", commit, ADA)
    async with git_http_server(repository.folder.parent) as http:
        url = http.url("repo.git") if way == "http" else str(repository.folder)
        options = {"url": url, "ref": "v1", "trusted_keys": (ADA.line,)}
        assert (await make_source(**options).fetch(None)).revision == commit
        clone = Clone(clone_folder(cache, url), lambda: None)
        assert packs(cache)
        clone.tidy(tag, most_packs=0)
        assert clone.holds(tag)
        clone.tidy(most_packs=0)
        assert not clone.holds(tag)
        assert (await make_source(**options).fetch(None)).revision == commit
        assert clone.holds(tag)
