"""An engine that is reached by TCP with TLS."""

from pathlib import Path

import pytest

from plugins.docker.tests.pooled import PooledSteps
from plugins.docker.tests.steps import Steps
from stroem.interfaces.runner import RunnerFailed
from tests.support.docker_engine import docker_engine
from tests.support.git.certificates import Authority
from tests.support.programs import free_port


@pytest.mark.slow("starts and stops whole programs")
async def test_steps_run_in_an_engine_by_tls(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path)
    authority.server(tmp_path, address="127.0.0.1")
    (pair,) = tmp_path.glob("server-*.pem")
    port = free_port()
    own = ["--tlsverify", "--tlscacert", str(authority.bundle), "--tlscert", str(pair), "--tlskey", str(pair)]
    with docker_engine(*own, "--host", f"tcp://127.0.0.1:{port}"):
        address, client = f"tcp://127.0.0.1:{port}", {"tls_cert": str(pair), "tls_key": str(pair)}
        async with PooledSteps(address, tmp_path / "pooled", tls_ca=str(authority.bundle), **client) as pooled:
            assert await pooled.serves("echo hi; exec cat") == "hi\n"
            big = await pooled.run("head -c 3000000 /dev/zero | tr '\\0' o; exit 3")
            assert (big.exit_code, len(big.stdout)) == (3, 3_000_000)
        steps = Steps(address, tmp_path, tls_ca=str(Authority.create(tmp_path, "Other CA").bundle), **client)
        with pytest.raises(RunnerFailed, match="certificate verify failed"):
            await steps.runner.open()
        await steps.runner.close()
