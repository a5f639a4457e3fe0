"""Account of a registry of images, as actions name it."""

import attrs


@attrs.frozen(kw_only=True)
class RegistryAuth:
    """The account of a registry."""

    username: str
    password: str = attrs.field(repr=False)
