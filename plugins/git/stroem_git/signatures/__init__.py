"""Signatures of commits and tags: OpenPGP, SSH, allowed signers."""
