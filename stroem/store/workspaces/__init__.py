"""SQL of workspaces: releases, overrides, files, libraries."""
