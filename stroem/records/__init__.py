"""What the server keeps about workspaces: releases, plans of releases, conditions, events, pushes."""
