"""Records of the server about workspaces: releases, diffs, conditions, events, pushes."""
