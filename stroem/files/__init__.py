"""Files: private folders on disk, symbolic links in a workspace, safe tarballs, archives of state."""
