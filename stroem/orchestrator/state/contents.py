"""Archives of state in the blob store."""

import asyncio
import io

from stroem.blobs.blob_store import BlobStore
from stroem.conversion.json_value import encode
from stroem.errors import BadRequest
from stroem.files.state_archive import StateContents, read_contents
from stroem.files.tar_safety import TarballUnsafe
from stroem.store.state.staging import StagedContent


class StateBlobs:
    """Checks archives and stores them. `document_bytes` is the greatest size of a state.json."""

    def __init__(self, blobs: BlobStore, *, document_bytes: int) -> None:
        self.blobs = blobs
        self._document_bytes = document_bytes

    async def put(self, archive: bytes) -> StagedContent:
        """Checks and stores an archive. Raises BadRequest."""
        contents = await self.check(archive)
        document = None if contents.document is None else encode(contents.document).decode()
        return StagedContent(blob=await self.blobs.put(archive), size_bytes=len(archive), document=document)

    async def check(self, archive: bytes, **limits: int) -> StateContents:
        """The contents of an archive. Raises BadRequest for one that is not allowed."""
        try:
            return await asyncio.to_thread(
                read_contents, io.BytesIO(archive), document_bytes=self._document_bytes, **limits
            )
        except TarballUnsafe as error:
            raise BadRequest(message=f"The state cannot be kept: {error}") from error

    async def contents(self, blob: str) -> StateContents:
        """The contents of a stored archive."""
        return await self.check(await self.blobs.get(blob))
