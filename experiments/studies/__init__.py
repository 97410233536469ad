"""Studies: what is compared on which data, described in TOML, run in one go, resumed where it was killed."""
