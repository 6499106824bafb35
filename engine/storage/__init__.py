"""Where things are kept: typed columns, the one commit, evidence by hash, migrations."""
