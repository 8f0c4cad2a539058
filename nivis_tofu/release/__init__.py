"""The pinned release of OpenTofu: downloaded, verified, put into the cache; standard library only."""
