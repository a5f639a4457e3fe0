"""Which workspaces there are: from settings and from a set in a source."""
