"""Files of a worker: workspaces, working directories, orphans."""
